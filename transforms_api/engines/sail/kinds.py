"""Which expressions of a transform's code may be columns of decimals or of structs.

Sail computes a few functions of such columns differently. A `Value` says what an expression may be by the code that
makes it: casts, literals, functions of PySpark, and functions of the project. What cannot be inferred is open.
"""

from __future__ import annotations

import ast
import itertools
import json
import re
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, replace
from typing import Any

from transforms_api.engines.sail.bindings import Binding, Scope, resolve, values_of

DECIMAL, STRUCT, DOUBLE, OTHER = "decimal", "struct", "double", "other"
UNKNOWN_TEXT = "*"
"""Stands for a text, such as the name of a column, that the code computes."""
_DECIMAL_TYPE = re.compile(r"\b(?:decimal|dec|numeric)\s*\(|\bdecimal\s*$|^\s*(?:dec|numeric)\s*$", re.IGNORECASE)
_STRUCT_TYPE = re.compile(r"\bstruct\s*<|\b(?:named_)?struct\s*\(|^\s*struct\s*$", re.IGNORECASE)
_WORDS = re.compile("dec|numeric|struct", re.IGNORECASE)
_TYPES = {DECIMAL: _DECIMAL_TYPE, STRUCT: _STRUCT_TYPE}
_TYPE_CLASSES = {"DecimalType": DECIMAL, "StructType": STRUCT, "DoubleType": DOUBLE, "FloatType": DOUBLE}
_MAKERS = {
    "Decimal": DECIMAL, "DecimalType": DECIMAL, "to_number": DECIMAL, "try_to_number": DECIMAL,
    "StructType": STRUCT, "struct": STRUCT, "named_struct": STRUCT, "arrays_zip": STRUCT, "map_entries": STRUCT,
    "from_json": STRUCT, "from_csv": STRUCT, "window": STRUCT, "session_window": STRUCT,
}  # fmt: skip
"""Names that make a column of the kind whatever their arguments are."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_COUNTS = _words(
    """count count_distinct countDistinct count_if approx_count_distinct approxCountDistinct row_number rank dense_rank
    ntile size length char_length octet_length year month quarter dayofmonth dayofweek dayofyear weekofyear weekday hour
    minute second datediff date_diff date_add date_sub add_months next_day last_day trunc to_date current_date
    current_timestamp to_timestamp date_trunc date_format unix_timestamp lower upper trim ltrim rtrim concat_ws
    format_string format_number substring regexp_replace regexp_extract split lpad rpad initcap translate sha2 md5 hash
    xxhash64 isnull isnotnull isnan exists forall array_contains bool_and bool_or every some monotonically_increasing_id
    shiftright shiftleft shiftRight shiftLeft instr locate levenshtein to_json get_json_object"""
)
"""Functions whose result is a count, date, text or truth value whatever their arguments are."""
_DOUBLES = _words(
    """rand randn sqrt cbrt exp expm1 log log10 log2 log1p ln pow power sin cos tan asin acos atan atan2 radians degrees
    stddev std stddev_samp stddev_pop variance var_samp var_pop skewness kurtosis corr covar_pop covar_samp percentile
    percent_rank cume_dist months_between median"""
)
"""Functions whose result is a double whatever their arguments are."""
_DROPPED = {
    **dict.fromkeys(("floor", "ceil", "ceiling"), frozenset({DOUBLE})),
    **dict.fromkeys(("concat", "array_join"), frozenset({DOUBLE, DECIMAL})),
}
"""Function → kinds of its arguments that its result does not have: floor(double) is an integer."""
_WIDENING = _words("coalesce ifnull nvl nvl2 greatest least when")
"""Functions whose result is a double if one of their values is."""
_SAME = _words("alias name over asc desc asc_nulls_first asc_nulls_last desc_nulls_first desc_nulls_last")
"""Methods whose result has the receiver's kind."""
_TRUTHS = _words(
    """isNull isNotNull isin eqNullSafe contains startswith endswith like rlike ilike between substr format join upper
    lower strip split bitwiseAND bitwiseOR bitwiseXOR"""
)
"""Methods whose result is a truth value, an integer or a text."""
_COLLECTING = _words("list tuple set sorted reversed sum min max round abs dict iter next")
"""Builtins whose value has the kinds of their arguments."""
_MOST_DEPTH = 40


@dataclass(frozen=True)
class Value:
    """What an expression may be.

    Attributes:
        kinds: kinds that it may have: DECIMAL, STRUCT, DOUBLE or OTHER.
        names: columns, and parameters as `module:function:parameter`, whose kinds it may have.
        texts: texts that it may be; UNKNOWN_TEXT for one that the code computes.
        is_open: whether it may be anything else.
    """

    kinds: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()
    is_open: bool = False

    @property
    def is_double(self) -> bool:
        """Whether it is certainly a double."""
        return self.kinds == {DOUBLE} and not self.names and not self.is_open

    @property
    def as_column(self) -> Value:
        """What it is as an argument of PySpark's functions, where a text is the name of a column."""
        named = frozenset(text.rpartition(".")[2] for text in self.texts if text.replace(".", "").isidentifier())
        is_open = self.is_open or any(not text.replace(".", "").isidentifier() for text in self.texts)
        return Value(self.kinds, self.names | named, frozenset(), is_open)


OPEN, A_DOUBLE, ANOTHER = Value(is_open=True), Value(frozenset({DOUBLE})), Value(frozenset({OTHER}))


def kinds_in(text: str) -> frozenset[str]:
    """Return the kinds of which a text names the type, such as a schema or SQL.

    Args:
        text: any text.
    """
    if not _WORDS.search(text):
        return frozenset()
    return frozenset(kind for kind, pattern in _TYPES.items() if pattern.search(text))


def kinds_in_schema(schema: str) -> dict[str, frozenset[str]]:
    """Return kind → names of columns, and of fields in them, that have the kind.

    Args:
        schema: the schema of a table as JSON, as Delta and Spark write it.
    """
    by_kind: dict[str, set[str]] = {DECIMAL: set(), STRUCT: set(), DOUBLE: set()}
    waiting: list[tuple[str, Any]] = [("", json.loads(schema))]
    while waiting:
        name, node = waiting.pop()
        if isinstance(node, str):
            kinds = [DECIMAL] if node.startswith("decimal") else [DOUBLE] if node in ("double", "float") else []
        else:
            kinds = [STRUCT] if node.get("type") == "struct" and name else []
            waiting += [(field["name"], field["type"]) for field in node.get("fields", ())]
            waiting += [(name, node[part]) for part in ("elementType", "keyType", "valueType") if part in node]
        for kind in kinds:
            by_kind[kind].add(name)
    return {kind: frozenset(names) for kind, names in by_kind.items() if names}


def kinds_made_by(node: ast.AST) -> frozenset[str]:
    """Return the kinds of columns that a node makes whatever stands around it.

    Args:
        node: any node; a text counts if it names a type and is no docstring.
    """
    if isinstance(node, ast.Constant):
        return kinds_in(node.value) if isinstance(node.value, str) and "\n" not in node.value else frozenset()
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return frozenset({_MAKERS[name]}) if name in _MAKERS else frozenset()


def join(values: Iterable[Value]) -> Value:
    """Return what an expression may be that is one of several.

    Args:
        values: what each may be.
    """
    several = list(values)
    return Value(
        frozenset().union(*(value.kinds for value in several)),
        frozenset().union(*(value.names for value in several)),
        frozenset().union(*(value.texts for value in several)),
        any(value.is_open for value in several),
    )


def _widened(values: Iterable[Value]) -> Value:
    several = list(values)
    return A_DOUBLE if any(value.is_double for value in several) else join(several)


class Inference:
    """Infers the values of expressions.

    Args:
        function_of: returns the name in pyspark.sql.functions that an expression means, None for others.
    """

    def __init__(self, function_of: Callable[[ast.expr, Scope], str | None]) -> None:
        self._function_of = function_of
        self._active: set[tuple[ast.AST, Scope]] = set()
        self._results: dict[ast.AST, Value] = {}
        self._of_names: dict[Binding, Value] = {}
        self._waiting: set[Binding] = set()
        self._unfinished: set[Binding] = set()

    def value(self, node: ast.AST | None, scope: Scope) -> Value:
        """Return what an expression may be.

        Args:
            node: the expression; None: unknown.
            scope: the scope in which it stands.
        """
        if node is None or len(self._active) > _MOST_DEPTH:
            return OPEN
        key = (node, scope)
        if key in self._active:
            return Value()
        self._active.add(key)
        try:
            return self._value(node, scope)
        finally:
            self._active.discard(key)

    def column(self, node: ast.AST | None, scope: Scope) -> Value:
        """Return what an argument of PySpark's functions may be, see `value`."""
        return self.value(node, scope).as_column

    def _value(self, node: ast.AST, scope: Scope) -> Value:
        if isinstance(node, ast.Constant):
            text = frozenset({node.value}) if isinstance(node.value, str) else frozenset()
            return A_DOUBLE if isinstance(node.value, float) else Value(ANOTHER.kinds, texts=text)
        if isinstance(node, ast.JoinedStr):
            return Value(ANOTHER.kinds, texts=frozenset({UNKNOWN_TEXT}))
        if isinstance(node, ast.Compare):
            return ANOTHER
        if isinstance(node, ast.UnaryOp):
            return ANOTHER if isinstance(node.op, (ast.Not, ast.Invert)) else self.value(node.operand, scope)
        if isinstance(node, ast.BinOp):
            return self._of_operator(node, scope)
        if isinstance(node, ast.Call):
            return self._of_call(node, scope)
        if isinstance(node, ast.Name):
            return self._of_bindings(resolve(node, scope))
        if isinstance(node, ast.Attribute):
            return self._of_attribute(node, scope)
        if isinstance(node, ast.Subscript):
            return self._of_part(node.value, node.slice, scope)
        return self._of_parts(node, scope)

    def _of_parts(self, node: ast.AST, scope: Scope) -> Value:
        """Return the join of the parts of a collection or condition."""
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            return join(self.value(part, scope) for part in node.elts)
        if isinstance(node, ast.Dict):
            return join(self.value(part, scope) for part in node.values)
        if isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
            element = node.value if isinstance(node, ast.DictComp) else node.elt
            return self.value(element, scope.module.scopes.get(node, scope))
        if isinstance(node, ast.Lambda):
            return self.value(node.body, scope.module.scopes.get(node, scope))
        if isinstance(node, ast.IfExp):
            return join([self.value(node.body, scope), self.value(node.orelse, scope)])
        if isinstance(node, ast.BoolOp):
            return join(self.value(part, scope) for part in node.values)
        if isinstance(node, (ast.Starred, ast.NamedExpr)):
            return self.value(node.value, scope)
        return OPEN

    def _of_operator(self, node: ast.BinOp, scope: Scope) -> Value:
        if isinstance(node.op, (ast.BitAnd, ast.BitOr, ast.BitXor, ast.LShift, ast.RShift)):
            return ANOTHER
        left, right = self.value(node.left, scope), self.value(node.right, scope)
        if left.texts or right.texts:  # Python's texts, such as 'a' + 'b'
            return Value(left.kinds | right.kinds, left.names | right.names, frozenset({UNKNOWN_TEXT}),
                         left.is_open or right.is_open)  # fmt: skip
        is_plain = not any(side.is_open or side.names or side.kinds & {DECIMAL, STRUCT} for side in (left, right))
        if isinstance(node.op, ast.Div) and is_plain:
            return A_DOUBLE
        return _widened([left, right])

    def _of_bindings(self, bindings: list[Binding]) -> Value:
        """Return what a name may be; each name is read once, identified by its first binding."""
        if not bindings:
            return OPEN
        name = bindings[0]
        if name in self._waiting:  # a name in its own assignment, such as `total = total + 1`
            self._unfinished.add(name)
            return Value()
        if name not in self._of_names:
            self._waiting.add(name)
            value = join(map(self._of_binding, bindings))
            self._waiting.discard(name)
            self._unfinished.discard(name)
            self._of_names[name] = replace(value, is_open=True) if self._unfinished else value
        return self._of_names[name]

    def _of_binding(self, binding: Binding) -> Value:
        if binding.kind == "parameter":
            name = getattr(binding.node, "id", "")
            if name in ("int", "bool", "str"):
                return Value(ANOTHER.kinds, texts=frozenset({UNKNOWN_TEXT} if name == "str" else ()))
            if name == "float":
                return A_DOUBLE
            return Value(names=frozenset({binding.name})) if binding.name else OPEN
        values = values_of(binding)
        if values is not None:
            return join(self.value(node, scope) for node, scope in values)
        if binding.kind == "element" and binding.node is not None and not binding.path:
            return self.value(binding.node, binding.scope)  # an element has the kinds of its collection
        return OPEN

    def _of_attribute(self, node: ast.Attribute, scope: Scope) -> Value:
        if bindings := resolve(node, scope):
            return self._of_bindings(bindings)
        return Value(names=frozenset({node.attr}), is_open=True)

    def _of_part(self, whole: ast.expr, key: ast.AST, scope: Scope) -> Value:
        """Return the value of `whole[key]`: a column of a DataFrame, a field of a struct, or an element."""
        if self.value(key, scope).texts:
            return self.column(key, scope)
        return self.value(whole, scope)

    def _of_call(self, node: ast.Call, scope: Scope) -> Value:
        function = self._function_of(node.func, scope)
        if function is not None:
            return self._of_function(function, node, scope)
        definitions = resolve(node.func, scope)
        if definitions:
            return join(self._of_definition(definition, node, scope) for definition in definitions)
        if isinstance(node.func, ast.Attribute):
            return self._of_method(node, node.func, scope)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in _COLLECTING:
            return join([self.value(argument, scope) for argument in node.args]) if node.args else ANOTHER
        return A_DOUBLE if name == "float" else ANOTHER if name in ("int", "len", "bool") else OPEN

    def _of_function(self, name: str, node: ast.Call, scope: Scope) -> Value:
        """Return the value of a call of a function of PySpark."""
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        if name == "lit":
            value = join(self.value(argument, scope) for argument in arguments)
            return Value(value.kinds, value.names, frozenset(), value.is_open)
        if name in _MAKERS:
            return Value(frozenset({_MAKERS[name]}))
        if name in _COUNTS or name in _DOUBLES:
            return ANOTHER if name in _COUNTS else A_DOUBLE
        if name in ("expr", "call_function", "call_udf", "udf", "pandas_udf"):
            return OPEN
        values = [self.column(argument, scope) for argument in (arguments[1:] if name == "when" else arguments)]
        if name in _WIDENING:
            return _widened(values)
        value = join(values) if values else ANOTHER
        return replace(value, kinds=(value.kinds - _DROPPED[name]) | ANOTHER.kinds) if name in _DROPPED else value

    def _of_method(self, node: ast.Call, method: ast.Attribute, scope: Scope) -> Value:
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        if method.attr in ("cast", "astype") and arguments:
            return self.type_of(arguments[0], scope)
        if method.attr in _SAME:
            return self.value(method.value, scope)
        if method.attr in _TRUTHS:
            return ANOTHER
        if method.attr in ("when", "otherwise"):
            values = [self.value(argument, scope) for argument in arguments[-1:]]
            return _widened([self.value(method.value, scope), *values])
        if method.attr in ("getField", "getItem") and arguments:
            return self._of_part(method.value, arguments[0], scope)
        return OPEN

    def _of_definition(self, binding: Binding, call: ast.Call, scope: Scope) -> Value:
        """Return what a call of a function of the project returns."""
        node = binding.node
        if not isinstance(node, ast.FunctionDef) or node.decorator_list:
            return Value(frozenset({DECIMAL})) if binding.name.endswith(":Decimal") else OPEN
        if node not in self._results:
            inner = binding.scope.module.scopes[node]
            self._results[node] = Value()  # what a function that calls itself adds
            self._results[node] = (
                join(self.value(returned, inner) for returned in inner.results) if inner.results else ANOTHER
            )
        result = self._results[node]
        prefix = f"{binding.scope.module.name}:{node.name}:"
        parameters = {name for name in result.names if name.startswith(prefix)}
        if not parameters:
            return result
        passed = dict(arguments_of(call, node))
        values = [self.column(passed.get(name.removeprefix(prefix)), scope) for name in parameters]
        return join([Value(result.kinds, result.names - parameters, result.texts, result.is_open), *values])

    def type_of(self, node: ast.expr, scope: Scope) -> Value:
        """Return the value of a column of a type.

        Args:
            node: the expression of the type: a text, or one of PySpark's classes.
            scope: the scope in which it stands.
        """
        if isinstance(node, ast.Call):
            return self._of_type_call(node, scope)
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
        if name.endswith("Type") and name not in ("ArrayType", "MapType"):
            return Value(frozenset({_TYPE_CLASSES.get(name, OTHER)}))
        value = self.value(node, scope)
        if not value.texts or UNKNOWN_TEXT in value.texts or value.is_open:
            return OPEN
        return join(_value_of_type(text) for text in value.texts)

    def _of_type_call(self, node: ast.Call, scope: Scope) -> Value:
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name in ("ArrayType", "MapType"):
            return join(
                self.type_of(argument, scope) for argument in node.args if not isinstance(argument, ast.Constant)
            )
        return self.type_of(node.func, scope)


def _value_of_type(text: str) -> Value:
    if text.strip().lower() in ("double", "float", "real"):
        return A_DOUBLE
    return Value(kinds_in(text) or ANOTHER.kinds)


def texts_of(node: ast.expr, scope: Scope, inference: Inference) -> frozenset[str] | None:
    """Return the texts that an expression may be; None if they are unknown, or if it is no text.

    Args:
        node: the expression.
        scope: the scope in which it stands.
        inference: infers its value.
    """
    value = inference.value(node, scope)
    is_known = value.texts and UNKNOWN_TEXT not in value.texts and not value.is_open and not value.names
    return value.texts if is_known else None


# ---------------------------------------------------------------------------------------------------------------------
# Names of columns


@dataclass(frozen=True)
class Definition:
    """What the code says about columns of a name, or about a parameter.

    Attributes:
        names: the names, see `Value.names`; UNKNOWN_TEXT for one that the code computes.
        value: what they may be.
    """

    names: frozenset[str]
    value: Value


@dataclass(frozen=True)
class NamesOfKind:
    """The columns and parameters of a transform's code that have a kind.

    Attributes:
        kind: DECIMAL, STRUCT or DOUBLE.
        certain: columns that have the kind wherever the code names them, and parameters that receive one.
        possible: columns that may have it.
        stated: columns to which the code gives a name.
    """

    kind: str
    certain: Set[str]
    possible: Set[str]
    stated: Set[str]

    def include(self, value: Value, is_touched: bool, is_computed: bool = False) -> bool:
        """Return whether a value may have the kind.

        Args:
            value: the value.
            is_touched: whether the code around makes columns of the kind, or an input has one. Otherwise, only what
                is certain counts.
            is_computed: whether the code around computes names of columns of the kind, so that every name counts that
                is not in `stated`.
        """
        if self.kind in value.kinds or not self.certain.isdisjoint(value.names):
            return True
        if not is_touched:
            return False
        is_open = value.is_open or any(":" in name for name in value.names)
        is_any = is_computed and not value.names <= self.stated
        return is_open or is_any or not self.possible.isdisjoint(value.names)

    def have_column(self, value: Value) -> bool:
        """Return whether a value is certainly of this kind in part; what parameters receive does not count.

        Args:
            value: the value.
        """
        return self.kind in value.kinds or any(":" not in name and name in self.certain for name in value.names)


def names_of_kind(kind: str, definitions: list[tuple[Definition, bool]], read: frozenset[str]) -> NamesOfKind:
    """Return the columns and parameters that have a kind.

    Args:
        kind: DECIMAL, STRUCT or DOUBLE.
        definitions: what the code says about names, and whether the code around touches the kind.
        read: columns of the inputs that have the kind.
    """
    others = {
        name
        for definition, _ in definitions
        if kind not in definition.value.kinds
        for name in definition.names
        if ":" not in name
    }
    direct = {name for definition, _ in definitions if kind in definition.value.kinds for name in definition.names}
    direct.discard(UNKNOWN_TEXT)
    stated = {name for definition, _ in definitions for name in definition.names}
    only_read = read - stated
    certain, possible = (direct - others) | only_read, {*read, *direct}
    known = NamesOfKind(kind, certain, possible, stated)
    users: dict[str, list[tuple[Definition, bool]]] = {}
    for entry in definitions:
        for name in entry[0].value.names:
            users.setdefault(name, []).append(entry)
    waiting = list(definitions)
    while waiting:
        definition, is_touched = waiting.pop()
        if not known.include(definition.value, is_touched):
            continue
        is_certain = not certain.isdisjoint(definition.value.names)
        for name in definition.names - {UNKNOWN_TEXT}:  # a computed name is rarely that of a column of the kind
            is_new = name not in possible or (is_certain and ":" in name and name not in certain)
            possible.add(name)
            if is_certain and ":" in name:
                certain.add(name)
            waiting += users.get(name, ()) if is_new else ()
    return known


_FIELDS_IN_TEXT = re.compile(
    r"(\w+)`?\s*:?\s*(?:(?:array|map)\s*<[^<>]*)?\b(struct\s*<|(?:decimal|dec|numeric)\b)", re.IGNORECASE
)
"""Name and kind of a field in the text of a schema."""
_ALIASES_IN_TEXT = re.compile(r"\bas\s+`?(?!decimal|dec\b|numeric|struct)(\w+)", re.IGNORECASE)
"""Name of a column in SQL."""


def definitions_in(node: ast.AST, scope: Scope, inference: Inference) -> Iterable[Definition]:
    """Yield what a node says about names of columns and about parameters of the project's functions.

    Args:
        node: any node.
        scope: its scope.
        inference: infers values.
    """
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and kinds_made_by(node):
        for name in _ALIASES_IN_TEXT.findall(node.value):
            yield Definition(frozenset({name}), Value(kinds_made_by(node)))
        for name, kind in _FIELDS_IN_TEXT.findall(node.value):  # a schema, such as 'a int, b struct<…>'
            yield Definition(frozenset({name}), Value(frozenset({STRUCT if kind[0] in "sS" else DECIMAL})))
    if not isinstance(node, ast.Call):
        return
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
    if name in ("alias", "name") and len(arguments) == 1 and isinstance(node.func, ast.Attribute):
        yield Definition(_names(arguments[0], scope, inference), inference.value(node.func.value, scope))
    elif name == "withColumn" and len(arguments) == 2:
        yield Definition(_names(arguments[0], scope, inference), inference.value(arguments[1], scope))
    elif name == "withColumns" and arguments and isinstance(arguments[0], ast.Dict):
        for key, value in zip(arguments[0].keys, arguments[0].values, strict=True):
            yield Definition(_names(key, scope, inference), inference.value(value, scope))
    elif name == "withColumnRenamed" and len(arguments) == 2:
        yield Definition(_names(arguments[1], scope, inference), inference.column(arguments[0], scope))
    elif name == "StructField" and len(arguments) > 1:
        yield Definition(_names(arguments[0], scope, inference), inference.type_of(arguments[1], scope))
    elif name == "toDF":
        yield from (Definition(_names(argument, scope, inference), OPEN) for argument in arguments)
    yield from _parameters(node, scope, inference)


def arguments_of(call: ast.Call, function: ast.FunctionDef) -> list[tuple[str, ast.expr]]:
    """Return the parameters of a function with the expressions that a call passes, and the defaults of the others.

    Args:
        call: the call.
        function: the function.
    """
    parameters = [parameter.arg for parameter in (*function.args.posonlyargs, *function.args.args)]
    defaults = function.args.defaults
    passed = dict(zip(parameters[len(parameters) - len(defaults) :], defaults, strict=True))
    passed |= {
        parameter.arg: default
        for parameter, default in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
        if default is not None
    }
    plain = list(itertools.takewhile(lambda argument: not isinstance(argument, ast.Starred), call.args))
    if len(plain) < len(call.args) or any(keyword.arg is None for keyword in call.keywords):
        passed = {}  # what is unpacked may be for any parameter
    passed |= dict(zip(parameters, plain, strict=False))
    return [*(passed | {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}).items()]


def _names(node: ast.expr | None, scope: Scope, inference: Inference) -> frozenset[str]:
    texts = texts_of(node, scope, inference) if node is not None else None
    return frozenset({UNKNOWN_TEXT}) if texts is None else texts


def _parameters(node: ast.Call, scope: Scope, inference: Inference) -> Iterable[Definition]:
    """Yield what the arguments of a call say about the parameters of the project's function that it calls."""
    for binding in resolve(node.func, scope):
        function = binding.node
        if not isinstance(function, ast.FunctionDef) or binding.scope.parent is not None:
            continue
        for name, argument in arguments_of(node, function):
            value = inference.column(argument, scope)
            if value.kinds or value.names:
                own = f"{binding.scope.module.name}:{function.name}:{name}"
                yield Definition(frozenset({own}), Value(value.kinds, value.names))
