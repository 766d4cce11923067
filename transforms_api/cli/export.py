"""`export`: the pipeline as a Foundry repository."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated, Optional

import typer

from transforms_api.cli.arguments import JsonOption
from transforms_api.cli.console import say
from transforms_api.cli.project import Project, open_project
from transforms_api.cli.settings import choose_project
from transforms_api.exporting.folder import Differences, compare_export, read_record, write_export
from transforms_api.exporting.plan import Export, Versions, plan_export
from transforms_api.exporting.source import package_source, repository_sources

Folder = Annotated[Path, typer.Argument(metavar="DIR", file_okay=False, help="Folder of the Foundry repository.")]
From = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        "--from",
        "--repo",
        exists=True,
        file_okay=False,
        path_type=Path,  # Typer before 0.29 converts only what the command itself gets
        help="Repository to export; default: the one you are in, else the RevOps demo.",
    ),
]
Check = Annotated[bool, typer.Option("--check", help="Write nothing: compare the export in DIR with the pipeline.")]
Replace = Annotated[
    bool, typer.Option("--replace", help="Write into a folder that has files and is no export, such as a clone.")
]


def export(
    folder: Folder,
    repo: From = None,
    check: Check = False,
    replace: Replace = False,
    as_json: JsonOption = False,
) -> None:
    """Write the pipeline as a Foundry code repository. Starts no Spark.

    Modules stay as they are; entry point, recipe and gradle files are added, tests go where Foundry runs them. With
    `--check` exit code 1 says that the export differs.

    Examples: `export ../revops`, `export ../revops --check`, `export ../shop --from ../my-repository`
    """
    source = choose_project(repo).folder
    if source is not None and folder.resolve().is_relative_to(source.resolve()):
        raise typer.BadParameter("DIR lies in what is exported, and would be part of the next export; name another.")
    project = open_project(source, None, None)
    for fault in project.graph.faults:
        if not project.is_tolerant:
            raise fault.error
        say(f"fault {fault.kind}: {fault.text}", err=True)
    if check:
        versions, _ = read_record(folder)
        _print_differences(compare_export(_planned(project, versions), folder), folder, as_json)
        return
    planned = _planned(project, None)
    removed = write_export(planned, folder, replace=replace)
    if as_json:
        found = {"files": sorted(planned.files), "removed": removed, "left_out": list(planned.left_out)}
        typer.echo(json.dumps(found, indent=2))
        return
    say(f"{len(planned.files)} files in {folder}; EXPORT.md there says what Foundry has to add.")
    for path in removed:
        say(f"removed, as it is no longer in the pipeline: {path}")
    for line in planned.left_out:
        say(f"left out: {line}")


def _planned(project: Project, versions: Versions | None) -> Export:
    settings = project.settings
    if settings.file.package is not None:
        sources = [package_source(settings.file.package, settings.folder)]
    else:
        assert settings.repository is not None
        sources = repository_sources(settings.repository)
    return plan_export(sources, settings.folder, settings.file.branch, versions)


def _print_differences(found: Differences, folder: Path, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(found), indent=2))
    else:
        for what, paths in (
            ("differs", found.differing),
            ("is missing", found.missing),
            ("is no longer in the pipeline", found.surplus),
        ):
            for path in paths:
                say(f"{path} {what}")
    if found.differing or found.missing or found.surplus:
        raise typer.Exit(1)
    if not as_json:
        say(f"{folder} is as the pipeline would be exported.")
