"""The warehouse: where the tables of datasets and branches are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from transforms_api.errors import StoreError
from transforms_api.warehouse.paths import OWN_NAMES, encode_name, folder_of_branch, storage_of, walk
from transforms_api.warehouse.provenance import Commit, last_change
from transforms_api.warehouse.storage import Storage
from transforms_api.warehouse.table import TableVersion, is_table, latest_version

_LONGEST = (os.pathconf("/", "PC_PATH_MAX") if hasattr(os, "pathconf") else 4096) - 256
"""Maximum bytes of a table's path: disks refuse longer paths, and the names of the table's files follow."""


@dataclass(frozen=True)
class Warehouse:
    """A folder of branches, each a folder of datasets; on a disk or on an object store.

    The dataset `/RevOps/Analytics/dashboard_kpis` of branch `master` is the Delta table
    `<root>/master/RevOps/Analytics/dashboard_kpis`.

    Attributes:
        root: folder of the warehouse.
        branch: branch to read and write.
        fallback_branches: branches from which a dataset is read, in this order, if `branch` lacks it.
    """

    root: Path
    branch: str = "master"
    fallback_branches: tuple[str, ...] = ()

    @property
    def storage(self) -> Storage:
        """The storage where the warehouse lies."""
        return storage_of(self.root)

    @property
    def branch_folder(self) -> Path:
        """The folder of the branch; need not exist."""
        return self.root / _branch_folder(self.root, self.branch)

    def table(self, dataset: str, branch: str | None = None) -> Path:
        """Return the folder of a dataset's Delta table; need not exist.

        A `/` separates folders in the path of a dataset. In the name of a branch it is encoded, so that the branch
        `feature/x` is not a dataset of `feature`. See `encode_name` and `folder_of_branch` for the encoding.

        Args:
            dataset: path of the dataset.
            branch: branch of the table; None: the warehouse's.

        Raises:
            StoreError: the path would leave the warehouse, a link leads elsewhere, the disk confuses the path with one
                that differs in case, or the branch or the warehouse has a name that no folder can have.
        """
        name, root = branch or self.branch, self.root.resolve()
        if problem := _problem_of_branch(name, root):
            raise StoreError(f"{dataset} on branch '{name}' {problem}")
        folder = (root / _branch_folder(root, name)).joinpath(*map(encode_name, dataset.strip("/").split("/")))
        leaves = not {".", ".."}.isdisjoint(f"{name}/{dataset}".split("/"))
        if problem := _problem_of_length(folder):
            raise StoreError(f"{dataset[:60]}… on branch '{name}' {problem}")
        if problem := _problem_of_folder(folder, root, leaves):
            raise StoreError(f"{dataset} on branch '{name}' {problem}")
        return folder

    def latest(self, dataset: str, branch: str | None = None) -> TableVersion | None:
        """Return the last version of a dataset on the first branch that has it; None if none has.

        Args:
            dataset: path of the dataset.
            branch: the only branch to read; None: the warehouse's own, then its fallback branches.

        Raises:
            StoreError: the path would leave the warehouse, or the table cannot be read.
        """
        return next((latest_version(table, name) for table, name in self._tables(dataset, branch)), None)

    def last_change(self, dataset: str, branch: str | None = None) -> Commit | None:
        """Return the commit of the version that `latest` returns; None if no branch has the dataset.

        Reads one file of the log, while `latest` opens the table.

        Args:
            dataset: path of the dataset.
            branch: the only branch to read; None: the warehouse's own, then its fallback branches.

        Raises:
            StoreError: the path would leave the warehouse.
        """
        for name in self._branches(branch):
            table = self.table(dataset, name)
            change = last_change(table, name)
            if (change and change.provenance is not None) or is_table(table):  # reading the commit is faster
                return change
        return None

    def _branches(self, branch: str | None) -> tuple[str, ...]:
        return (branch,) if branch else (self.branch, *self.fallback_branches)

    def _tables(self, dataset: str, branch: str | None) -> Iterator[tuple[Path, str]]:
        for name in self._branches(branch):
            table = self.table(dataset, name)
            if is_table(table):
                yield table, name


def _branch_folder(root: Path, name: str) -> str:
    """Return the folder of a branch; branches of early versions keep their unencoded `_` and `.`."""
    folder, plain = folder_of_branch(name), encode_name(name)
    if folder == plain or plain.casefold() in OWN_NAMES or plain in (".", ".."):
        return folder
    has_table = any(
        "_delta_log" in names for _, names in walk(root / plain, is_skipped=lambda name: name == "_delta_log")
    )
    return plain if has_table and not storage_of(root).folders(root / folder) else folder


def _problem_of_branch(name: str, root: Path) -> str | None:
    if "/" in folder_of_branch(name):
        return "has no folder: the branch's name is too long for one."
    if unquote(str(root)) != str(root):
        return f"has no folder: Delta's libraries take {root} for {unquote(str(root))}. Rename the folder."
    return None


def _problem_of_length(folder: Path) -> str | None:
    count = len(os.fsencode(str(folder)))
    if storage_of(folder).is_remote or count <= _LONGEST:
        return None
    return f"has no folder: its path would have {count:,} bytes, of {_LONGEST:,} at most. Give it a shorter name."


def _problem_of_folder(folder: Path, root: Path, leaves: bool) -> str | None:
    log = folder / "_delta_log"
    real = log.resolve()
    if leaves or not real.is_relative_to(root):
        return f"would lie outside of the warehouse {root}."
    if real != log:
        return f"has no folder of its own: a link leads to {real.parent}. Replace it by a folder."
    if storage_of(folder).is_link(folder / "_files"):
        return f"has no folder for files of its own: {folder / '_files'} is a link. Replace it by a folder."
    if other := None if storage_of(folder).is_remote else _spelt_otherwise(folder, root):
        return (
            f"has no folder of its own: this disk takes it for {other}, whose name differs in case only. Give one of "
            "the datasets another name, or put the warehouse on a disk that tells them apart."
        )
    return None


def _spelt_otherwise(folder: Path, root: Path) -> Path | None:
    """Return the folder that a disk which ignores case confuses with `folder` or one of its parents."""
    for part in (folder, *folder.parents):
        if part == root:
            break
        if part.with_name(part.name.swapcase()).exists() and part.exists():
            names = [entry.name for entry in part.parent.iterdir()]
            if part.name not in names:
                return next(part.parent / name for name in names if name.casefold() == part.name.casefold())
    return None
