"""What a dataset may be called: an absolute Foundry path or a RID."""

import re
import sys
from pathlib import Path

from transforms_api.errors import DatasetPathError

_RID = re.compile(r"ri\.[a-z0-9-]+\.[a-z0-9-]*\.[a-z0-9-]+\.[A-Za-z0-9._-]+")
_PACKAGE = str(Path(__file__).parents[1])


def check_dataset_path(path: str) -> str:
    """Return the name of the dataset that `path` means.

    Foundry resolves paths with a doubled slash or with white space around them. Both are removed, and so is a slash at
    the end, so that every spelling means one dataset.

    Raises:
        DatasetPathError: it is neither a RID nor an absolute path, or has a `.` or `..` part or a control character.
    """
    if not isinstance(path, str):
        raise _refused(f"A dataset is named by a string, not by {path!r}.")
    written = path.strip()
    if _RID.fullmatch(written):
        return written
    if not written.startswith("/"):
        raise _refused(f"'{path}' is no Foundry path: write it absolute, as in '/Project/folder/dataset'.")
    parts = [part for part in written.split("/") if part]
    if ".." in parts or "." in parts:
        raise _refused(f"'{path}' would leave its folder: a dataset's path has no '.' or '..' parts.")
    if not parts or any(ord(character) < 32 for character in written):
        raise _refused(f"{path!r} is no Foundry path: it has no name or a control character in it.")
    return "/" + "/".join(parts)


def _refused(reason: str) -> DatasetPathError:
    frame = sys._getframe(1)
    while frame.f_back and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    return DatasetPathError(f"{frame.f_code.co_filename}:{frame.f_lineno}: {reason}")
