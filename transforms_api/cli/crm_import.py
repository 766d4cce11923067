"""`import --crm`: looks at an export, proposes its mapping and writes it as TOML; `--check` imports without writing."""

from __future__ import annotations

import importlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from transforms_api.cli.output import program, say
from transforms_api.declare import Output
from transforms_api.errors import ImportMappingError
from transforms_api.importing import (
    TEXT_FILES,
    WORKBOOKS,
    TableOptions,
    TextTable,
    profile_table,
    read_table,
    sheets_of,
)
from transforms_api.project import PROJECT, read_toml

if TYPE_CHECKING:
    import polars as pl

PROPOSER, PARSER = "transforms.revops.crm.propose", "transforms.revops.crm.mapping_file"
"""Modules of the pipeline that propose a mapping and that read one."""
MAPPINGS = (PROJECT / "conf" / "import", Path(__file__).with_name("mappings"))
"""Folders of the mappings that come with this package: in a checkout, and in a wheel."""


@dataclass(frozen=True)
class Statements:
    """What the user states about an export.

    Attributes:
        today: day of the export.
        date_format: format of dates that have two readings.
        currency: code of the amounts' currency.
        encoding: encoding of all text files.
        rates: code of a further currency → how much of the amounts' currency 1 of it is.
    """

    today: date
    date_format: str | None = None
    currency: str | None = None
    encoding: str | None = None
    rates: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Look:
    """What was seen in an export.

    Attributes:
        source: the folder or file.
        proposal: the mapping and how it came about.
        toml: the mapping's text.
        tables: the files and sheets.
        today: day of the export.
    """

    source: Path
    proposal: Any
    toml: str
    tables: Sequence[TextTable]
    today: date


def exports_in(source: Path) -> list[Path]:
    """Return the exports of a folder: itself, or, if it has no tables, its subfolders that have some.

    Args:
        source: a folder or file.

    Raises:
        ImportMappingError: there is no table.
    """
    if source.is_file() or _tables_in(source):
        return [source]
    folders = sorted(folder for folder in source.iterdir() if folder.is_dir() and _tables_in(folder))
    if not folders:
        raise ImportMappingError(f"{source} has no files ending in {', '.join((*TEXT_FILES, *WORKBOOKS))}.")
    return folders


def day_of(folder: Path, otherwise: date) -> date:
    """Return the day that a folder is named after, as in 2024-11-15.

    Args:
        folder: the folder.
        otherwise: the day if its name is none.
    """
    try:
        return date.fromisoformat(folder.name)
    except ValueError:
        return otherwise


def look_at(source: Path, statements: Statements) -> Look:
    """Return what an export is and the mapping for it.

    Args:
        source: a folder or file.
        statements: what the user states.

    Raises:
        ImportMappingError: no file has deals.
        ImportSourceError: a file cannot be read without a statement.
    """
    pipeline = importlib.import_module(PROPOSER)
    files = [source] if source.is_file() else _tables_in(source)
    tables, described = [], []
    for file in files:
        options = TableOptions(encoding=statements.encoding if file.suffix.lower() in TEXT_FILES else None)
        for sheet in sheets_of(file) or (None,):
            table = read_table(file, TableOptions(options.encoding, sheet=sheet))
            profiles = profile_table(table)
            rows = next(iter(profiles.values())).rows if profiles else 0
            tables.append(table)
            described.append(pipeline.ExportTable(file.name, profiles, sheet, rows))
    try:
        proposal = pipeline.propose(described, statements.date_format, statements.currency, statements.rates, presets())
    except ValueError as error:
        raise ImportMappingError(f"{source}: {error}") from error
    head = (
        f"# Mapping of {source.name}, proposed by import --crm: check it, change it, and import with\n"
        f"#   {program()} import {source} --mapping THIS_FILE\n"
    )
    body = proposal.toml.replace("\n", f"\ntoday = {statements.today.isoformat()}\n", 1)
    encoded = f'encoding = "{statements.encoding}"\n' if statements.encoding else ""
    body = _with_encoding(body, encoded)
    return Look(source, proposal, head + body, tables, statements.today)


def presets() -> list[Any]:
    """Return the mappings of products that come with this package."""
    parse = importlib.import_module(PARSER).parse_mapping
    files = {file.name: file for folder in reversed(MAPPINGS) for file in sorted(folder.glob("*.toml"))}
    return [parse(read_toml(file), file.read_text(encoding="utf-8"), name) for name, file in files.items()]


def _with_encoding(toml: str, line: str) -> str:
    """Return a mapping with a line behind each name of a text file."""
    lines = []
    for text_line in toml.splitlines(keepends=True):
        lines.append(text_line)
        if line and text_line.startswith("file = ") and text_line.rstrip().rstrip('"').endswith(TEXT_FILES):
            lines.append(line)
    return "".join(lines)


def write_mapping(look: Look, folder: Path) -> Path:
    """Write the proposed mapping; a file that the user has edited stays, and the proposal gets the next free name.

    Args:
        look: result of `look_at`.
        folder: where to write.
    """
    stem = f"crm_{look.source.resolve().stem}"
    for number in range(1, 1000):
        file = folder / (f"{stem}.toml" if number == 1 else f"{stem}_{number}.toml")
        if not file.exists() or file.read_text(encoding="utf-8") == look.toml:
            break
    file.write_text(look.toml, encoding="utf-8")
    return file


def print_look(look: Look, file: Path) -> None:
    """Print the findings, what is to state, and three rows of the deals.

    Args:
        look: result of `look_at`.
        file: the mapping's file.
    """
    for table in look.tables:
        options = table.options
        parts = [
            options.encoding,
            options.separator and f"separator {options.separator!r}",
            options.sheet and f"sheet {options.sheet}",
            f"header in row {options.header_row}" if options.header_row != 1 else None,
            f"{len(table.not_rows)} lines that are no rows" if table.not_rows else None,
            f"{len(table.ragged)} rows with too many cells" if table.ragged else None,
        ]
        say(f"{table.path.name}: {', '.join(part for part in (*parts, *table.notes) if part)}")
    say("")
    for finding in look.proposal.findings:
        say(f"{finding.certainty:<7} {finding.subject} = {finding.decision}  ({finding.reason})")
    say("")
    for line in sample_rows(look):
        say(line)
    say(f"Mapping: {file}")
    for sentence in look.proposal.to_state:
        say(f"To state: {sentence}", err=True)


def sample_rows(look: Look) -> list[str]:
    """Return three deals as the mapping reads them, a line for each.

    Args:
        look: result of `look_at`.
    """
    deals = tomllib.loads(look.toml)["opportunities"]
    location = (deals["file"], deals.get("sheet"))
    table = next(
        export_table for export_table in look.tables if (export_table.path.name, export_table.options.sheet) == location
    )
    rows = table.frame.head(3).collect().to_dicts()
    named = {name: spec for name, spec in deals["columns"].items() if isinstance(spec, str)}
    cells = [[f"{name} {row[spec]!r}" for name, spec in named.items() if row[spec]] for row in rows]
    return [f"row {row['_row']}: {', '.join(texts)}" for row, texts in zip(rows, cells, strict=True)]


def look_as_json(look: Look, file: Path) -> Mapping[str, Any]:
    """Return what was seen as JSON values.

    Args:
        look: result of `look_at`.
        file: the mapping's file.
    """
    return {
        "source": str(look.source),
        "product": look.proposal.product,
        "today": look.today.isoformat(),
        "mapping": str(file),
        "findings": [asdict(finding) for finding in look.proposal.findings],
        "to_state": look.proposal.to_state,
        "samples": sample_rows(look),
    }


def print_check(frames: Mapping[Output, pl.LazyFrame], json_wanted: bool) -> None:
    """Print how many rows of each file are used, and the rejects by reason with one sample each.

    Args:
        frames: the datasets of the export, by output.
        json_wanted: print JSON.
    """
    summary = _collected(frames, "import_summary")
    counted: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in _collected(frames, "import_rejects"):
        counted.setdefault((row["source_file"], row["reason_kind"]), []).append(row)
    if json_wanted:
        keys = ("source_file", "rows_read", "rows_used", "rows_rejected")
        rejects = [
            {"file": file, "reason_kind": kind, "count": len(rows), "row": rows[0]["row_number"], "raw": rows[0]["row"]}
            for (file, kind), rows in counted.items()
        ]
        summary_of_import = {"files": [{key: row[key] for key in keys} for row in summary], "rejects": rejects}
        typer.echo(json.dumps(summary_of_import, indent=2, ensure_ascii=False))
        return
    for row in summary:
        read, used, rejected = row["rows_read"], row["rows_used"], row["rows_rejected"]
        say(f"{row['source_file']}: {read:,} rows, {used:,} used, {rejected:,} rejected")
    for (file, kind), rows in counted.items():
        first = rows[0]
        say(f"{len(rows):>8,}  {kind}: {first['reason']}; such as {file}, row {first['row_number']}: {first['row']}")
    say("Nothing was written.")


def _collected(frames: Mapping[Output, pl.LazyFrame], name: str) -> list[dict[str, Any]]:
    frame_of_output = next(frame for output, frame in frames.items() if str(output.alias).endswith(f"/{name}"))
    return frame_of_output.collect().to_dicts()


def _tables_in(folder: Path) -> list[Path]:
    endings = (*TEXT_FILES, *WORKBOOKS)
    files = sorted(file for file in folder.iterdir() if file.is_file() and file.name[0] not in ".~_")
    return [file for file in files if file.suffix.lower() in endings]
