"""User code and this package on their way to a cluster's executors, as one ZIP file that their Python imports from."""

from __future__ import annotations

import atexit
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

from pyspark import SparkContext

from transforms_api.declare.project_files import own_files

_OURS = Path(__file__).parents[2]
_PACKAGES = (
    "transforms", "transforms_api", "foundry", "foundry_ml", "palantir_models", "palantir_models_serializers",
    "language_model_service_api",
)  # fmt: skip
"""All that the wheel has for transforms; `pyproject.toml` lists the same."""


def ship(context: SparkContext, roots: Iterable[Path]) -> None:
    """Let the executors' Python import what the driver's does: the user's modules and this package.

    What both are built on (pyspark, pyarrow, deltalake, …) has to be installed where the executors run.

    Args:
        roots: the folders of the user's modules, each on `sys.path` or below a folder that is.
    """
    folder = tempfile.TemporaryDirectory(prefix="transforms-code-")
    atexit.register(folder.cleanup)  # executors that start later fetch it from here
    archive, before = Path(folder.name) / "transforms-code.zip", list(sys.path)
    write_archive(archive, [*(_OURS / package for package in _PACKAGES), *roots])
    context.addPyFile(str(archive))
    sys.path[:] = before  # the driver goes on with the files themselves: errors name these


def write_archive(file: Path, folders: Iterable[Path]) -> None:
    """Write a ZIP file from which the modules in these folders can be imported by the names that they have here."""
    written = set[str]()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder in folders:
            prefix = _name_on_path(folder.resolve())
            for path in own_files(folder.resolve()):
                name = "/".join(filter(None, [prefix, path.relative_to(folder.resolve()).as_posix()]))
                # Python finds packages without __init__.py only in folders that the archive lists.
                for parent in reversed(Path(name).parents[:-1]):
                    if f"{parent.as_posix()}/" not in written:
                        written.add(f"{parent.as_posix()}/")
                        archive.writestr(f"{parent.as_posix()}/", "")
                if name not in written:
                    written.add(name)
                    archive.write(path, name)


def _name_on_path(folder: Path) -> str:
    """Return a folder's name relative to the entry of `sys.path` that its modules are imported from."""
    entries = [Path(entry).resolve() for entry in sys.path if entry] + [_OURS]
    above = (entry for entry in entries if folder.is_relative_to(entry))
    nearest = max(above, key=lambda entry: len(entry.parts), default=folder)
    return "" if nearest == folder else folder.relative_to(nearest).as_posix()
