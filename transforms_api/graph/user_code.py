"""What is the user's: the lines of a traceback that an error has to show, the modules that Python has imported."""

from __future__ import annotations

import importlib
import sys
import sysconfig
import traceback
from collections.abc import Iterable
from pathlib import Path
from types import FrameType, TracebackType

_NOT_THE_USERS = (Path(__file__).parents[1], Path(sysconfig.get_path("stdlib")))


def frames_of_user(found: TracebackType | FrameType | None) -> list[traceback.FrameSummary]:
    """Return the frames that are neither Python's, a library's nor ours, the innermost last.

    Args:
        found: the traceback of an error, or the frame that a thread is in.
    """
    frames = traceback.extract_stack(found) if isinstance(found, FrameType) else traceback.extract_tb(found)
    return [frame for frame in frames if _is_users(frame.filename)]


def place_of(error: BaseException) -> str | None:
    """Return the user's 'file:line' that an error comes from, None where no line of the user's takes part."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    frames = frames_of_user(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else None


def forget_modules(roots: Iterable[Path]) -> None:
    """Let Python import all modules below these folders anew when they are next asked for."""
    folders = tuple(root.resolve() for root in roots)
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and any(Path(file).resolve().is_relative_to(folder) for folder in folders):
            del sys.modules[name]
    importlib.invalidate_caches()


def _is_users(filename: str) -> bool:
    path = Path(filename)
    is_compiled = not path.is_absolute()  # such as pyarrow/error.pxi
    if filename.startswith("<") or is_compiled or "site-packages" in path.parts:
        return False
    return not any(path.is_relative_to(folder) for folder in _NOT_THE_USERS)
