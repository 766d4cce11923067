"""`report`: the dashboards as one file to send."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from transforms_api.cli.arguments import BranchOption, RepoOption, WarehouseOption
from transforms_api.cli.console import say
from transforms_api.cli.extras import needs_extra
from transforms_api.cli.settings import read_settings
from transforms_api.errors import EnvironmentProblem
from transforms_api.graph.missing import nearest

if TYPE_CHECKING:
    from revops_dashboards.filters import Options


def report(
    file: Annotated[Path, typer.Argument(help="The file to write; its pictures go into a folder beside it.")] = Path(
        "report.html"
    ),
    quarter: Annotated[Optional[str], typer.Option("--quarter", help="'Q4 2024'; default: the current one.")] = None,  # noqa: UP045
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
    with needs_extra("dashboard"):
        from revops_dashboards.filters import Choice, options_of
        from revops_dashboards.report import make_report
        from revops_dashboards.tables import Tables
        from transforms_api.cli.project_state import look_at
    place = read_settings(repo).warehouse_at(warehouse, branch)
    tables = Tables(place)
    options = options_of(tables)
    choice = Choice(quarter, team, segment, region)
    _demand_known(choice.values, options)
    look, *_ = look_at(repo, place)
    made = make_report(tables, choice, options, look(), datetime.now(UTC))
    folder = file.with_name(f"{file.stem}_pictures")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(made.html, encoding="utf-8")
        for name, png in made.pictures.items():
            folder.joinpath(name).write_bytes(png)
    except OSError as error:
        raise EnvironmentProblem(f"The report cannot be written: {error}. Name another FILE.") from error
    say(f"{file}: {file.stat().st_size / 1e6:.1f} MB; {len(made.pictures)} pictures in {folder}")


def _demand_known(chosen: dict[str, Optional[str]], options: Options) -> None:  # noqa: UP045
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
                f"There is no {name} '{value}'.{nearest(value, values)} There are: {', '.join(values)}."
            )
