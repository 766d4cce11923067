"""What an export takes from a project: packages with their names in the export, and tests, under `src/test`."""

from __future__ import annotations

import ast
import importlib
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from transforms_api.declare import Pipeline, transforms_of
from transforms_api.errors import ExportError
from transforms_api.porting.export.texts import CONFTEST, FIXTURES_THERE, PYTEST, imported_modules
from transforms_api.project import (
    NAMESPACE,
    Repository,
    SubProject,
    file_of_module,
    is_module,
    is_own_folder,
    module_files,
    read_if_sql,
)

PYTHON = "transforms-python"
"""Folder of the Python in a repository that Foundry made."""
SQL = "transforms-sql"
"""Folder of the SQL in a repository that Foundry made."""
_NOT_EXPORTED = ("__pycache__", ".pyc", ".pyo", ".egg-info")
_MAKES_TRANSFORMS = re.compile(r"\btransform(_df|_pandas|_polars)?\s*[(.]")
_MAKES_PIPELINE = re.compile(r"^(\w+)\s*(?::[^=\n]*)?=\s*(?:\w+\.)*Pipeline\s*\(", re.MULTILINE)
"""Text of a module that makes transforms, or a pipeline, for modules that cannot be imported here."""
_PACKAGING = ("setup.py", "setup.cfg", "pytest.ini", ".pylintrc")


@dataclass(frozen=True)
class Part:
    """A package, or a single module, directly under `src` of the export.

    Attributes:
        name: import name in the export.
        location: folder or file here.
        imported_as: import name here.
    """

    name: str
    location: Path
    imported_as: str

    def files(self) -> dict[str, Path]:
        """Return path under `src` → file, for modules and the files beside them."""
        if self.location.is_file():
            return {f"{self.name}.py": self.location}
        return {f"{self.name}/{path}": file for path, file in files_below(self.location).items()}

    def modules(self) -> list[Path]:
        """Return the files that discovery imports, without tests and programs."""
        return [self.location] if self.location.is_file() else list(module_files(self.location))

    def holding(self) -> list[tuple[str, ...]]:
        """Return the modules that hold transforms, each as the parts of its name after the package's.

        Modules that cannot be imported here are judged by their text.
        """
        parts = []
        for file in self.modules():
            inner = () if file == self.location else file.relative_to(self.location).with_suffix("").parts
            inner = inner[:-1] if inner[-1:] == ("__init__",) else inner
            module = sys.modules.get(".".join((self.imported_as, *inner)))
            is_holding = _MAKES_TRANSFORMS.search(_text_of(file)) if module is None else any(transforms_of(module))
            if is_holding:
                parts.append(inner)
        return parts


@dataclass(frozen=True)
class Source:
    """A project with Python code that becomes a project of the export.

    Attributes:
        folder: name of its folder in the export.
        parts: its packages and single modules.
        entry_point: the `Pipeline` that it declares, as 'module:attribute'.
        tests: folder of its tests.
        own_files: path in its folder of the export → file, for Foundry's files that it has already.
    """

    folder: str
    parts: tuple[Part, ...]
    entry_point: str | None
    tests: Path | None
    own_files: dict[str, Path]


def package_source(package: str, folder: Path) -> Source:
    """Return the source of a package: everything under the same top-level name.

    Args:
        package: import name of the package.
        folder: folder whose `tests/<top-level name>` holds its tests.
    """
    names = package.split(".")
    top = ".".join(names[:2] if names[0] == NAMESPACE else names[:1])
    name, file = top.rpartition(".")[2], file_of_module(top)
    if file is None:
        location = Path(next(iter(importlib.import_module(top).__path__)))
    else:
        location = file.parent if file.name == "__init__.py" else file
    tests = folder / "tests" / name
    return Source(PYTHON, (Part(name, location, top),), None, tests if tests.is_dir() else None, {})


def repository_sources(repository: Repository) -> list[Source]:
    """Return the sub-projects of a repository whose modules have been imported, as far as possible.

    Args:
        repository: the repository.
    """
    return [_of_project(project, repository.folder) for project in repository.projects]


def sql_files(repository: Repository) -> dict[str, Path]:
    """Return path in the export → SQL file. Sub-projects stay where they are; other SQL transforms join `SQL`."""
    files = {}
    for source in repository.sql:
        path = source.path.relative_to(repository.folder).as_posix()
        if source.is_in_project and "src" in path.split("/")[1:]:
            files[path] = source.path
        elif read_if_sql(source) is not None:
            files[f"{SQL}/src/main/sql/{path.removeprefix('src/main/sql/').removeprefix(f'{SQL}/')}"] = source.path
    return files


def files_below(folder: Path) -> dict[str, Path]:
    """Return path → file for the files of a folder that are not hidden, not an environment's, and not links to
    elsewhere.

    Args:
        folder: the folder.
    """
    files = {}
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if is_own_folder(Path(parent, name)))
        for file in (Path(parent, name) for name in sorted(names)):
            is_here = not file.is_symlink() or file.resolve().is_relative_to(folder.resolve())
            if is_here and not file.name.startswith(".") and not file.name.endswith(_NOT_EXPORTED):
                files[file.relative_to(folder).as_posix()] = file
    return files


def _of_project(project: SubProject, repository: Path) -> Source:
    root = project.root
    above = root.parent if root.name == "src" else root
    candidates = (root / "test", root / "tests", above / "test", above / "tests")
    own = {f"src/{name}": root / name for name in _PACKAGING if root.name == "src"}
    own |= {name: above / name for name in ("build.gradle", "conda_recipe/meta.yaml") if above != repository}
    return Source(
        PYTHON if above == repository else above.name,
        tuple(_parts_of(root)),
        project.entry_point or _declared_in_a_module(root),
        next((folder for folder in candidates if folder.is_dir()), None),
        {path: file for path, file in own.items() if file.is_file()},
    )


def _parts_of(root: Path) -> Iterator[Part]:
    tops = {file.relative_to(root).parts[0] for file in module_files(root)}
    for top in sorted(tops - {NAMESPACE}):
        yield Part(top.removesuffix(".py"), root / top, top.removesuffix(".py"))
    if NAMESPACE in tops:
        _refuse_names_of_the_namespace(root / NAMESPACE / "__init__.py")
        for part in _parts_of(root / NAMESPACE):
            if part.name != "__init__":
                yield Part(part.name, part.location, f"{NAMESPACE}.{part.imported_as}")


def _refuse_names_of_the_namespace(file: Path) -> None:
    """Raise if a project's `transforms/__init__.py` defines names: the export cannot have that file.

    Raises:
        ExportError: it does, or is no Python.
    """
    try:
        body = ast.parse(file.read_bytes()).body if file.is_file() else []
    except (SyntaxError, ValueError) as error:
        raise ExportError(f"{file} is no Python ({error}). Correct it, or leave the file empty.") from error
    if any(not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)) for statement in body):
        raise ExportError(
            f"{file} has code, and on Foundry 'transforms' is Foundry's alone. Move it into a module of one of your "
            "packages, and leave the file empty."
        )


def _text_of(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace")


def _declared_in_a_module(root: Path) -> str | None:
    """Return the entry point of the `pipeline.py` in one of the packages; None without a Pipeline.

    Raises:
        ExportError: there are several.
    """
    named = []
    for file in filter(is_module, sorted(root.glob("*/pipeline.py"))):
        module = sys.modules.get(f"{file.parent.name}.pipeline")
        if module is None:
            pipelines = _MAKES_PIPELINE.findall(_text_of(file))
        else:
            pipelines = [name for name, value in vars(module).items() if isinstance(value, Pipeline)]
        named += [f"{file.parent.name}.pipeline:{name}" for name in pipelines]
    if len(named) > 1:
        raise ExportError(
            f"{root} has several pipelines, {', '.join(named)}, and Foundry reads one: name it in {root / 'setup.py'}, "
            'entry_points={"transforms.pipelines": ["root = …"]}.'
        )
    return named[0] if named else None


Function = ast.FunctionDef | ast.AsyncFunctionDef
_ENGINE = "transforms_api"
KIT = {"assert_snapshot", "compute_transform", "run_transform"}
"""Fixtures of `transforms_api.testing` that Foundry does not have."""
_SPARK = re.compile(rb"^def spark\(", re.MULTILINE)


@dataclass(frozen=True)
class PortedTests:
    """Tests of an export.

    Attributes:
        files: path under `src` → content.
        added: paths that the project does not have.
        left_out: tests that cannot run there, with the reason, one per line.
    """

    files: dict[str, bytes]
    added: tuple[str, ...]
    left_out: tuple[str, ...]


def port_tests(folder: Path, parts: Sequence[Part]) -> PortedTests:
    """Return the tests of a folder for an export.

    If no part has another name there, tests stay as they are. Otherwise names of modules are replaced, and tests are
    left out that import the local runtime, use its fixtures or read files outside their folder. If a `spark` fixture is
    defined above the folder, the export gets fixtures `spark`, `run_transform` and `compute_transform`.

    Args:
        folder: folder of the tests.
        parts: parts of the project, with their names in the export.
    """
    contents = {path: file.read_bytes() for path, file in files_below(folder).items()}
    if all(part.name == part.imported_as for part in parts):
        return PortedTests({f"test/{path}": content for path, content in contents.items()}, (), ())
    above = folder.parent / "conftest.py"
    beyond = fixtures_in(above.read_bytes()) if above.is_file() else set()
    reasons = dict(_reasons(contents, (beyond | KIT) - FIXTURES_THERE))
    stays = {path for path in contents if any(_is_below(path, reason) for reason in reasons)}
    files = {
        f"test/{folder.name}/{path}": _renamed(content, parts) if path.endswith(".py") else content
        for path, content in contents.items()
        if path not in stays
    }
    added = {"pytest.ini": PYTEST.encode()}
    if above.is_file() and _SPARK.search(above.read_bytes()):
        added["test/conftest.py"] = CONFTEST.encode()
    left_out = [f"`{path}`: {reason}" for path, reason in sorted(reasons.items())]
    return PortedTests({**files, **added}, tuple(added), tuple(left_out))


def _reasons(tests: Mapping[str, bytes], lacking: set[str]) -> Iterator[tuple[str, str]]:
    """Yield the tests, or the folder of a conftest.py, that cannot run elsewhere, with the reason.

    Args:
        tests: path → content.
        lacking: fixtures that do not exist there, unless the tests define them.
    """
    own = {name for path, content in tests.items() if path.endswith(".py") for name in fixtures_in(content)}
    for path, content in tests.items():
        if not path.endswith(".py"):
            continue
        file = PurePosixPath(path)
        subject = file.parent.as_posix() if file.name == "conftest.py" else path
        if any(f"{name}.".startswith(f"{_ENGINE}.") for name in imported_modules(content)):
            yield subject, f"{path} imports {_ENGINE}, the local runtime."
        elif missing := sorted(requested_by(content) & (lacking - own)):
            yield (
                subject,
                f"{path} uses the fixture {', '.join(missing)}, which is defined outside the folder of tests.",
            )
        elif _levels_up(content) >= len(file.parts):
            yield subject, f"{path} reads files outside the folder of tests."


def _is_below(path: str, subject: str) -> bool:
    return path == subject or subject == "." or path.startswith(f"{subject}/")


def _levels_up(content: bytes) -> int:
    """Return the largest n of `parents[n]` in a module; -1 without any."""
    try:
        nodes = list(ast.walk(ast.parse(content)))
    except (SyntaxError, ValueError):
        return -1
    levels = [
        node.slice.value
        for node in nodes
        if isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "parents"
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.slice.value, int)
    ]
    return max(levels, default=-1)


def _renamed(content: bytes, parts: Sequence[Part]) -> bytes:
    for part in parts:
        content = re.sub(rf"\b{re.escape(part.imported_as)}\b".encode(), part.name.encode(), content)
    return content


def fixtures_in(content: bytes) -> set[str]:
    """Return the names of the fixtures that a module defines; empty if it cannot be parsed.

    Args:
        content: text of the module.
    """
    return {function.name for function in _functions(content) if _is_fixture(function)}


def requested_by(content: bytes) -> set[str]:
    """Return the fixtures that a module's tests and fixtures request by their parameters.

    Parameters that `parametrize` fills, named in a text of the function's decorators, are not fixtures.

    Args:
        content: text of the module.
    """
    return {
        argument.arg
        for function in _functions(content)
        if _is_fixture(function) or function.name.startswith("test")
        for argument in (*function.args.args, *function.args.kwonlyargs)
        if argument.arg not in _named_in_decorators(function)
    }


def _functions(content: bytes) -> Iterator[Function]:
    try:
        nodes = list(ast.walk(ast.parse(content)))
    except (SyntaxError, ValueError):
        return
    yield from (node for node in nodes if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))


def _is_fixture(function: Function) -> bool:
    return any("fixture" in ast.unparse(decorator) for decorator in function.decorator_list)


def _named_in_decorators(function: Function) -> set[str]:
    texts = [
        node.value
        for decorator in function.decorator_list
        for node in ast.walk(decorator)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return {name.strip() for text in texts for name in text.split(",")}
