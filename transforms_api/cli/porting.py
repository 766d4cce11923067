"""The commands between here and Foundry: `lint`, `contracts` and `export`."""

from __future__ import annotations

import dataclasses
import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from transforms_api.api import Project
from transforms_api.cli.options import JsonOption, RepoOption
from transforms_api.cli.output import say, users_output
from transforms_api.engines import MEANING
from transforms_api.errors import EnvironmentProblem, StoreError
from transforms_api.porting import (
    RULES,
    Differences,
    Export,
    ExportForm,
    Finding,
    Source,
    SparkExport,
    Versions,
    compare_export,
    copy_files,
    datasets_under,
    find_violations,
    json_schema,
    markdown,
    odcs,
    package_source,
    plan_export,
    plan_spark_export,
    read_record,
    repository_sources,
    sql_files,
    typescript,
    write_export,
    write_rows,
)
from transforms_api.project import choose_project
from transforms_api.text import counted, visible


class LintFormat(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    GITHUB = "github"
    JSON = "json"


def lint(
    repo: RepoOption = None,
    output_format: Annotated[
        LintFormat, typer.Option("--format", help="github: annotations of a workflow; json: a list on stdout, alone.")
    ] = LintFormat.TEXT,
) -> None:
    """Tell what works here and would not on Foundry, or the other way round, with file, line and fix. Starts no Spark.

    The rules are in docs/lint.md. A comment on the line suppresses one: `# lint: ignore[F201]`.

    Exit code 0: no findings; 1: there are some.

    Examples: `lint`, `lint --repo ../my-repository --format github`
    """
    project = Project.open(repo)
    findings, files = find_violations(project.discovery, project.settings.folder)
    if output_format is LintFormat.JSON:
        typer.echo(json.dumps([_as_json(finding) for finding in findings], indent=2))
    else:
        write = _as_text if output_format is LintFormat.TEXT else _as_annotation
        for finding in findings:
            say(write(finding))
    if output_format is LintFormat.TEXT:
        say(f"{counted(len(findings), 'finding') if findings else 'No findings'}; files read: {files}.")
    if findings:
        raise typer.Exit(1)


def _as_text(finding: Finding) -> str:
    location = f"{_relative(finding.file)}:{finding.line}:{finding.column}"
    return f"{location} {finding.code} {finding.message}\n    {RULES[finding.code].fix()}"


def _as_annotation(finding: Finding) -> str:
    properties = {
        "file": _relative(finding.file),
        "line": finding.line,
        "col": finding.column,
        "title": finding.code,
    }
    listed = ",".join(f"{name}={_escape(str(value), ':,')}" for name, value in properties.items())
    return f"::error {listed}::{_escape(f'{finding.message}. {RULES[finding.code].fix()}')}"


def _as_json(finding: Finding) -> dict[str, Any]:
    return {
        "file": _relative(finding.file),
        "line": finding.line,
        "column": finding.column,
        "code": finding.code,
        "message": finding.message,
        "rule": RULES[finding.code].says(),
        "fix": RULES[finding.code].fix(),
    }


def _escape(text: str, also: str = "") -> str:
    """Return a text in which the characters that end a workflow command or a property are escaped."""
    for character in f"%\r\n{also}":
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def _relative(file: Path) -> str:
    """Return the path of a file, relative if it lies below the current folder."""
    here = Path.cwd()
    return str(file.relative_to(here) if file.is_relative_to(here) else file)


class Notation(StrEnum):
    """The languages of contracts."""

    MARKDOWN = "markdown"
    TYPESCRIPT = "typescript"
    JSON_SCHEMA = "json-schema"
    ODCS = "odcs"


Language = Annotated[
    Notation,
    typer.Option("--format", help="For people; for a dashboard's code; for rows as JSON; for catalogs (YAML)."),
]


def contracts(language: Language = Notation.MARKDOWN, repo: RepoOption = None) -> None:
    """Print the contracts of all datasets, from the module that conf/run.toml names. Starts no Spark.

    Examples: `contracts`, `contracts --format typescript > contracts.ts`
    """
    project = Project.open(repo)
    module = project.settings.file.contracts
    if module is None:
        raise EnvironmentProblem(
            f'{project.settings.folder}/conf/run.toml names no contracts: add `contracts = "package.module"`, '
            "a module whose attributes have a name, a grain, a primary_key and a schema (docs/porting.md)."
        )
    with users_output():
        contracts = project.contracts
    datasets = {contract.name: datasets_under(contract, project.transforms) for contract in contracts}
    if language is Notation.TYPESCRIPT:
        text = typescript(contracts, datasets)
    elif language is Notation.JSON_SCHEMA:
        text = json_schema(contracts, datasets)
    elif language is Notation.ODCS:
        text = odcs(contracts, datasets, module)
    else:
        text = markdown(contracts, datasets)
    typer.echo(visible(text), nl=False)


Folder = Annotated[Path, typer.Argument(metavar="DIR", file_okay=False, help="Folder of the export.")]
From = Annotated[
    Path | None,
    typer.Option(
        "--from",
        "--repo",
        exists=True,
        file_okay=False,
        path_type=Path,
        help="Repository to export; default: the one you are in, else the RevOps demo.",
    ),
]
Check = Annotated[bool, typer.Option("--check", help="Write nothing: compare the export in DIR with the pipeline.")]
Replace = Annotated[
    bool, typer.Option("--replace", help="Write into a folder that has files and is no export, such as a clone.")
]
As = Annotated[
    ExportForm | None,
    typer.Option(
        "--as",
        help="For leaving Foundry: plain scripts, or definitions of Spark Declarative Pipelines. Default: a Foundry "
        "repository.",
    ),
]
WithInputs = Annotated[
    bool, typer.Option("--with-inputs", help="With --as: copy the rows and files of inputs that no transform writes.")
]


def export(
    folder: Folder,
    repo: From = None,
    form: As = None,
    with_inputs: WithInputs = False,
    check: Check = False,
    replace: Replace = False,
    as_json: JsonOption = False,
) -> None:
    """Write the pipeline as a Foundry code repository, or with `--as` for plain Spark without Foundry. Starts no Spark.

    For Foundry, modules stay as they are; entry point, recipe and gradle files are added, tests go where Foundry runs
    them. With `--as`, each transform becomes a script or a definition that calls its function; README.md of the export
    says how to run it (docs/leaving.md). With `--check` exit code 1 says that the export differs.

    Exit code 1 with `--as`: a transform stayed behind, with file, line and reason; the others are written.

    Examples: `export ../revops`, `export ../revops --check`, `export ../shop --from ../my-repository`,
    `export ../plain --as pyspark --with-inputs`, `export ../declarative --as spark-pipelines`
    """
    source = choose_project(repo).folder
    if source is not None and folder.resolve().is_relative_to(source.resolve()):
        raise typer.BadParameter("DIR lies in what is exported, and would be part of the next export; name another.")
    if with_inputs and form is None:
        raise typer.BadParameter("--with-inputs belongs to --as: a Foundry repository has no data.")
    project = Project.open(source)
    for fault in project.faults:
        if not project.is_tolerant:
            raise fault.error
        say(f"fault {fault.kind}: {fault.text}", err=True)
    if form is not None:
        _leave(project, folder, form, with_inputs, check, replace, as_json)
        return
    if check:
        versions, _ = read_record(folder)
        _print_differences(compare_export(_make_export(project, versions), folder), folder, as_json)
        return
    planned = _make_export(project, None)
    removed = write_export(planned, folder, replace=replace)
    if as_json:
        changes = {"files": sorted(planned.files), "removed": removed, "left_out": list(planned.left_out)}
        typer.echo(json.dumps(changes, indent=2))
        return
    say(f"{len(planned.files)} files in {folder}; EXPORT.md there says what Foundry has to add.")
    for path in removed:
        say(f"removed, as it is no longer in the pipeline: {path}")
    for line in planned.left_out:
        say(f"left out: {line}")


def _leave(
    project: Project, folder: Path, form: ExportForm, with_inputs: bool, check: bool, replace: bool, as_json: bool
) -> None:
    settings = {key: value for key, value in project.settings.spark.items() if key.startswith("spark.sql.")}
    settings |= MEANING
    planned = plan_spark_export(project.graph, project.fingerprints, _sources(project), form, folder, settings)
    if check:
        _print_differences(compare_export(planned.export, folder), folder, as_json)
        return
    removed = write_export(planned.export, folder, replace=replace)
    copied = _copy_inputs(project, planned, folder) if with_inputs else {}
    tasks = planned.tasks
    if as_json:
        printed = {
            "files": sorted(planned.export.files),
            "removed": removed,
            "tasks": [task.name for task in tasks.tasks],
            "inputs": dict(planned.inputs),
            "left_behind": [dataclasses.asdict(task) for task in tasks.left_behind],
            "remarks": [dataclasses.asdict(remark) for remark in tasks.remarks],
        }
        typer.echo(json.dumps(printed, indent=2))
    else:
        noun = "scripts" if form is ExportForm.PYSPARK else "definitions"
        say(f"{len(tasks.tasks)} {noun} in {folder}; README.md there says how to run them.")
        for path in removed:
            say(f"removed, as it is no longer in the pipeline: {path}")
        for table, path in planned.inputs.items():
            say(f"input {tasks.inputs[table]}: {copied.get(table, f'put its files into {path}, see config.json')}")
        for remark in tasks.remarks:
            say(f"different: {_with_location(remark.location)} {remark.transform}: {remark.text}")
        for task in tasks.left_behind:
            say(f"left behind: {_with_location(task.location)} {task.transform}: {task.text}")
    if tasks.left_behind:
        raise typer.Exit(1)


def _with_location(location: str) -> str:
    file, _, line = location.rpartition(":")
    return f"{_relative(Path(file))}:{line}" if file else location


def _copy_inputs(project: Project, planned: SparkExport, folder: Path) -> dict[str, str]:
    """Copy the inputs that no transform writes and return table → a sentence about it."""
    copied = {}
    for table, path in planned.inputs.items():
        try:
            dataset = project.dataset(planned.tasks.inputs[table])
            if not dataset.version.holds_files_only:
                copied[table] = f"{write_rows(dataset.batches(), folder / path):,} rows copied to {path}"
            else:
                copied[table] = f"{copy_files(dataset.filesystem(), folder / path):,} files copied to {path}"
        except StoreError as error:
            copied[table] = f"not copied: {error}"
    return copied


def _sources(project: Project) -> list[Source]:
    settings = project.settings
    if settings.file.package is not None:
        return [package_source(settings.file.package, settings.folder)]
    assert settings.repository is not None
    return repository_sources(settings.repository)


def _make_export(project: Project, versions: Versions | None) -> Export:
    settings = project.settings
    sql = sql_files(settings.repository) if settings.repository is not None else {}
    return plan_export(_sources(project), settings.folder, settings.file.branch, versions, sql)


def _print_differences(differences: Differences, folder: Path, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(differences), indent=2))
    else:
        for difference, paths in (
            ("differs", differences.differing),
            ("is missing", differences.missing),
            ("is no longer in the pipeline", differences.surplus),
        ):
            for path in paths:
                say(f"{path} {difference}")
    if differences.differing or differences.missing or differences.surplus:
        raise typer.Exit(1)
    if not as_json:
        say(f"{folder} is as the pipeline would be exported.")
