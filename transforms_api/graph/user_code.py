"""What is the user's: the lines of a traceback that an error has to show, the modules that Python has imported."""

from __future__ import annotations

import importlib
import re
import sys
import sysconfig
import traceback
from collections.abc import Iterable
from pathlib import Path

from transforms_api.declare.pipeline import forget_iterators
from transforms_api.declare.project_files import is_own

_CONFLICT = re.compile(r"^(<{7} .*|>{7} .*|<{7}|>{7})\r?$", re.MULTILINE)
"""Not `=======`: it underlines headings in docstrings, too."""
_NOT_THE_USERS = (Path(__file__).parents[1], Path(sysconfig.get_path("stdlib")))


def frames_of_user(error: BaseException) -> list[traceback.FrameSummary]:
    """Return the frames of an error's traceback that are neither Python's, a library's nor ours, the innermost last."""
    return [frame for frame in traceback.extract_tb(error.__traceback__) if _is_users(frame.filename)]


def place_of(error: BaseException) -> str | None:
    """Return the user's 'file:line' that an error comes from, None where no line of the user's takes part."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    frames = frames_of_user(error)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else None


def merge_conflict_in(text: str) -> int | None:
    """Return the line of the first marker that an unresolved merge conflict left in a text, None without one."""
    found = _CONFLICT.search(text)
    return text.count("\n", 0, found.start()) + 1 if found else None


def forget_modules(roots: Iterable[Path]) -> None:
    """Let Python import a project's own modules anew when they are next asked for; libraries stay as they are.

    Args:
        roots: folders of the project's modules.
    """
    folders = tuple(root.resolve() for root in roots)
    forgotten = set[str]()
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and is_own(Path(file), folders):
            del sys.modules[name]
            forgotten.add(name)
    forget_iterators(forgotten)
    importlib.invalidate_caches()


def _is_users(filename: str) -> bool:
    path = Path(filename)
    is_compiled = not path.is_absolute()  # such as pyarrow/error.pxi
    if filename.startswith("<") or is_compiled or "site-packages" in path.parts:
        return False
    return not any(path.is_relative_to(folder) for folder in _NOT_THE_USERS)
