"""The code of a task in an export for plain Spark: a script, or a definition for Spark Declarative Pipelines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from transforms_api.declare import CONTEXT, Convention, Engine
from transforms_api.porting.plain_spark.checks import repr_of
from transforms_api.porting.plain_spark.tasks import TableUse, Task, returns_rows
from transforms_api.project import SqlTransform

SCRIPTS = "scripts"
"""Folder of the scripts of an export as `pyspark`."""
DEFINITIONS = "transformations"
"""Folder of the definitions of an export as `spark-pipelines`."""
_LONGEST_LINE = 116
_PATHS = """\
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[1] / "src")]
"""


def script(task: Task) -> str:
    """Return the script of a task, which reads tables, calls the function and writes tables.

    Args:
        task: the task.
    """
    is_local = task.transform.engine is Engine.SINGLE_NODE
    kinds = ("LocalInput", "LocalOutput") if is_local else ("Input", "Output")
    body = _sql_body(task) if task.function is None else _python_body(task, *kinds)
    names = {"Context", "Input", "LocalInput", "Output", "LocalOutput", "parameter", "publish", "query", "run"}
    used = sorted(name for name in names if any(f"{name}(" in line for line in [*body, "run("]))
    return "\n".join(
        [
            f'"""Writes {_listed(task.outputs)}: {task.location}."""',
            "",
            *_imports(task, used, [*task.inputs, *task.outputs]),
            "",
            "",
            "def main():",
            *(f"    {line}" if line else "" for line in body),
            "",
            "",
            'if __name__ == "__main__":',
            "    run(main)",
            "",
        ]
    )


def _imports(task: Task, used: Sequence[str], uses: Iterable[TableUse]) -> list[str]:
    """Return the import statements of a script or definition, and the constants with the checks of each table."""
    uses = [use for use in uses if use.checks]
    checks = sorted({call.partition("(")[0] for use in uses for call in use.checks})
    lines = [*_PATHS.splitlines()]
    lines += [f"from exported.checks import {', '.join(checks)}  # noqa: E402"] if checks else []
    lines += [f"from exported.tables import {', '.join(used)}  # noqa: E402"]
    lines += _function_imports(task)
    for use in uses:
        lines += ["", f"{_constant(use, task)} = [", *(f"    {call}," for call in use.checks), "]"]
    return lines


def _function_imports(task: Task) -> list[str]:
    """Return the statements that bind the compute function to the name `compute`."""
    function = task.function
    if function is None:
        return []
    if function.attribute is not None and all(part.isidentifier() for part in function.module.split(".")):
        alias = "" if function.attribute == "compute" else " as compute"
        return [f"from {function.module} import {function.attribute}{alias}  # noqa: E402"]
    lines = ["from importlib import import_module  # noqa: E402"]
    if function.attribute is not None:
        return [*lines, "", f"compute = import_module({repr_of(function.module)}).{function.attribute}"]
    written = repr_of(task.outputs[0].dataset)
    lines += ["", "from transforms.api import function_writing  # noqa: E402", ""]
    return [*lines, f"import_module({repr_of(function.module)})", f"compute = function_writing({written})"]


def _constant(use: TableUse, task: Task) -> str:
    """Return the name of the constant with the checks of a table."""
    with_checks = [use for use in (*task.inputs, *task.outputs) if use.checks]
    return "CHECKS" if len({use.table for use in with_checks}) == 1 else f"CHECKS_OF_{use.table.upper()}"


def _python_body(task: Task, input_kind: str, output_kind: str) -> list[str]:
    lines, arguments = list[str](), dict[str, str]()
    for parameter, default in _parameters(task).items():
        arguments[parameter] = f"parameter({repr_of(parameter)}, {default})"
    inputs = _by_parameter(task.inputs, lambda use: f"{input_kind}({_use(use, task)})")
    if inputs:
        lines += ["inputs = {", *(f"    {repr_of(name)}: {made}," for name, made in inputs.items()), "}"]
    outputs = _by_parameter(task.outputs, lambda use: f"{output_kind}({_use(use, task)})")
    lines += [f"{name} = {made}" for name, made in outputs.items()]
    if arguments:
        lines += ["parameters = {", *(f"    {repr_of(name)}: {made}," for name, made in arguments.items()), "}"]
    passed = ["**parameters"] if arguments else []
    if _takes_context(task):
        known = [*(["parameters"] if arguments else []), *(["inputs=inputs"] if inputs else [])]
        passed.append(f"{CONTEXT}=Context({', '.join(known)})")
    if returns_rows(task):
        lines += _call_that_returns(task, passed, next(iter(outputs)))
    else:
        passed += ["**inputs"] if inputs else []
        lines.append(f"compute({', '.join([*passed, *(f'{name}={name}' for name in outputs)])})")
    written = [f"*{name}" if use.in_set else name for use in task.outputs for name in [use.parameter]]
    others = ", inputs=inputs" if any(call.startswith("refers(") for use in task.outputs for call in use.checks) else ""
    return [*lines, f"publish({', '.join(dict.fromkeys(written))}{others})"]


def _call_that_returns(task: Task, passed: list[str], output: str) -> list[str]:
    """Return the lines that call a function on frames and write the frame that it returns."""
    frame = {Convention.PANDAS: "pandas", Convention.POLARS: "polars"}.get(task.transform.convention, "dataframe")
    frames = _by_parameter(task.inputs, lambda use: "")
    for name in frames:
        in_set = any(use.in_set for use in task.inputs if use.parameter == name)
        value = f'inputs["{name}"]'
        passed.append(f"{name}=[each.{frame}() for each in {value}]" if in_set else f"{name}={value}.{frame}()")
    return [f"rows = compute({', '.join(passed)})", f"{output}.write_dataframe(rows)"]


def _takes_context(task: Task) -> bool:
    code = getattr(task.transform.compute_function, "__code__", None)
    return code is not None and CONTEXT in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def _parameters(task: Task) -> dict[str, str]:
    return {name: repr_of(spec.default) for name, spec in task.transform.parameters.items()}


def _use(use: TableUse, task: Task) -> str:
    return f"{repr_of(use.table)}, {repr_of(use.dataset)}" + (f", {_constant(use, task)}" if use.checks else "")


def _by_parameter(uses: Iterable[TableUse], make: Callable[[TableUse], str]) -> dict[str, str]:
    """Return parameter → expression; of a set a list."""
    expressions = dict[str, list[str]]()
    sets = set[str]()
    for use in uses:
        expressions.setdefault(use.parameter, []).append(make(use))
        sets |= {use.parameter} if use.in_set else set()
    return {name: f"[{', '.join(made)}]" if name in sets else made[0] for name, made in expressions.items()}


def _sql_body(task: Task) -> list[str]:
    transform = task.transform
    assert isinstance(transform, SqlTransform)
    statement = transform.statement
    [output] = task.outputs
    lines = [f"output = Output({_use(output, task)})", "tables = {"]
    lines += [
        f"    {repr_of(use.table)}: Input({_use(use, task)}).dataframe()," for use in distinct_tables(task.inputs)
    ]
    lines += ["}"]
    preparation = "".join(f", {_text(_renamed(text, task))}" for text in statement.preparation)
    prepared = f", [{preparation.removeprefix(', ')}]" if preparation else ""
    layout = ""
    if statement.format not in (None, "parquet", "delta"):
        layout = f", output_format={repr_of(statement.format)}, options={repr_of(dict(statement.options))}"
    lines += [f"rows = query({_text(_renamed(statement.query, task))}, tables{prepared})"]
    return [*lines, f"output.write_dataframe(rows{layout})", "publish(output)"]


def distinct_tables(uses: Iterable[TableUse]) -> list[TableUse]:
    """Return the uses of different tables, of each table use.

    Args:
        uses: of a task.
    """
    return list({use.table: use for use in uses}.values())


def _renamed(query: str, task: Task) -> str:
    """Return a query that reads the tables of the export."""
    transform = task.transform
    assert isinstance(transform, SqlTransform)
    for use in task.inputs:
        view = transform.statement.views.get(use.parameter, use.parameter)
        query = query.replace(f"`{view.replace('`', '``')}`", use.table)
    return query.strip()


def _text(query: str) -> str:
    """Return a query as a Python text of several lines."""
    escaped = query.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    end = "\\" if escaped.endswith('"') else ""
    escaped = escaped[:-1] + end + '"' if end else escaped
    return f'"""{escaped}"""' if "\n" in query or '"' in query else repr_of(query)


def definition(task: Task) -> str:
    """Return the definitions of a task's tables as materialized views.

    Args:
        task: the task.
    """
    if task.function is None:
        return _sql_definition(task)
    names = ["Context", "Input", "Output", "columns_known", "define", "parameter", "table", "verdicts"]
    body = _python_rows(task)
    views = [line for use in task.outputs for line in _view(task, use)]
    used = [name for name in names if any(f"{name}(" in line for line in ["columns_known()", *body, *views])]
    return "\n".join(
        [
            f'"""Defines {_listed(task.outputs)}: {task.location}."""',
            "",
            *_with_pipelines(_imports(task, used, task.outputs)),
            "",
            "with columns_known():",
            *(f"    {line}" for line in body),
            "",
            *views,
        ]
    )


def _with_pipelines(lines: list[str]) -> list[str]:
    first = next(index for index, line in enumerate(lines) if line.startswith("from exported."))
    return [*lines[:first], "from pyspark import pipelines  # noqa: E402", "", *lines[first:]]


def _python_rows(task: Task) -> list[str]:
    lines = list[str]()
    parameters = _parameters(task)
    if parameters:
        made = (f"    {repr_of(name)}: parameter({repr_of(name)}, {value})," for name, value in parameters.items())
        lines += ["parameters = {", *made, "}"]
    outputs = _by_parameter(task.outputs, lambda use: f"Output({repr_of(use.table)})")
    inputs = _by_parameter(task.inputs, lambda use: f"Input({repr_of(use.table)})")
    passed = ["**parameters"] if parameters else []
    passed += [f"{CONTEXT}=Context({'parameters' if parameters else ''})"] if _takes_context(task) else []
    if returns_rows(task):
        frames = _by_parameter(task.inputs, lambda use: f"table({repr_of(use.table)})")
        passed += [f"{name}={made}" for name, made in frames.items()]
        [output] = task.outputs
        lines.append(f"rows = {_call('compute', passed)}")
        return [*lines, f"{output.table}_rows = define({_defined(output, 'rows', task)})"]
    lines += [f"{name} = {made}" for name, made in outputs.items()]
    passed += [f"{name}={made}" for name, made in inputs.items()] + [f"{name}={name}" for name in outputs]
    lines.append(_call("compute", passed))
    position = dict[str, int]()
    for use in task.outputs:
        index = position.setdefault(use.parameter, 0)
        position[use.parameter] += 1
        source = f"{use.parameter}[{index}].rows" if use.in_set else f"{use.parameter}.rows"
        lines.append(f"{use.table}_rows = define({_defined(use, source, task)})")
    return lines


def _call(function: str, arguments: Sequence[str]) -> str:
    line = f"{function}({', '.join(arguments)})"
    if len(line) <= _LONGEST_LINE:
        return line
    return f"{function}(\n" + "".join(f"        {argument},\n" for argument in arguments) + "    )"


def _defined(use: TableUse, source: str, task: Task) -> str:
    return f"{repr_of(use.table)}, {source}" + (f", {_constant(use, task)}" if use.checks else "")


def _sql_definition(task: Task) -> str:
    """Return the definition of a SQL transform's table, which Spark reads as a statement and not as a DataFrame."""
    transform = task.transform
    assert isinstance(transform, SqlTransform)
    [output] = task.outputs
    tables = repr_of([use.table for use in distinct_tables(task.inputs)])
    query = _text(_renamed(transform.statement.query, task))
    return "\n".join(
        [
            f'"""Defines {_listed(task.outputs)}: {task.location}."""',
            "",
            *_imports(task, ["define_query"], ()),
            "",
            f"define_query({repr_of(output.table)}, {repr_of(output.dataset)}, {tables}, {query})",
            "",
        ]
    )


def _view(task: Task, use: TableUse) -> list[str]:
    lines = [
        "",
        f"@pipelines.materialized_view(name={repr_of(use.table)}, comment={repr_of(use.dataset)})",
        f"def {use.table}():",
        f"    return {use.table}_rows",
        "",
    ]
    if not any(_is_after(call) for call in use.checks):
        return lines
    others = {use.parameter: use.table for use in task.inputs}
    inputs = f", {repr_of(others)}" if any(call.startswith("refers(") for call in use.checks) else ""
    return [
        *lines,
        "",
        f"@pipelines.materialized_view(name={repr_of(f'{use.table}__checks')})",
        f"def {use.table}__checks():",
        f"    return verdicts({repr_of(use.table)}, {_constant(use, task)}{inputs})",
        "",
    ]


def _is_after(call: str) -> bool:
    """Return whether a check is evaluated on the table after it has been computed."""
    function = call.partition("(")[0]
    if function in ("groups", "total", "refers"):
        return True
    return function != "columns" and call.endswith('on_error="WARN")')


def _listed(uses: Iterable[TableUse]) -> str:
    return ", ".join(use.dataset for use in uses).replace("\\", "/").replace('"""', "'''")
