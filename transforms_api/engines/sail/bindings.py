"""What the names in a module's code mean: a read of assignments, parameters, loops and imports. Nothing is imported.

A name may have several bindings, and the order of statements does not count: a reader considers all of them.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)
_WITHOUT_BINDINGS = (ast.Name, ast.Constant, ast.Attribute, ast.Call, ast.keyword, ast.BinOp, ast.Subscript)
"""The most frequent nodes."""
_MOST_ELEMENTS = 200
"""A longer collection counts as one whose elements are unknown."""
_MOST_BINDINGS = 3
"""A collection that is assigned more often counts as one whose elements are unknown."""
_COPIES = ("list", "tuple", "set", "sorted", "reversed", "frozenset")
_CONTAINERS = {
    *_COPIES, "dict", "enumerate", "zip", "Iterable", "Iterator", "Sequence", "Collection", "Mapping", "MutableMapping",
    "MutableSequence", "Set", "Generator", "Callable", "List", "Dict", "Tuple", "FrozenSet", "Type", "type",
}  # fmt: skip
_PLAIN = {"int", "float", "str", "bool", "bytes", "complex", "None", "range", "len", "repr", "isinstance", "slice"}
"""Builtins whose value is none of PySpark's objects."""
_UNIONS = {"Optional", "Union", "Annotated", "Final", "ClassVar"}
_OPEN_CLASSES = {"Any", "object", "TypeVar", "Protocol", "Generic", "Self"}
"""Names in annotations that say nothing about the class."""


@dataclass(frozen=True, eq=False)
class Binding:
    """One way in which a name receives its value.

    Attributes:
        kind: `value`: the value of an expression. `element`: an element of a collection. `parameter`: an argument.
            `function`, `class`, `import`: what such a statement defines. `open`: unknown.
        node: the expression, collection, annotation, definition or import.
        scope: the scope in which the node's own names have their meaning.
        path: positions in nested tuples, from the value or element to the name.
        name: for a parameter, `module:function:parameter`; for an import, the imported name or ''.
    """

    kind: str
    node: ast.AST | None
    scope: Scope
    path: tuple[int, ...] = ()
    name: str = ""


@dataclass(eq=False)
class Scope:
    """The names that a function, or the module outside of functions, binds.

    Attributes:
        module: the module.
        parent: the scope around it; None for the module's own.
        bindings: name → its bindings.
        results: what the function returns or yields, expression by expression.
    """

    module: ModuleCode
    parent: Scope | None = None
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    results: list[ast.expr | None] = field(default_factory=list)

    def add(
        self,
        bound: str,
        kind: str,
        node: ast.AST | None,
        scope: Scope | None = None,
        path: tuple[int, ...] = (),
        name: str = "",
    ) -> None:
        """Add a binding of the name `bound`; the others are those of `Binding`, without a scope this one."""
        self.bindings.setdefault(bound, []).append(Binding(kind, node, scope or self, path, name))

    def find(self, name: str) -> list[Binding]:
        """Return the bindings of a name in the innermost scope that binds it; empty without one."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.bindings:
                return scope.bindings[name]
            scope = scope.parent
        return []


class ModuleCode:
    """A module's syntax tree with the meaning of its names.

    Args:
        tree: its syntax tree.
        name: its full name.
        is_package: whether it is the `__init__` of a package.
        find_module: returns a module of the project by name; None for others.

    Attributes:
        scope: the scope of the module.
        scopes: function or comprehension → its scope.
        statements: each statement at the top level, and its nodes with their scopes.
    """

    def __init__(
        self, tree: ast.Module, name: str, is_package: bool, find_module: Callable[[str], ModuleCode | None]
    ) -> None:
        self.name, self._is_package, self._find_module = name, is_package, find_module
        self.scope = Scope(self)
        self.scopes: dict[ast.AST, Scope] = {}
        self.statements = [(statement, list(self._walk(statement))) for statement in tree.body]

    def _walk(self, statement: ast.stmt) -> Iterator[tuple[ast.AST, Scope]]:
        waiting: list[tuple[ast.AST, Scope]] = [(statement, self.scope)]
        while waiting:
            node, scope = waiting.pop()
            yield node, scope
            inner = self._bind(node, scope)
            if inner is not scope and not isinstance(node, _COMPREHENSIONS):
                outside = _outside_of_body(node)
                waiting += [(child, scope if child in outside else inner) for child in _children(node)]
            else:
                waiting += [(child, inner) for child in _children(node)]

    def _bind(self, node: ast.AST, scope: Scope) -> Scope:
        """Add the bindings of a node; return the scope of its children."""
        if isinstance(node, _WITHOUT_BINDINGS):
            return scope
        if isinstance(node, (ast.Return, ast.Yield, ast.YieldFrom)):
            scope.results.append(node.value)
            return scope
        if isinstance(node, _FUNCTIONS):
            return self._bind_function(node, scope)
        if isinstance(node, ast.ClassDef):
            scope.add(node.name, "class", node)
            return Scope(self, scope)
        if isinstance(node, _COMPREHENSIONS):
            inner = self.scopes[node] = Scope(self, scope)
            for part in node.generators:
                _bind_target(part.target, "element", part.iter, inner)
            return inner
        if isinstance(node, (ast.For, ast.AsyncFor)):
            _bind_target(node.target, "element", node.iter, scope)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                _bind_target(target, "value", node.value, scope)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            scope.add(node.target.id, "value" if node.value else "parameter", node.value or node.annotation)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            scope.add(node.target.id, "value", ast.copy_location(ast.BinOp(node.target, node.op, node.value), node))
        elif isinstance(node, ast.NamedExpr):
            scope.add(node.target.id, "value", node.value)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            scope.add(node.name, "value", ast.Constant(None))  # an exception is none of PySpark's objects
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            for item in node.items:
                if item.optional_vars is not None:
                    _bind_target(item.optional_vars, "open", None, scope)
        elif isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name:
            scope.add(node.name, "open", None)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            for name in node.names:
                scope.add(name, "open", None)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            self._bind_import(node, scope)
        return scope

    def _bind_function(self, node: Function, scope: Scope) -> Scope:
        inner = self.scopes[node] = Scope(self, scope)
        name = "" if isinstance(node, ast.Lambda) else node.name
        if name:
            scope.add(name, "function", node)
        for argument in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]:
            own = f"{self.name}:{name}:{argument.arg}" if name and scope is self.scope else ""
            inner.add(argument.arg, "parameter", argument.annotation, scope, name=own)
        for several in (node.args.vararg, node.args.kwarg):
            if several is not None:
                inner.add(several.arg, "open", None)
        return inner

    def _bind_import(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.partition(".")[0]
                scope.add(bound, "import", node, name=alias.name if alias.asname else bound)
            return
        for alias in node.names:
            scope.add(alias.asname or alias.name, "import", node, name=f"{self.origin_of(node)}:{alias.name}")

    def origin_of(self, node: ast.ImportFrom) -> str:
        """Return the full name of the module that a statement imports from."""
        if not node.level:
            return node.module or ""
        parts = self.name.split(".")
        base = parts[: len(parts) - node.level + (1 if self._is_package else 0)]
        return ".".join(filter(None, [".".join(base), node.module]))

    def module_at(self, name: str) -> ModuleCode | None:
        """Return a module of the project; None for modules of libraries."""
        return self._find_module(name)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the child nodes as `ast.iter_child_nodes`, without operators and contexts, in half the time."""
    for name, value in node.__dict__.items():
        if isinstance(value, list):
            for child in value:
                if isinstance(child, ast.AST):
                    yield child
        elif isinstance(value, ast.AST) and name not in ("ctx", "op"):
            yield value


def _outside_of_body(node: ast.AST) -> set[ast.AST]:
    """Return the children of a definition that are evaluated in the scope around it."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return {*node.decorator_list, node.args, *([node.returns] if node.returns else [])}
    if isinstance(node, ast.Lambda):
        return {node.args}
    return {*node.decorator_list, *node.bases} if isinstance(node, ast.ClassDef) else set()


def _bind_target(target: ast.AST, kind: str, node: ast.AST | None, scope: Scope, path: tuple[int, ...] = ()) -> None:
    if isinstance(target, ast.Name):
        scope.add(target.id, kind, node, path=path)
    elif isinstance(target, ast.Starred):
        _bind_target(target.value, "open", None, scope)
    elif isinstance(target, (ast.Tuple, ast.List)):
        for position, part in enumerate(target.elts):
            _bind_target(part, kind, node, scope, (*path, position))


def resolve(node: ast.expr, scope: Scope, depth: int = 0) -> list[Binding]:
    """Return the bindings of a name, or of an attribute of a module of the project; empty if they are unknown.

    Imports are followed into the project's modules; a binding of kind `import` is left for modules of libraries.

    Args:
        node: any expression.
        scope: the scope in which it stands.
        depth: how many imports were followed.
    """
    if isinstance(node, ast.Name):
        bindings = scope.find(node.id)
    elif isinstance(node, ast.Attribute):
        module = _module_of(node.value, scope)
        bindings = module.scope.bindings.get(node.attr, []) if module is not None else []
    else:
        return []
    return [followed for binding in bindings for followed in _followed(binding, depth)]


def _followed(binding: Binding, depth: int) -> list[Binding]:
    origin, _, name = binding.name.partition(":")
    if binding.kind != "import" or not name or depth > 5:
        return [binding]
    module = binding.scope.module.module_at(origin)
    if module is None or name not in module.scope.bindings:
        return [binding]
    return [followed for inner in module.scope.bindings[name] for followed in _followed(inner, depth + 1)]


def _module_of(node: ast.expr, scope: Scope) -> ModuleCode | None:
    """Return the module of the project that an expression names."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    for binding in scope.find(node.id):
        if binding.kind == "import":
            name = ".".join([binding.name.replace(":", "."), *parts])
            return scope.module.module_at(name)
    return None


def elements(node: ast.AST, scope: Scope, depth: int = 0) -> list[tuple[ast.expr, Scope]] | None:
    """Return the elements of a collection that is written out in the code; None if it is not.

    Args:
        node: the expression of the collection.
        scope: the scope in which it stands.
        depth: how many names were followed.
    """
    if depth > 8:
        return None
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        parts = [elements(element.value, scope, depth + 1) if isinstance(element, ast.Starred) else [(element, scope)]
                 for element in node.elts]  # fmt: skip
        return _joined(parts)
    if isinstance(node, ast.Dict):
        return _joined(
            [
                elements(value, scope, depth + 1) if key is None else [(key, scope)]
                for key, value in zip(node.keys, node.values, strict=True)
            ]
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.BitOr)):
        return _joined([elements(node.left, scope, depth + 1), elements(node.right, scope, depth + 1)])
    if isinstance(node, ast.Call):
        return _elements_of_call(node, scope, depth)
    if isinstance(node, (ast.Name, ast.Attribute)):
        bindings = resolve(node, scope)
        if not 0 < len(bindings) <= _MOST_BINDINGS:
            return None
        return _joined(
            [
                elements(binding.node, binding.scope, depth + 1)
                if binding.kind == "value" and binding.node and not binding.path
                else None
                for binding in bindings
            ]
        )
    return None


def _elements_of_call(node: ast.Call, scope: Scope, depth: int) -> list[tuple[ast.expr, Scope]] | None:
    if isinstance(node.func, ast.Attribute) and node.func.attr in ("items", "keys", "values") and not node.args:
        pairs = _pairs(node.func.value, scope, depth + 1)
        if pairs is None:
            return None
        if node.func.attr == "items":
            return [(ast.Tuple([key, value]), inner) for key, value, inner in pairs]
        return [(key if node.func.attr == "keys" else value, inner) for key, value, inner in pairs]
    if not (isinstance(node.func, ast.Name) and node.args and not scope.find(node.func.id)):
        return None
    members = elements(node.args[0], scope, depth + 1)
    if node.func.id in _COPIES:
        return members
    if node.func.id == "enumerate" and members is not None:
        return [(ast.Tuple([ast.Constant(0), member]), inner) for member, inner in members]
    return None


def _pairs(node: ast.expr, scope: Scope, depth: int) -> list[tuple[ast.expr, ast.expr, Scope]] | None:
    """Return the items of a dictionary that is written out in the code; None if it is not."""
    if depth > 8:
        return None
    if isinstance(node, ast.Dict):
        pairs: list[tuple[ast.expr, ast.expr, Scope]] = []
        for key, value in zip(node.keys, node.values, strict=True):
            inner = _pairs(value, scope, depth + 1) if key is None else [(key, value, scope)]
            if inner is None:
                return None
            pairs += inner
        return pairs
    bindings = resolve(node, scope)
    if len(bindings) == 1 and bindings[0].kind == "value" and not bindings[0].path:
        return _pairs(bindings[0].node, bindings[0].scope, depth + 1)  # type: ignore[arg-type]
    return None


def _joined(parts: list[list[tuple[ast.expr, Scope]] | None]) -> list[tuple[ast.expr, Scope]] | None:
    if any(part is None for part in parts):
        return None
    joined = [element for part in parts if part is not None for element in part]
    return joined if len(joined) <= _MOST_ELEMENTS else None


def values_of(binding: Binding) -> list[tuple[ast.expr, Scope]] | None:
    """Return the expressions that a binding may have as its value; None if they are unknown.

    Args:
        binding: a binding of any kind.
    """
    if binding.node is None or binding.kind not in ("value", "element"):
        return None
    node: Any = binding.node
    values = [(node, binding.scope)] if binding.kind == "value" else elements(node, binding.scope)
    for position in binding.path:
        parts = [_part(value, scope, position) for value, scope in values or ()]
        values = None if values is None or None in parts else [part for part in parts if part is not None]
    return values


def _part(node: ast.expr, scope: Scope, position: int) -> tuple[ast.expr, Scope] | None:
    if isinstance(node, (ast.GeneratorExp, ast.ListComp)):  # each part is what the comprehension makes
        return node.elt, scope.module.scopes.get(node, scope)
    if not isinstance(node, (ast.Tuple, ast.List)) or any(isinstance(element, ast.Starred) for element in node.elts):
        return None
    return (node.elts[position], scope) if position < len(node.elts) else None


# ---------------------------------------------------------------------------------------------------------------------
# Objects that are none of PySpark's

Seen: TypeAlias = set[tuple[Binding, bool]]
"""Bindings that a search has read, and whether with their elements."""


def is_foreign(node: ast.expr, scope: Scope) -> bool:
    """Return whether an expression is certainly none of PySpark's objects.

    Args:
        node: the expression.
        scope: the scope in which it stands.
    """
    try:
        return _is_foreign(node, scope, False, set())
    except RecursionError:
        return False


def _is_foreign(node: ast.expr, scope: Scope, deep: bool, seen: Seen) -> bool:
    """As `is_foreign`; `deep`: whether the elements must be none of PySpark's, either."""
    if isinstance(node, (ast.Constant, ast.JoinedStr, ast.Compare)):
        return True
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return not deep or all(_is_foreign(part, scope, True, seen) for part in node.elts)
    if isinstance(node, ast.Dict):
        return not deep or all(_is_foreign(value, scope, True, seen) for value in node.values)
    if isinstance(node, _COMPREHENSIONS):
        inner = scope.module.scopes.get(node, scope)
        element = node.value if isinstance(node, ast.DictComp) else node.elt
        return not deep or _is_foreign(element, inner, True, seen)
    if isinstance(node, ast.Call):
        return _is_foreign_call(node, scope, deep, seen)
    if isinstance(node, ast.Name):
        bindings = resolve(node, scope)
        return bool(bindings) and all(_is_foreign_binding(binding, deep, seen) for binding in bindings)
    return False


def _is_foreign_binding(binding: Binding, deep: bool, seen: Seen) -> bool:
    if (binding, deep) in seen:
        return True
    seen.add((binding, deep))
    if binding.kind == "parameter":
        annotation = binding.node
        return isinstance(annotation, ast.expr) and _is_foreign_class(annotation, binding.scope, deep, seen)
    if binding.kind == "element":
        return _is_foreign(binding.node, binding.scope, True, seen)  # type: ignore[arg-type]
    if binding.kind == "value":
        return _is_foreign(binding.node, binding.scope, deep or bool(binding.path), seen)  # type: ignore[arg-type]
    if binding.kind == "import":  # a module, or an object of a library
        return not deep and ":" not in binding.name and binding.name.partition(".")[0] != "pyspark"
    return False


def _is_foreign_call(node: ast.Call, scope: Scope, deep: bool, seen: Seen) -> bool:
    if isinstance(node.func, ast.Name) and not scope.find(node.func.id):
        if node.func.id in _PLAIN:
            return True
        is_container = node.func.id in _CONTAINERS
        return is_container and (not deep or all(_is_foreign(argument, scope, True, seen) for argument in node.args))
    definitions = resolve(node.func, scope)
    return bool(definitions) and all(_returns_foreign(definition, deep, seen) for definition in definitions)


def _returns_foreign(definition: Binding, deep: bool, seen: Seen) -> bool:
    node = definition.node
    if isinstance(node, ast.ClassDef):
        return _defines_foreign_class(node, definition.scope, seen)
    if isinstance(node, ast.FunctionDef) and node.returns is not None and not node.decorator_list:
        return _is_foreign_class(node.returns, definition.scope, deep, seen)
    return False


def _is_foreign_class(node: ast.expr, scope: Scope, deep: bool, seen: Seen) -> bool:
    """Return whether an annotation allows only objects that are none of PySpark's."""
    if isinstance(node, ast.Constant):
        if not isinstance(node.value, str):
            return node.value is None
        try:
            return _is_foreign_class(ast.parse(node.value, mode="eval").body, scope, deep, seen)
        except SyntaxError:
            return False
    if isinstance(node, ast.BinOp):
        return all(_is_foreign_class(side, scope, deep, seen) for side in (node.left, node.right))
    if isinstance(node, ast.Subscript):
        name = _last_name(node.value)
        parts = node.slice.elts if isinstance(node.slice, (ast.Tuple, ast.List)) else [node.slice]
        are_foreign = all(_is_foreign_class(part, scope, deep, seen) for part in parts)
        return are_foreign if name in _UNIONS else name in _CONTAINERS and (not deep or are_foreign)
    return _is_foreign_name(node, scope, deep, seen)


def _is_foreign_name(node: ast.expr, scope: Scope, deep: bool, seen: Seen) -> bool:
    name, definitions = _last_name(node), resolve(node, scope)
    if name in _OPEN_CLASSES or (deep and name in _CONTAINERS):
        return False
    if not definitions and isinstance(node, ast.Name):
        return name in _PLAIN or name in _CONTAINERS or _is_exception(name)
    if not definitions:  # an attribute of a library
        definitions = resolve(_first_name(node), scope)
    return bool(definitions) and all(
        _is_foreign_definition(definition, seen)
        if isinstance(definition.node, ast.ClassDef)
        else definition.kind == "import"
        and definition.name.partition(":")[0].partition(".")[0] not in ("pyspark", "transforms", "")
        for definition in definitions
    )


def _is_foreign_definition(binding: Binding, seen: Seen) -> bool:
    """Return whether the definition of a class is of one that is none of PySpark's."""
    if (binding, False) in seen:
        return True
    seen.add((binding, False))
    return isinstance(binding.node, ast.ClassDef) and _defines_foreign_class(binding.node, binding.scope, seen)


def _defines_foreign_class(node: ast.ClassDef, scope: Scope, seen: Seen) -> bool:
    methods = {statement.name for statement in node.body if isinstance(statement, ast.FunctionDef)}
    if methods & {"__getattr__", "__getattribute__"}:
        return False
    bases = [base.value if isinstance(base, ast.Subscript) else base for base in node.bases]
    return all(_is_foreign_name(base, scope, False, seen) for base in bases)


def _is_exception(name: str) -> bool:
    known = getattr(builtins, name, None)
    return isinstance(known, type) and issubclass(known, BaseException)


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _first_name(node: ast.expr) -> ast.expr:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node
