"""`lint`: what works here and would not on Foundry, or the other way round."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from transforms_api.cli.arguments import RepoOption
from transforms_api.cli.console import say
from transforms_api.cli.project import discovered
from transforms_api.cli.settings import read_settings
from transforms_api.lint.check import lint as find
from transforms_api.lint.rules import RULES, Finding


class Format(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    GITHUB = "github"
    JSON = "json"


def lint(
    repo: RepoOption = None,
    output_format: Annotated[
        Format, typer.Option("--format", help="github: annotations of a workflow; json: a list on stdout, alone.")
    ] = Format.TEXT,
) -> None:
    """Tell what works here and would not on Foundry, or the other way round, with file, line and fix. Starts no Spark.

    The rules are in docs/lint.md. A comment on the line silences one: `# lint: ignore[F201]`.

    Exit code 0: no findings; 1: there are some.

    Examples: `lint`, `lint --repo ../my-repository --format github`
    """
    settings = read_settings(repo)
    findings, files = find(discovered(settings), settings.folder)
    if output_format is Format.JSON:
        typer.echo(json.dumps([_as_json(finding) for finding in findings], indent=2))
    else:
        write = _as_text if output_format is Format.TEXT else _as_annotation
        for finding in findings:
            say(write(finding))
    if output_format is Format.TEXT:
        say(f"{len(findings) or 'No'} finding{'s' * (len(findings) != 1)}; files read: {files}.")
    if findings:
        raise typer.Exit(1)


def _as_text(finding: Finding) -> str:
    place = f"{_relative(finding.file)}:{finding.line}:{finding.column}"
    return f"{place} {finding.code} {finding.message}\n    {finding.fix}"


def _as_annotation(finding: Finding) -> str:
    properties = {
        "file": _relative(finding.file),
        "line": finding.line,
        "col": finding.column,
        "title": finding.code,
    }
    told = ",".join(f"{name}={_escaped(str(value), ':,')}" for name, value in properties.items())
    return f"::error {told}::{_escaped(f'{finding.message}. {finding.fix}')}"


def _as_json(finding: Finding) -> dict[str, Any]:
    return {
        "file": _relative(finding.file),
        "line": finding.line,
        "column": finding.column,
        "code": finding.code,
        "message": finding.message,
        "rule": RULES[finding.code].says,
        "fix": finding.fix,
    }


def _escaped(text: str, also: str = "") -> str:
    """Return a text in which a workflow command finds neither its end nor that of a property."""
    for character in f"%\r\n{also}":
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def _relative(file: Path) -> str:
    """Return a file as seen from where the command runs, where it lies below."""
    here = Path.cwd()
    return str(file.relative_to(here) if file.is_relative_to(here) else file)
