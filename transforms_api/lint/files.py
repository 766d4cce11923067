"""F301 and F302: what a transform would find on its author's machine alone, files and the network."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from transforms_api.lint.module import Module, method_of, text_of
from transforms_api.lint.rules import Finding

_OPENING = frozenset({
    "io.open", "codecs.open", "gzip.open", "os.listdir", "os.walk", "os.scandir", "glob.glob", "glob.iglob",
    "numpy.load", "numpy.loadtxt", "numpy.genfromtxt", "shutil.copy", "sqlite3.connect",
})  # fmt: skip
_TABLES = re.compile(r"(pandas|polars)\.(read|scan)_(csv|parquet|json|ndjson|excel|feather|orc|pickle|table|fwf|ipc)")
_OF_PATHS = frozenset(
    {"open", "read_text", "read_bytes", "write_text", "write_bytes", "iterdir", "glob", "rglob", "exists", "mkdir"}
)
_OF_SPARK = frozenset({"csv", "json", "parquet", "orc", "text", "textFile", "load", "save"})
_WRITING = re.compile(r"(to|write)_(csv|parquet|json|ndjson|excel|feather|pickle|ipc)")
_KEPT = ("/tmp/", "/dev/", "/proc/")
"""What every machine has; a transform may put there what it needs for itself."""
_NETWORK = re.compile(
    r"(requests|httpx)\.(get|post|put|patch|delete|head|request|Session|Client)|urllib\.request\.(urlopen|urlretrieve)"
    r"|http\.client\.HTTPS?Connection|socket\.(create_connection|socket)|urllib3\.PoolManager|ftplib\.FTP|smtplib\.SMTP"
)
_SYSTEMS = "transforms.external.systems"


def check_files(module: Module) -> Iterator[Finding]:
    """Yield what opens a file by a path that is written in the code, but for temporary ones.

    Paths that come from elsewhere (a parameter, `hadoop_path`, the module's own `__file__`) are not judged.
    """
    for call in module.all_of(ast.Call):
        for node in _paths_in(module, call):
            path = _written(module, node)
            if path is not None and not path.startswith(_KEPT):
                yield module.finding(call, "F301", f"'{path}' is on the machine that wrote this, not on Foundry's")
                break


def check_network(modules: Iterable[Module]) -> Iterator[Finding]:
    """Yield calls of the network from a project none of whose modules declares an external system."""
    modules = list(modules)
    if any(origin.startswith(_SYSTEMS) for module in modules for origin in module.names.values()):
        return
    for module in modules:
        for call in module.all_of(ast.Call):
            if _NETWORK.fullmatch(module.origin(call.func) or ""):
                yield module.finding(call, "F302", f"{ast.unparse(call.func)}() reaches nothing from Foundry")


def _paths_in(module: Module, call: ast.Call) -> Iterator[ast.expr]:
    """Yield the expressions of a call that are paths of files which it opens."""
    origin, method = module.origin(call.func), method_of(call)
    first = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg in ("path", "file", "source"))][:1]
    is_open = isinstance(call.func, ast.Name) and call.func.id == "open" and origin is None
    if is_open or origin in _OPENING or _TABLES.fullmatch(origin or ""):
        yield from first
    elif isinstance(call.func, ast.Attribute):
        on = call.func.value
        if method in _OF_PATHS and _is_path(module, on):
            yield on
        elif (method in _OF_SPARK and _is_reader_or_writer(on)) or (
            origin is None and _WRITING.fullmatch(method or "")
        ):
            yield from first


def _is_path(module: Module, node: ast.expr) -> bool:
    node = _given(module, node)
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        node = node.left
    return isinstance(node, ast.Call) and module.origin(node.func) in ("pathlib.Path", "pathlib.PurePath")


def _is_reader_or_writer(node: ast.expr) -> bool:
    """Tell whether something is a `spark.read` or `frame.write`, with or without settings."""
    while isinstance(node, (ast.Call, ast.Attribute)):
        if isinstance(node, ast.Attribute) and node.attr in ("read", "write", "sparkContext"):
            return True
        node = node.func if isinstance(node, ast.Call) else node.value
    return False


def _written(module: Module, node: ast.expr) -> str | None:
    """Return the path that an expression begins with, None where the code does not say it."""
    node = _given(module, node)
    if isinstance(node, ast.BinOp):
        return _written(module, node.left)
    if isinstance(node, ast.JoinedStr):
        return text_of(node.values[0]) if node.values else None
    if isinstance(node, ast.List) and node.elts:
        return _written(module, node.elts[0])
    if isinstance(node, ast.Call) and module.origin(node.func) in ("pathlib.Path", "os.path.join") and node.args:
        return _written(module, node.args[0])
    return text_of(node)


def _given(module: Module, node: ast.expr) -> ast.expr:
    """Return what a constant of the module was given, other expressions as they are."""
    if not isinstance(node, ast.Name) or module.origin(node):
        return node
    given = [
        one.value for one in ast.walk(module.tree) if isinstance(one, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == node.id for target in one.targets)
    ]  # fmt: skip
    is_parameter = any(node.id == one.arg for one in ast.walk(module.tree) if isinstance(one, ast.arg))
    refers = given and any(isinstance(one, ast.Name) and one.id == node.id for one in ast.walk(given[0]))
    return given[0] if len(given) == 1 and not is_parameter and not refers else node
