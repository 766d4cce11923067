"""The commands `dashboard`, `report` and `coach`, which this package adds to the command line by entry points.

`dashboard` shows the dashboards and the state of the build in a browser; `report` writes them as one file; `coach`
prints the coaching insights of one rep, computed now and written nowhere.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import traceback
import webbrowser
from collections.abc import Hashable, Iterable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import BaseModel, ConfigDict, ValidationError
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table

from revops_dashboards.build_state import BuildState, BuildStatePoller, Fingerprint, ReadState
from revops_dashboards.formats import CURRENCY_SIGN, REPORTING_CURRENCY, amounts_in
from transforms_api import porting
from transforms_api.api import Project
from transforms_api.builds import run_for_key
from transforms_api.cli import (
    BranchOption,
    JsonOption,
    RepoOption,
    WarehouseOption,
    console_on,
    say,
    styled,
    users_output,
)
from transforms_api.errors import EnvironmentProblem, TransformsError
from transforms_api.extras import needs_extra
from transforms_api.project import did_you_mean, own_files
from transforms_api.warehouse import Warehouse, open_delta

if TYPE_CHECKING:
    from revops_dashboards.filters import Options


def poll_build_state(project: Project, datasets: Iterable[str]) -> tuple[ReadState, Fingerprint, Fingerprint]:
    """Return a function that reads the state of a build, and two cheap ones that say whether reading it again pays.

    An error while the project is read becomes the `problem` of the state, beside the state that was read before.

    Args:
        project: the project that the dashboards show.
        datasets: those whose versions count until the state has been read once.

    Returns:
        A function that returns the state, one that returns the versions of the tables as one value, and one that
        returns the times of the modules, SQL files and logs as one value. A different value means a change.
    """
    poller = _BuildStatePoller(project, datasets)
    return poller.read, poller.versions, poller.file_times


class _BuildStatePoller:
    def __init__(self, project: Project, datasets: Iterable[str]) -> None:
        self._project, self._datasets = project, list(datasets)
        self._state, self._was_read = BuildState(), False

    def read(self) -> BuildState:
        project = self._project
        try:
            if self._was_read:
                project.reload()
            states = project.states()
            self._was_read = True
            contracts = porting.contracts_by_dataset(project.contracts, project.transforms)
            self._state = BuildState(states, contracts)
        except TransformsError as error:
            self._state = BuildState(self._state.states, self._state.contracts, str(error))
        except Exception as error:  # whatever it is, the pages go on and show it
            traceback.print_exc()
            problem = f"The project cannot be read: {type(error).__name__}: {error}"
            self._state = BuildState(self._state.states, self._state.contracts, problem)
        return self._state

    def versions(self) -> Hashable:
        datasets = list(self._state.states) or self._datasets
        changes = {dataset: self._project.warehouse.last_change(dataset) for dataset in datasets}
        return frozenset((dataset, change and change.transaction) for dataset, change in changes.items())

    def file_times(self) -> Hashable:
        if not self._was_read:
            return frozenset()
        return _times((*self._project.roots, *self._project.discovery.sql.roots), self._project.logs)


def _times(folders: Iterable[Path], logs: Path) -> frozenset[tuple[str, float]]:
    """Return when each module and SQL file of the project, and each log of a build, was last changed."""
    code = (file for folder in folders for file in own_files(folder) if file.suffix.lower() in (".py", ".sql"))
    files = chain(code, logs.glob("*.jsonl"))
    return frozenset((str(file), file.stat().st_mtime) for file in files)


LOCAL = "127.0.0.1"


def dashboard(
    host: Annotated[
        str, typer.Option("--host", help="Address to listen on; the default is reached from here alone.")
    ] = LOCAL,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port to listen on; 0: any that is free.")
    ] = 8050,
    opens: Annotated[bool, typer.Option("--open/--no-open", help="Whether to open it in a browser.")] = True,
    repo: RepoOption = None,
    warehouse: WarehouseOption = None,
    branch: BranchOption = None,
) -> None:
    """Show the dashboards and the build's state in a browser, until Ctrl-C. Starts no Spark.

    Pages follow a rebuild by themselves. Examples: `dashboard`, `dashboard --branch feature --port 9000 --no-open`
    """
    with needs_extra("dashboard"):
        import uvicorn

        from revops_dashboards.pages import SHOWN
        from revops_dashboards.server import application, warm_up
        from revops_dashboards.tables import Tables
    project = Project.open(repo, branch=branch, warehouse=warehouse)
    tables_of_project = project.warehouse
    listener = _listener(host, port)
    address, port = listener.getsockname()[:2]
    tables, poller = Tables(tables_of_project), BuildStatePoller(*poll_build_state(project, SHOWN))
    hosts = [LOCAL, "localhost"] if host == LOCAL else ["*"]
    app = application(tables, poller, hosts, is_ours=project.settings.repository is None)
    url = f"http://{LOCAL if address == '0.0.0.0' else address}:{port}/"
    with closing(listener):
        warm_up(tables)
        say(f"Dashboards of {tables_of_project.root} on branch '{tables_of_project.branch}': {url}  (Ctrl-C ends them)")
        if opens:
            threading.Timer(0.2, webbrowser.open, [url]).start()
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        server.run(sockets=[listener])


def _listener(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, OverflowError) as error:
        raise EnvironmentProblem(f"Cannot listen on {host}, port {port}: {error}. Choose another --port.") from error


def report(
    file: Annotated[Path, typer.Argument(help="The file to write; its pictures go into a folder beside it.")] = Path(
        "report.html"
    ),
    quarter: Annotated[str | None, typer.Option("--quarter", help="'Q4 2024'; default: the current one.")] = None,
    team: Annotated[str, typer.Option("--team", help="A manager's name.")] = "All",
    segment: Annotated[str, typer.Option("--segment", help="Such as Enterprise.")] = "All",
    region: Annotated[str, typer.Option("--region", help="Such as West.")] = "All",
    repo: RepoOption = None,
    warehouse: WarehouseOption = None,
    branch: BranchOption = None,
) -> None:
    """Write both dashboards and the build graph as one HTML file that opens offline, and PNG of each picture.

    Examples: `report`, `report west.html --region West`
    """
    with needs_extra("dashboard", "vl_convert"):
        from revops_dashboards.filters import Choice, options_of
        from revops_dashboards.pages import SHOWN
        from revops_dashboards.report import make_report
        from revops_dashboards.tables import Tables
    project = Project.open(repo, branch=branch, warehouse=warehouse)
    tables = Tables(project.warehouse)
    options = options_of(tables)
    choice = Choice(quarter, team, segment, region)
    _require_known(choice.values, options)
    read, *_ = poll_build_state(project, SHOWN)
    made = make_report(tables, choice, options, read(), datetime.now(UTC))
    folder = file.with_name(f"{file.stem}_pictures")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(made.html, encoding="utf-8")
        for name, png in made.pictures.items():
            folder.joinpath(name).write_bytes(png)
    except OSError as error:
        raise EnvironmentProblem(f"The report cannot be written: {error}. Name another FILE.") from error
    say(f"{file}: {file.stat().st_size / 1e6:.1f} MB; {len(made.pictures)} pictures in {folder}")


def _require_known(chosen: dict[str, str | None], options: Options) -> None:
    known = {
        "quarter": options.quarters,
        "team": options.teams,
        "segment": options.segments,
        "region": options.regions,
    }
    for name, values in known.items():
        value = chosen[name]
        if value is not None and value not in values:
            raise EnvironmentProblem(
                f"There is no {name} '{value}'.{did_you_mean(value, values)} There are: {', '.join(values)}."
            )


def coach(
    rep: Annotated[str, typer.Argument(metavar="REP_ID", help="Whom the insights are about.")],
    repo: RepoOption = None,
    warehouse: WarehouseOption = None,
    branch: BranchOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the coaching insights of one rep, made now from the tables as they are. Nothing is written.

    A language model writes them where one is set (OPENAI_MODEL, see docs/language-model.md) and its answer is accepted,
    else the template does; the page says which.

    Examples: `coach REP-00000004`, `coach REP-00000004 --json`
    """
    project = Project.open(repo, branch=branch, warehouse=warehouse)
    coaching = _coaching_of(project)
    [transform] = project.graph.select([coaching.dataset])
    console = console_on(sys.stdout)
    with users_output():
        made = run_for_key(transform, coaching.key, rep, project.environment())
    if as_json:
        typer.echo(json.dumps({"rows": made.rows, "notes": made.notes}, indent=2, default=str))
        return
    with amounts_in(_currency_sign(project.warehouse)):
        for row in made.rows:
            for part in page(row):
                console.print(part)
    for note in made.notes:
        console.print(styled(("note", "dim"), f" {note}"), soft_wrap=True)


def _currency_sign(warehouse: Warehouse) -> str:
    """Return the sign of the currency of a warehouse's amounts: that of dollars if no dataset states it."""
    version = warehouse.latest(REPORTING_CURRENCY)
    if version is None:
        return CURRENCY_SIGN.get()
    signs = open_delta(version.table, version.version).to_pyarrow_table(columns=["currency_sign"])["currency_sign"]
    return str(signs[0]) if len(signs) else CURRENCY_SIGN.get()


class Coaching(BaseModel):
    """`[commands.coach]` of conf/run.toml.

    Attributes:
        dataset: path of the dataset whose transform `coach` runs.
        key: its column that identifies a rep.
    """

    model_config = ConfigDict(extra="forbid")

    dataset: str
    key: str


def _coaching_of(project: Project) -> Coaching:
    file = project.settings.folder / "conf" / "run.toml"
    table = project.settings.file.commands.get("coach")
    if table is None:
        raise EnvironmentProblem(
            f"{file} names no dataset of coaching insights: add\n[commands.coach]\n"
            'dataset = "/Path/of/it"\nkey = "rep_id"'
        )
    try:
        return Coaching.model_validate(table)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors())
        raise EnvironmentProblem(f"{file}: [commands.coach]: {problems}.") from error


def page(row: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yield a row as people read it: short values in one table, then each list under a heading."""
    lists = {name: value for name, value in row.items() if isinstance(value, list)}
    short = Table.grid(padding=(0, 2))
    for name in [name for name in row if name not in lists]:
        short.add_row(styled((_heading(name), "dim")), styled(_shown(name, row[name])))
    yield short
    for name, values in lists.items():
        yield styled((f"\n{_heading(name)}{'' if values else ': none'}", "bold"))
        for number, element in enumerate(values, 1):
            yield Padding(_element(number, element), (0, 0, 0, 2))


def _element(number: int, element: Any) -> RenderableType:
    (_, title), *others = element.items() if isinstance(element, dict) else [("", element)]
    grid = Table.grid(padding=(0, 2))
    grid.add_row(styled(f"{number}."), styled((_shown("", title), "bold")))
    for name, value in others:
        grid.add_row("", styled((f"{_heading(name)}: ", "dim"), _shown(name, value)))
    return grid


def _heading(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _shown(name: str, value: Any) -> str:
    """Return a value as text; amounts, by the ending of their name, have the currency's sign: '$24,000'."""
    if value is None:
        return "unknown"
    if not isinstance(value, float):
        return str(value)
    return f"{CURRENCY_SIGN.get() if name.endswith('amount') else ''}{value:,.0f}"
