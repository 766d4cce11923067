"""How the pipeline's tests run a transform: as a build runs it, on rows that they state."""

import importlib
import pkgutil

import pytest


@pytest.fixture(scope="session")
def run(run_transform):
    """run(transform, name=rows or parameter value, …) → what a build would write to its only output.

    Datasets that the transform does not read may be among the rows: a story's go to every transform. Rows of a test say
    only what it is about, so that a contract's checks are left out; the whole pipeline is built with them.
    """

    def run_on(transform, **given):
        inputs = {name: given[name] for name in transform.inputs}
        parameters = {name: given[name] for name in transform.parameters if name in given}
        return run_transform(transform, inputs, checks=False, **parameters).only

    return run_on


@pytest.fixture(scope="session")
def story(run):
    """The demo scenario at its usual 500 opportunities: dataset path → DataFrame."""
    datasets = {}
    for package in ("scenario", "reference"):
        folder = importlib.import_module(f"transforms.revops.{package}")
        for module in pkgutil.iter_modules(folder.__path__, f"{folder.__name__}."):
            compute = getattr(importlib.import_module(module.name), "compute", None)
            if compute is not None:
                [output] = compute.outputs.values()
                datasets[output.alias] = run(compute)
    return datasets
