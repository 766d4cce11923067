"""`docs`: the data dictionary of a project as HTML pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from transforms_api.build.states import dataset_states
from transforms_api.cli.arguments import BranchOption, RepoOption, WarehouseOption
from transforms_api.cli.branch_names import warn_of_unknown_branch
from transforms_api.cli.console import say
from transforms_api.cli.project import logs_of, open_project
from transforms_api.contracts.contract import collect_contracts
from transforms_api.dictionary.entries import collect_entries
from transforms_api.dictionary.folder import write_dictionary
from transforms_api.dictionary.pages import pages


def docs(
    folder: Annotated[Path, typer.Argument(metavar="DIR", file_okay=False, help="Folder of the pages.")],
    repo: RepoOption = None,
    warehouse: WarehouseOption = None,
    branch: BranchOption = None,
) -> None:
    """Write a data dictionary: what each dataset is, its columns, checks and state, and what it is made from.

    It is static HTML: open DIR/index.html in a browser, with or without a network. Starts no Spark.

    Example: `docs ../dictionary`
    """
    project = open_project(repo, warehouse, branch)
    warn_of_unknown_branch(project.warehouse)
    states = dataset_states(project.graph, project.environment({}), logs_of(project.warehouse))
    settings = project.settings
    contracts = collect_contracts(settings.file.contracts)
    entries = collect_entries(project.graph, states, contracts, project.warehouse, settings.folder)
    write_dictionary(pages(entries, settings.file.package or settings.folder.resolve().name), folder)
    say(f"{len(entries)} datasets in {folder / 'index.html'}")
