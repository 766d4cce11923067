import pytest

from transforms_api.build.log import build_log
from transforms_api.errors import StoreError


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_built(tmp_path):
    (tmp_path / "_logs").write_text("a file where a folder should be")
    with (
        pytest.raises(StoreError, match="The log of the build cannot be written"),
        build_log(tmp_path / "_logs", "build-1", str),
    ):
        pass
