"""What a dataset may be called: an absolute Foundry path or a RID."""

import re
import sys
from pathlib import Path

from transforms_api.errors import DatasetPathError

_RID = re.compile(r"ri\.[a-z0-9-]+\.[a-z0-9-]*\.[a-z0-9-]+\.[A-Za-z0-9._-]+")
_PACKAGE = str(Path(__file__).parents[1])


def check_dataset_path(path: str) -> str:
    """Return `path` if a Foundry dataset can be called so.

    Raises:
        DatasetPathError: it is neither a RID nor an absolute path, or has an empty, `.` or `..` part.
    """
    if not isinstance(path, str):
        raise _refused(f"A dataset is named by a string, not by {path!r}.")
    if _RID.fullmatch(path):
        return path
    if not path.startswith("/"):
        raise _refused(f"'{path}' is no Foundry path: write it absolute, as in '/Project/folder/dataset'.")
    parts = path[1:].split("/")
    if ".." in parts or "." in parts:
        raise _refused(f"'{path}' would leave its folder: a dataset's path has no '.' or '..' parts.")
    if not all(parts) or any(ord(character) < 32 for character in path):
        raise _refused(f"'{path}' is no Foundry path: it has an empty part or a control character.")
    return path


def _refused(reason: str) -> DatasetPathError:
    frame = sys._getframe(1)
    while frame.f_back and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    return DatasetPathError(f"{frame.f_code.co_filename}:{frame.f_lineno}: {reason}")
