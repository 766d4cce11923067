"""An export on disk: written, written again, and compared with the pipeline."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from transforms_api.errors import ExportError
from transforms_api.exporting.plan import Export, Versions
from transforms_api.exporting.source import files_below

RECORD = "transforms-export.json"
"""What an export says of itself: the files that it has, the versions that it pins."""


@dataclass(frozen=True)
class Differences:
    """How an export differs from the pipeline, as paths in its folder."""

    differing: list[str]
    missing: list[str]
    surplus: list[str]
    """No longer in the pipeline."""


def write_export(export: Export, folder: Path, *, replace: bool = False) -> list[str]:
    """Write an export and return the files of an earlier one that it removed, as they are no longer in the pipeline.

    What others put there stays, unless it has the name of one of the export's files.

    Args:
        replace: write into a folder that has files and is no export.

    Raises:
        ExportError: the folder has files and is no export, and `replace` is not given; or it cannot be written.
    """
    if not replace and not (folder / RECORD).is_file() and folder.exists() and any(folder.iterdir()):
        hit = sorted(path for path in export.files if (folder / path).exists() and path not in export.foundrys)
        replaced = f"would replace {', '.join(hit[:5])}{' and more' if len(hit) > 5 else ''}" if hit else "adds files"
        raise ExportError(
            f"{folder} is not empty and no export, and an export {replaced}. Name another folder, or give --replace; "
            "what the export does not have stays in either case."
        )
    earlier = _written(folder, read_record(folder)[1]) if (folder / RECORD).is_file() else set()
    removed = sorted(earlier - export.files.keys())
    record = {**asdict(export.versions), "files": sorted(export.files)}
    try:
        for path, content in export.files.items():
            target = folder / path
            if not (path in export.foundrys and target.exists()):
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
        for path in removed:
            (folder / path).unlink()
        (folder / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise ExportError(f"The export cannot be written: {error}") from error
    return removed


def compare_export(export: Export, folder: Path) -> Differences:
    """Return how the export in a folder differs from the one that the pipeline would make now.

    Raises:
        ExportError: the folder has no export.
    """
    _, recorded = read_record(folder)
    there = {path for path in export.files if (folder / path).is_file()}
    differing = [path for path in sorted(there - export.foundrys) if (folder / path).read_bytes() != export.files[path]]
    on_disk = {f"{covered}/{path}" for covered in export.covered for path in files_below(folder / covered)}
    surplus = (on_disk | _written(folder, recorded)) - export.files.keys()
    return Differences(differing, sorted(export.files.keys() - there), sorted(surplus))


def read_record(folder: Path) -> tuple[Versions, list[str]]:
    """Return what the export in a folder pins, and the files that it was written with.

    Raises:
        ExportError: the folder has no export.
    """
    file = folder / RECORD
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        versions = Versions(str(record["python"]), {str(key): str(one) for key, one in record["packages"].items()})
        return versions, list(_texts(record["files"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ExportError(
            f"{folder} is no export of run_local.py: {RECORD} in it cannot be read ({type(error).__name__}). "
            "Export into it first, or name another folder."
        ) from error


def _texts(values: list[object]) -> Iterator[str]:
    yield from (str(value) for value in values)


def _written(folder: Path, recorded: list[str]) -> set[str]:
    """Return those files of a record that are there; one that lies elsewhere is none of an export's."""
    here = folder.resolve()
    return {path for path in recorded if (folder / path).is_file() and (folder / path).resolve().is_relative_to(here)}
