"""A project's own code: which files are part of it, which of them are worth importing, its frames in tracebacks.

Discovery, fingerprints, watch, lint, export and the code sent to executors share this definition.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import itertools
import os
import re
import sys
import sysconfig
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum, auto
from pathlib import Path
from types import FrameType, ModuleType, TracebackType

from transforms_api.declare import forget_iterators

_NEVER_OWN = frozenset({"node_modules", "site-packages", "dist-packages", "__pycache__", "__pypackages__"})
_NOT_OWN_UNLESS_PACKAGES = frozenset({"build", "dist", "venv", "env"})
_OF_ENVIRONMENT = ("pyvenv.cfg", "conda-meta")
_MARKS = (*_OF_ENVIRONMENT, "_delta_log")
"""Files and folders that mark a folder as an environment or a dataset; all files of a dataset are data."""
_FOLDERS_OF_ENVIRONMENT = frozenset(
    {"bin", "etc", "include", "Include", "lib", "Lib", "lib64", "man", "pkgs", "Scripts", "share"}
)
_WITHOUT_TRANSFORMS = frozenset({"test", "tests", "conda_recipe"})
_NO_MODULES = re.compile(r"(setup|conftest|__main__|test_.*|.*_test)\.py")


def is_own(file: Path, roots: Iterable[Path]) -> bool:
    """Return whether a file is the project's own: below a root, and not in an environment or build output there.

    Links are resolved first. A root may itself lie inside of an environment.

    Args:
        file: any file.
        roots: folders of the project's modules, resolved.
    """
    file = file.resolve()
    return any(file.is_relative_to(root) and all(map(is_own_folder, _between(root, file))) for root in roots)


def is_own_folder(folder: Path) -> bool:
    """Return whether a folder may contain code of the project, tests included.

    Args:
        folder: a folder whose parent is the project's own.
    """
    name = folder.name
    if name.startswith(".") or name in _NEVER_OWN or name.endswith((".egg-info", ".dist-info")):
        return False
    if name in _NOT_OWN_UNLESS_PACKAGES and not (folder / "__init__.py").is_file():
        return False
    if name in _FOLDERS_OF_ENVIRONMENT and any((folder.parent / mark).exists() for mark in _OF_ENVIRONMENT):
        return False
    return not any((folder / mark).exists() for mark in _MARKS)


def own_folders(folder: Path) -> list[Path]:
    """Return the project's own folders directly below a folder, without links.

    Args:
        folder: a folder of the project.
    """
    entries = (Path(entry) for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False))
    return sorted(filter(is_own_folder, entries))


def own_files(folder: Path) -> Iterator[Path]:
    """Yield all files of a folder and of the project's own folders below it, without hidden ones.

    Args:
        folder: a folder of the project.
    """
    entries = (Path(entry) for entry in os.scandir(folder) if entry.is_file())
    yield from sorted(file for file in entries if not file.name.startswith("."))
    for inner in own_folders(folder):
        yield from own_files(inner)


def module_files(root: Path) -> Iterator[Path]:
    """Yield the modules that discovery imports, also in folders without `__init__.py`.

    Args:
        root: folder of the project's modules.
    """
    yield from sorted(file for file in root.glob("*.py") if is_module(file))
    for folder in folders_with_modules(root):
        yield from module_files(folder)


def folders_with_modules(root: Path) -> list[Path]:
    """Return the project's own folders directly below a root, without tests.

    Args:
        root: folder of the project's modules.
    """
    return [folder for folder in own_folders(root) if folder.name not in _WITHOUT_TRANSFORMS]


def is_module(file: Path) -> bool:
    """Return whether a file may contain transforms: not a test, setup.py, conftest.py or __main__.py.

    Args:
        file: a Python file.
    """
    return not _NO_MODULES.fullmatch(file.name)


def _between(root: Path, file: Path) -> Iterator[Path]:
    """Yield the folders between a root and a file, without the root."""
    folder = root
    for part in file.relative_to(root).parts[:-1]:
        folder /= part
        yield folder


_MAY_MAKE_TRANSFORMS = re.compile(r"transforms|foundry|palantir|import_module|__import__|runpy|\bexec\b|\beval\b", re.I)
"""A module without any of these words imports neither Foundry's packages nor modules by computed names."""


_MAX_FOLDERS = 2_000
"""Maximum number of folders to search for a missing module, about 0.2 seconds."""


class Candidate(Enum):
    """How likely a module has transforms, by its text."""

    NONE = auto()
    """The module and its imports from the project do not mention Foundry, and import only Python's own library."""
    SLIGHT = auto()
    """The same, but libraries are imported, which might create transforms."""
    GOOD = auto()


def file_of_module(name: str) -> Path | None:
    """Return the file of a module, imported or not; None without a file or module.

    Args:
        name: full name of the module.
    """
    if name in sys.modules:
        file = getattr(sys.modules[name], "__file__", None)
        return Path(file) if file else None
    package, _, last = name.rpartition(".")
    files = (file for folder in _folders_of(package) for file in (folder / last / "__init__.py", folder / f"{last}.py"))
    return next((file for file in files if file.is_file()), None)


def with_packages(name: str) -> Iterator[str]:
    """Yield the names of a module's packages, the outermost first, and its own name; nothing for Python's library.

    Args:
        name: full name of the module.
    """
    parts = name.split(".")
    yield from (".".join(parts[: end + 1]) for end in range(len(parts)) if parts[0] not in sys.stdlib_module_names)


def name_of_module(root: Path, file: Path) -> str:
    """Return the full name of a module; '' for an `__init__.py` directly in the root.

    Args:
        root: folder on Python's path.
        file: file of the module below it.
    """
    parts = file.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def candidate_modules(root: Path) -> dict[Path, Candidate]:
    """Return module that discovery imports → how likely it has transforms.

    A module that does not mention Foundry may get transforms from a module of the project that does.

    Args:
        root: folder of the project's modules.
    """
    texts = {file: file.read_bytes().decode(errors="replace") for file in own_files(root) if file.suffix == ".py"}
    by_name = {name_of_module(root, file): file for file in texts}
    tops = {name.partition(".")[0] for name in by_name} - sys.stdlib_module_names
    mentioning = {file for file, text in texts.items() if _MAY_MAKE_TRANSFORMS.search(text)}
    imports: dict[Path, set[str] | None] = {}

    def classify(file: Path) -> Candidate:
        seen, waiting, kind = set[Path](), [file], Candidate.NONE
        while waiting:
            file = waiting.pop()
            if file in mentioning:
                return Candidate.GOOD
            if file in seen:
                continue
            seen.add(file)
            if file not in imports:
                imports[file] = _imports_of(texts[file], name_of_module(root, file), file.name == "__init__.py")
            names = imports[file]
            if names is None or any(name.partition(".")[0] not in tops for name in names):
                kind = Candidate.SLIGHT
            waiting += [by_name[name] for name in names or () if name in by_name]
        return kind

    return {file: classify(file) for file in module_files(root)}


def imported_names(imports: Iterable[ast.Import | ast.ImportFrom], package: str) -> Iterator[str]:
    """Yield the modules that statements import, and their packages.

    `from a import b` yields `a.b` whether or not `a.b` is a module.

    Args:
        imports: import statements of a module.
        package: package of the module, for relative imports.
    """
    for node in imports:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from with_packages(alias.name)
        else:
            parents = package.split(".")
            base = ".".join(parents[: len(parents) - node.level + 1]) if node.level else ""
            origin = ".".join(filter(None, [base, node.module]))
            yield from with_packages(origin)
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def folder_with_module(name: str, project: Path) -> Path | None:
    """Return a folder that contains a module but is not on Python's path, None without one.

    Searches the project's folders, its parents, and the projects beside it.

    Args:
        name: full name of the missing module.
        project: the project's folder.
    """
    parts, on_path = name.split("."), {Path(entry).resolve() for entry in sys.path if entry}
    for folder in itertools.islice(_nearby(project.resolve()), _MAX_FOLDERS):
        path = folder.joinpath(*parts)
        is_there = path.with_name(f"{path.name}.py").is_file() or (path.is_dir() and any(path.glob("*.py")))
        if is_there and folder not in on_path:
            return folder
    return None


def _nearby(project: Path) -> Iterator[Path]:
    yield from _levels([project], 5)
    yield from project.parents[:3]
    yield from _levels((folder for folder in _readable_folders(project.parent) if folder != project), 4)


def _levels(folders: Iterable[Path], depth: int) -> Iterator[Path]:
    """Yield folders level by level, `depth` levels deep."""
    for _ in range(depth):
        folders = list(folders)
        yield from folders
        folders = (inner for folder in folders for inner in _readable_folders(folder))


def _readable_folders(folder: Path) -> list[Path]:
    try:
        return own_folders(folder)
    except OSError:
        return []


def _imports_of(text: str, name: str, is_package: bool) -> set[str] | None:
    """Return the imports of a module without Python's library, None if it cannot be parsed."""
    try:
        statements = [node for node in ast.walk(ast.parse(text)) if isinstance(node, (ast.Import, ast.ImportFrom))]
    except (SyntaxError, ValueError, RecursionError):
        return None
    names = imported_names(statements, name if is_package else name.rpartition(".")[0])
    return {imported for imported in names if imported and imported.partition(".")[0] not in sys.stdlib_module_names}


def _folders_of(package: str) -> Iterable[Path]:
    """Return the folders of a package's modules; Python's path for the package ''."""
    if not package:
        return map(Path, sys.path)
    if package in sys.modules:
        return map(Path, getattr(sys.modules[package], "__path__", ()))
    parent, _, last = package.rpartition(".")
    return [folder / last for folder in _folders_of(parent) if (folder / last).is_dir()]


# The user's code that runs

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
