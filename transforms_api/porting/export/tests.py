"""A project's tests in an export: under `src/test`, importing modules by their names there, with their fixtures."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from transforms_api.porting.export.source import Part, files_below
from transforms_api.porting.export.texts import CONFTEST, FIXTURES_THERE, PYTEST, imported_modules

Function = ast.FunctionDef | ast.AsyncFunctionDef


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
    left
    out that import the local runtime, use its fixtures or read files outside their folder. If a `spark` fixture is
    defined above the folder, the export gets one, and one each for `run_transform` and `compute_transform`.

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
