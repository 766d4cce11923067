"""The files of an export for plain Spark: scripts or definitions, the program or spec that runs them, and README.md."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from transforms_api.declare import CONTEXT, Convention, Engine
from transforms_api.porting.leaving.checks import repr_of
from transforms_api.porting.leaving.tasks import ExportForm, Remark, TableUse, Task, Tasks, returns_rows
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
    uses = [one for one in uses if one.checks]
    checks = sorted({call.partition("(")[0] for one in uses for call in one.checks})
    lines = [*_PATHS.splitlines()]
    lines += [f"from exported.checks import {', '.join(checks)}  # noqa: E402"] if checks else []
    lines += [f"from exported.tables import {', '.join(used)}  # noqa: E402"]
    lines += _function_imports(task)
    for one in uses:
        lines += ["", f"{_constant(one, task)} = [", *(f"    {call}," for call in one.checks), "]"]
    return lines


def _function_imports(task: Task) -> list[str]:
    """Return the statements that bind the compute function to the name `compute`."""
    found = task.function
    if found is None:
        return []
    if found.attribute is not None and all(part.isidentifier() for part in found.module.split(".")):
        alias = "" if found.attribute == "compute" else " as compute"
        return [f"from {found.module} import {found.attribute}{alias}  # noqa: E402"]
    lines = ["from importlib import import_module  # noqa: E402"]
    if found.attribute is not None:
        return [*lines, "", f"compute = import_module({repr_of(found.module)}).{found.attribute}"]
    written = repr_of(task.outputs[0].dataset)
    lines += ["", "from transforms.api import function_writing  # noqa: E402", ""]
    return [*lines, f"import_module({repr_of(found.module)})", f"compute = function_writing({written})"]


def _constant(use: TableUse, task: Task) -> str:
    """Return the name of the constant with the checks of a table."""
    with_checks = [one for one in (*task.inputs, *task.outputs) if one.checks]
    return "CHECKS" if len({one.table for one in with_checks}) == 1 else f"CHECKS_OF_{use.table.upper()}"


def _python_body(task: Task, input_kind: str, output_kind: str) -> list[str]:
    lines, arguments = list[str](), dict[str, str]()
    for parameter, default in _parameters(task).items():
        arguments[parameter] = f"parameter({repr_of(parameter)}, {default})"
    inputs = _by_parameter(task.inputs, lambda one: f"{input_kind}({_use(one, task)})")
    if inputs:
        lines += ["inputs = {", *(f"    {repr_of(name)}: {made}," for name, made in inputs.items()), "}"]
    outputs = _by_parameter(task.outputs, lambda one: f"{output_kind}({_use(one, task)})")
    lines += [f"{name} = {made}" for name, made in outputs.items()]
    if arguments:
        lines += ["parameters = {", *(f"    {repr_of(name)}: {made}," for name, made in arguments.items()), "}"]
    passed = ["**parameters"] if arguments else []
    if _takes_context(task):
        given = [*(["parameters"] if arguments else []), *(["inputs=inputs"] if inputs else [])]
        passed.append(f"{CONTEXT}=Context({', '.join(given)})")
    if returns_rows(task):
        lines += _call_that_returns(task, passed, next(iter(outputs)))
    else:
        passed += ["**inputs"] if inputs else []
        lines.append(f"compute({', '.join([*passed, *(f'{name}={name}' for name in outputs)])})")
    written = [f"*{name}" if one.in_set else name for one in task.outputs for name in [one.parameter]]
    others = ", inputs=inputs" if any(call.startswith("refers(") for one in task.outputs for call in one.checks) else ""
    return [*lines, f"publish({', '.join(dict.fromkeys(written))}{others})"]


def _call_that_returns(task: Task, passed: list[str], output: str) -> list[str]:
    """Return the lines that call a function on frames and write the frame that it returns."""
    frame = {Convention.PANDAS: "pandas", Convention.POLARS: "polars"}.get(task.transform.convention, "dataframe")
    frames = _by_parameter(task.inputs, lambda one: "")
    for name in frames:
        in_set = any(one.in_set for one in task.inputs if one.parameter == name)
        one = f'inputs["{name}"]'
        passed.append(f"{name}=[each.{frame}() for each in {one}]" if in_set else f"{name}={one}.{frame}()")
    return [f"rows = compute({', '.join(passed)})", f"{output}.write_dataframe(rows)"]


def _takes_context(task: Task) -> bool:
    code = getattr(task.transform.compute_function, "__code__", None)
    return code is not None and CONTEXT in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def _parameters(task: Task) -> dict[str, str]:
    return {name: repr_of(spec.default) for name, spec in task.transform.parameters.items()}


def _use(one: TableUse, task: Task) -> str:
    return f"{repr_of(one.table)}, {repr_of(one.dataset)}" + (f", {_constant(one, task)}" if one.checks else "")


def _by_parameter(uses: Iterable[TableUse], make: object) -> dict[str, str]:
    """Return parameter → expression; of a set a list."""
    assert callable(make)
    found = dict[str, list[str]]()
    sets = set[str]()
    for one in uses:
        found.setdefault(one.parameter, []).append(str(make(one)))
        sets |= {one.parameter} if one.in_set else set()
    return {name: f"[{', '.join(made)}]" if name in sets else made[0] for name, made in found.items()}


def _sql_body(task: Task) -> list[str]:
    transform = task.transform
    assert isinstance(transform, SqlTransform)
    statement = transform.statement
    [output] = task.outputs
    lines = [f"output = Output({_use(output, task)})", "tables = {"]
    lines += [f"    {repr_of(one.table)}: Input({_use(one, task)}).dataframe()," for one in _once(task.inputs)]
    lines += ["}"]
    preparation = "".join(f", {_text(_renamed(text, task))}" for text in statement.preparation)
    prepared = f", [{preparation.removeprefix(', ')}]" if preparation else ""
    layout = ""
    if statement.format not in (None, "parquet", "delta"):
        layout = f", output_format={repr_of(statement.format)}, options={repr_of(dict(statement.options))}"
    lines += [f"rows = query({_text(_renamed(statement.query, task))}, tables{prepared})"]
    return [*lines, f"output.write_dataframe(rows{layout})", "publish(output)"]


def _once(uses: Iterable[TableUse]) -> list[TableUse]:
    return list({one.table: one for one in uses}.values())


def _renamed(query: str, task: Task) -> str:
    """Return a query that reads the tables of the export."""
    transform = task.transform
    assert isinstance(transform, SqlTransform)
    for one in task.inputs:
        view = transform.statement.views.get(one.parameter, one.parameter)
        query = query.replace(f"`{view.replace('`', '``')}`", one.table)
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
    views = [line for one in task.outputs for line in _view(task, one)]
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
    outputs = _by_parameter(task.outputs, lambda one: f"Output({repr_of(one.table)})")
    inputs = _by_parameter(task.inputs, lambda one: f"Input({repr_of(one.table)})")
    passed = ["**parameters"] if parameters else []
    passed += [f"{CONTEXT}=Context({'parameters' if parameters else ''})"] if _takes_context(task) else []
    if returns_rows(task):
        frames = _by_parameter(task.inputs, lambda one: f"table({repr_of(one.table)})")
        passed += [f"{name}={made}" for name, made in frames.items()]
        [output] = task.outputs
        lines.append(f"rows = {_call('compute', passed)}")
        return [*lines, f"{output.table}_rows = define({_defined(output, 'rows', task)})"]
    lines += [f"{name} = {made}" for name, made in outputs.items()]
    passed += [f"{name}={made}" for name, made in inputs.items()] + [f"{name}={name}" for name in outputs]
    lines.append(_call("compute", passed))
    position = dict[str, int]()
    for one in task.outputs:
        index = position.setdefault(one.parameter, 0)
        position[one.parameter] += 1
        source = f"{one.parameter}[{index}].rows" if one.in_set else f"{one.parameter}.rows"
        lines.append(f"{one.table}_rows = define({_defined(one, source, task)})")
    return lines


def _call(function: str, arguments: Sequence[str]) -> str:
    line = f"{function}({', '.join(arguments)})"
    if len(line) <= _LONGEST_LINE:
        return line
    return f"{function}(\n" + "".join(f"        {one},\n" for one in arguments) + "    )"


def _defined(one: TableUse, source: str, task: Task) -> str:
    return f"{repr_of(one.table)}, {source}" + (f", {_constant(one, task)}" if one.checks else "")


def _sql_definition(task: Task) -> str:
    """Return the definition of a SQL transform's table, which Spark reads as a statement and not as a DataFrame."""
    transform = task.transform
    assert isinstance(transform, SqlTransform)
    [output] = task.outputs
    tables = repr_of([one.table for one in _once(task.inputs)])
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


def _view(task: Task, one: TableUse) -> list[str]:
    lines = [
        "",
        f"@pipelines.materialized_view(name={repr_of(one.table)}, comment={repr_of(one.dataset)})",
        f"def {one.table}():",
        f"    return {one.table}_rows",
        "",
    ]
    if not any(_is_after(call) for call in one.checks):
        return lines
    others = {use.parameter: use.table for use in task.inputs}
    given = f", {repr_of(others)}" if any(call.startswith("refers(") for call in one.checks) else ""
    return [
        *lines,
        "",
        f"@pipelines.materialized_view(name={repr_of(f'{one.table}__checks')})",
        f"def {one.table}__checks():",
        f"    return verdicts({repr_of(one.table)}, {_constant(one, task)}{given})",
        "",
    ]


def _is_after(call: str) -> bool:
    """Return whether a check is evaluated on the table after it has been computed."""
    function = call.partition("(")[0]
    if function in ("groups", "total", "refers"):
        return True
    return function != "columns" and call.endswith('on_error="WARN")')


def _listed(uses: Iterable[TableUse]) -> str:
    return ", ".join(one.dataset for one in uses).replace("\\", "/").replace('"""', "'''")


def run_all(tasks: Sequence[Task]) -> str:
    """Return `run_all.py`: the scripts in an order in which each runs after those whose tables it reads.

    Args:
        tasks: in build order.
    """
    lines = list[str]()
    for task in tasks:
        after = f"  # after {', '.join(task.after)}" if task.after else ""
        after = after if len(after) < 90 else f"  # after {len(task.after)} tables, see dag.json"
        lines.append(f'    "{task.name}",{after}')
    return _RUN_ALL.format(tasks="\n".join(lines))


_RUN_ALL = '''\
"""Run the scripts of this folder, each after those whose tables it reads: `python run_all.py [TABLE …]`.

Without arguments all run, in one Spark session; with names of tables only their scripts. The first error ends the run:
tables that were written before it stay. dag.json has the same order as data, for Airflow and other schedulers.
"""

import runpy
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
TABLES = [
{tasks}
]


def main(names):
    unknown = sorted(set(names) - set(TABLES))
    if unknown:
        sys.exit(f"No script writes {{', '.join(unknown)}}; the tables are {{', '.join(TABLES)}}.")
    for table in TABLES:
        if not names or table in names:
            runpy.run_path(str(HERE / "scripts" / f"{{table}}.py"), run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
'''


def dag(tasks: Sequence[Task], kind: ExportForm) -> str:
    """Return the graph as JSON: `tasks`, each with its file, what it reads and writes, and the tasks before it.

    Args:
        tasks: in build order.
        kind: form of the export.
    """
    folder = SCRIPTS if kind is ExportForm.PYSPARK else DEFINITIONS
    found = [
        {
            "task": task.name,
            "file": f"{folder}/{task.name}.py",
            "reads": [one.table for one in _once(task.inputs)],
            "writes": [one.table for one in task.outputs],
            "after": list(task.after),
            "datasets": {one.table: one.dataset for one in task.outputs},
        }
        for task in tasks
    ]
    return json.dumps({"tasks": found}, indent=2, ensure_ascii=False) + "\n"


def config(inputs: Mapping[str, str], settings: Mapping[str, str], kind: ExportForm) -> str:
    """Return config.json: paths of the inputs, settings of Spark and values of parameters.

    Args:
        inputs: table → path relative to the export.
        settings: of Spark.
        kind: form of the export.
    """
    found: dict[str, object] = (
        {"tables": "tables", "spark": {**settings, "spark.ui.showConsoleProgress": "false"}}
        if kind is ExportForm.PYSPARK
        else {}
    )
    return json.dumps({**found, "inputs": dict(inputs), "parameters": {}}, indent=2, ensure_ascii=False) + "\n"


def spec(name: str, tasks: Sequence[Task], settings: Mapping[str, str], storage: str) -> str:
    """Return `spark-pipeline.yml`.

    Args:
        name: of the pipeline.
        tasks: in build order, in which Spark has to read the definitions.
        settings: of Spark.
        storage: URI of a folder for what Spark keeps of streams; these pipelines have none.
    """
    lines = [
        "# `spark-pipelines run` in this folder computes all tables. README.md says more.",
        f"name: {json.dumps(name)}",
        f"storage: {json.dumps(storage)}  # an absolute URI, which Spark requires; nothing of these tables is in it",
        "configuration:",
        *(f"  {key}: {json.dumps(value)}" for key, value in settings.items()),
        "libraries:  # in this order: a definition may ask an earlier table for its columns",
        *(f"  - glob:\n      include: {DEFINITIONS}/{task.name}.py" for task in tasks),
    ]
    return "\n".join(lines) + "\n"


def readme(found: Tasks, kind: ExportForm, inputs: Mapping[str, str], packages: Mapping[str, str]) -> str:
    """Return README.md: how to run the export, what stayed behind, and what is different.

    Args:
        found: what is exported.
        kind: form of the export.
        inputs: table → path relative to the export.
        packages: package → version that the modules were written for.
    """
    parameters = {name: spec.default for task in found.tasks for name, spec in task.transform.parameters.items()}
    sections = [
        _ABOUT[kind].format(count=len(found.tasks), packages=" ".join(f"{k}=={v}" for k, v in packages.items())),
        _section(
            "Inputs",
            "These tables are written by no task. config.json has the path of each, relative to this folder: a folder "
            "of Parquet files" + (", or of files." if kind is ExportForm.PYSPARK else "."),
            [f"`{table}` ({found.inputs[table]}): `{path}`" for table, path in inputs.items()],
        ),
        _section(
            "Parameters",
            'Values under "parameters" in config.json replace these defaults:',
            [f"`{name}`: {value!r}" for name, value in parameters.items()],
        ),
        _section("What stayed behind", "These transforms are not exported:", map(str, found.left_behind)),
        _section("What is different", "", map(str, found.remarks)),
    ]
    return "\n".join(section for section in sections if section)


def _section(title: str, text: str, lines: Iterable[str]) -> str:
    listed = "\n".join(f"- {line}" for line in lines)
    if not listed:
        return ""
    return f"## {title}\n\n{text}\n\n{listed}\n" if text else f"## {title}\n\n{listed}\n"


_ABOUT = {
    ExportForm.PYSPARK: """\
# A pipeline in plain PySpark

{count} scripts, exported by `run_local.py export --as pyspark`. They need PySpark and what the modules import:

```bash
pip install pyspark {packages}
python run_all.py                      # everything, in order
python scripts/NAME.py                 # one script, after those whose tables it reads
```

| file | what it is |
|---|---|
| `scripts/` | one script per transform: tables that it reads, the call of its function, tables that it writes, checks |
| `src/` | the modules with the functions, as they were |
| `src/transforms/` | names that the modules import; its decorators return the functions unchanged |
| `exported/` | reading and writing of tables, and checks |
| `run_all.py`, `dag.json` | the order of the scripts, for people and for schedulers |
| `config.json` | folder of the tables, paths of the inputs, settings of Spark, values of parameters |

Tables are folders of Parquet files below `tables/`. A check whose `on_error` is "FAIL" ends the script before any table
is replaced; one with "WARN" prints its problem.
""",
    ExportForm.SPARK_PIPELINES: """\
# A pipeline for Spark Declarative Pipelines

{count} definitions, exported by `run_local.py export --as spark-pipelines`. They need Spark 4.1 or later:

```bash
pip install 'pyspark[pipelines]>=4.1' {packages}
spark-pipelines run                    # in this folder; dry-run checks the definitions alone
```

| file | what it is |
|---|---|
| `spark-pipeline.yml` | the spec: settings of Spark, and the definitions in order |
| `transformations/` | one file per transform: the call of its function, its tables as materialized views, checks |
| `src/` | the modules with the functions, as they were |
| `src/transforms/` | names that the modules import; its decorators return the functions unchanged |
| `exported/` | what the functions receive, and checks |
| `dag.json` | the graph as data |
| `config.json` | paths of the inputs, values of parameters |

Tables are stored where the catalog of Spark stores them, by default as Parquet files below `spark-warehouse/`. A row
that breaks a check of rows or of a key, and a schema that differs, stop the run before the table is replaced. Checks of
groups, totals and other tables are tables of their own, `NAME__checks`, computed after NAME; a broken one whose
`on_error` is "FAIL" stops the run, and one with "WARN" is a row of that table.
""",
}


def remark_lines(remarks: Iterable[Remark]) -> list[str]:
    """Return remarks as lines for the screen.

    Args:
        remarks: of transforms.
    """
    return [str(remark) for remark in remarks]
