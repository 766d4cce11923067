"""Transforms that need what only Foundry has are refused before anything runs."""

import pytest

from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.job import run_job
from transforms_api.errors import NotSupportedLocallyError


@pytest.fixture
def refusal(warehouse):
    """refusal(transform) → the text of the error with which a build refuses to run it."""

    def run(transform):
        with pytest.raises(NotSupportedLocallyError) as error:
            run_job(transform, BuildEnvironment(lambda: pytest.fail("the job started Spark"), warehouse, "build-1"))
        return str(error.value)

    return run
