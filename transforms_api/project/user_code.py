"""The user's code: its lines in tracebacks, merge conflicts, slow imports, and imported modules."""

from __future__ import annotations

import contextlib
import importlib
import re
import sys
import sysconfig
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import FrameType, ModuleType, TracebackType

from transforms_api.declare import forget_iterators
from transforms_api.project.source_files import is_own

_CONFLICT = re.compile(r"^(<{7} .*|>{7} .*|<{7}|>{7})\r?$", re.MULTILINE)
"""`=======` is not searched for: it also underlines headings in docstrings."""
_FOREIGN = (Path(__file__).parents[1], Path(sysconfig.get_path("stdlib")))


def frames_of_user(source: TracebackType | FrameType | None) -> list[traceback.FrameSummary]:
    """Return the frames of the user's code, the innermost last; without those of Python, libraries and this package.

    Args:
        source: the traceback of an error, or the current frame of a thread.
    """
    frames = traceback.extract_stack(source) if isinstance(source, FrameType) else traceback.extract_tb(source)
    return [frame for frame in frames if _is_users(frame.filename)]


def location_of(error: BaseException) -> str | None:
    """Return 'file:line' of the user's innermost line in an error's traceback, None without one.

    Args:
        error: the error.
    """
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    frames = frames_of_user(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else None


def merge_conflict_in(text: str) -> int | None:
    """Return the line number of the first marker of an unresolved merge conflict, None without one.

    Args:
        text: content of a file.
    """
    marker = _CONFLICT.search(text)
    return text.count("\n", 0, marker.start()) + 1 if marker else None


@contextlib.contextmanager
def report_slow_imports(report: Callable[[str], None], every: float = 10) -> Iterator[None]:
    """Report at intervals which module is being imported in this context, and after Ctrl-C which one was.

    Args:
        report: called with a line such as 'still importing shop.t (/home/me/shop/t.py:3), 10 s'.
        every: seconds between two reports.
    """
    importing, ended = threading.get_ident(), threading.Event()

    def watch() -> None:
        seconds = every
        while not ended.wait(every):
            frame = sys._current_frames().get(importing)
            if where := _module_in(list(traceback.walk_stack(frame))):
                report(f"still importing {where}, {seconds:g} s; Ctrl-C ends it")
            seconds += every

    threading.Thread(target=watch, name="slow imports", daemon=True).start()
    try:
        yield
    except KeyboardInterrupt as interrupt:
        if where := _module_in(list(traceback.walk_tb(interrupt.__traceback__))[::-1]):
            report(f"interrupted while importing {where}")
        raise
    finally:
        ended.set()


def _module_in(frames: Sequence[tuple[FrameType, int]]) -> str | None:
    """Return name, file and line of the user's module that frames import; the innermost frame comes first."""
    named = ((frame, line) for frame, line in frames if frame.f_globals.get("__name__") != "__main__")
    of_user = [(frame, line) for frame, line in named if _is_users(frame.f_code.co_filename)]
    modules = [(frame, line) for frame, line in of_user if frame.f_code.co_name == "<module>"]
    for frame, line in modules[:1] or of_user[:1]:
        return f"{frame.f_globals.get('__name__')} ({frame.f_code.co_filename}:{line})"
    return None


def _lies_in(module: object, folders: tuple[Path, ...]) -> bool:
    """Return whether the file of a module, or all folders of a namespace package, are a project's own."""
    if not isinstance(module, ModuleType):
        return False
    if file := vars(module).get("__file__"):
        return is_own(Path(file), folders)
    try:
        paths = list(vars(module).get("__path__") or ())
    except KeyError:  # the package that contains a namespace package is no longer in sys.modules
        return False
    return bool(paths) and all(is_own(Path(path), folders) for path in paths)


def forget_modules(roots: Iterable[Path]) -> None:
    """Remove a project's own modules from `sys.modules`, so that the next import reads them again.

    Args:
        roots: folders of the project's modules.
    """
    folders = tuple(root.resolve() for root in roots)
    loaded = list(sys.modules.items())
    forgotten = {name for name, module in loaded if _lies_in(module, folders)}
    for name in forgotten:
        del sys.modules[name]
    forget_iterators(forgotten)
    importlib.invalidate_caches()


def _is_users(filename: str) -> bool:
    path = Path(filename)
    is_compiled = not path.is_absolute()  # such as pyarrow/error.pxi
    if filename.startswith("<") or is_compiled or "site-packages" in path.parts:
        return False
    return not any(path.is_relative_to(folder) for folder in _FOREIGN)
