"""`contracts`: what the datasets promise, written in the languages of those who read them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from transforms_api.cli.arguments import RepoOption
from transforms_api.cli.console import users_output
from transforms_api.cli.project import open_project
from transforms_api.contracts.contract import collect_contracts, datasets_under
from transforms_api.contracts.json_schema import json_schema
from transforms_api.contracts.markdown import markdown
from transforms_api.contracts.odcs import odcs
from transforms_api.contracts.typescript import typescript
from transforms_api.errors import EnvironmentProblem
from transforms_api.visible_text import visible


class Format(StrEnum):
    """The languages of contracts."""

    MARKDOWN = "markdown"
    TYPESCRIPT = "typescript"
    JSON_SCHEMA = "json-schema"
    ODCS = "odcs"


Language = Annotated[
    Format, typer.Option("--format", help="For people; for a dashboard's code; for rows as JSON; for catalogs (YAML).")
]


def contracts(language: Language = Format.MARKDOWN, repo: RepoOption = None) -> None:
    """Print the contracts of all datasets, from the module that conf/run.toml names. Starts no Spark.

    Examples: `contracts`, `contracts --format typescript > contracts.ts`
    """
    project = open_project(repo, None, None)
    module = project.settings.file.contracts
    if module is None:
        raise EnvironmentProblem(
            f'{project.settings.folder}/conf/run.toml names no contracts: add `contracts = "package.module"`, '
            "a module whose attributes have a name, a grain, a primary_key and a schema (docs/porting.md)."
        )
    with users_output():
        found = collect_contracts(module)
    datasets = {contract.name: datasets_under(contract, project.graph.order) for contract in found}
    if language is Format.TYPESCRIPT:
        text = typescript(found, datasets)
    elif language is Format.JSON_SCHEMA:
        text = json_schema(found, datasets)
    elif language is Format.ODCS:
        text = odcs(found, datasets, module)
    else:
        text = markdown(found, datasets)
    typer.echo(visible(text), nl=False)
