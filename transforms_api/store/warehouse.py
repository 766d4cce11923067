"""Where on disk a dataset of a branch lies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from transforms_api.errors import StoreError
from transforms_api.store.commits import Commit, newest_change
from transforms_api.store.delta_log import TableVersion, is_table, latest_version

_UNSAFE = re.compile(r"[^\w\-. /]")
_CODE = re.compile(r"~([0-9a-f]+)~")


@dataclass(frozen=True)
class Warehouse:
    """A folder of branches, each a folder of datasets.

    The dataset `/RevOps/Analytics/dashboard_kpis` of branch `master` is the Delta table
    `<root>/master/RevOps/Analytics/dashboard_kpis`.
    """

    root: Path
    branch: str = "master"
    fallback_branches: tuple[str, ...] = ()
    """Branches that a dataset is read from, in this order, where `branch` does not have it."""

    def table(self, dataset: str, branch: str | None = None) -> Path:
        """Return the folder of a dataset's Delta table on `branch` or else the warehouse's, whether or not it exists.

        Letters, digits, space and `_-.` stand for themselves, every other character as `~` and its hexadecimal code,
        since Hadoop reads `:`, `%`, `#` and their like as parts of a URL. A `/` parts the folders of a dataset; in the
        name of a branch it is encoded, so that `feature/x` is no dataset of `feature`.

        Raises:
            StoreError: the branch's or the dataset's name would leave the warehouse.
        """
        name = branch or self.branch
        folder = (self.root / _encoded(name).replace("/", "~2f~") / _encoded(dataset).lstrip("/")).resolve()
        leaves = not {".", ".."}.isdisjoint(f"{name}/{dataset}".split("/"))
        if leaves or not folder.is_relative_to(self.root.resolve()):
            raise StoreError(f"{dataset} on branch '{name}' would lie outside of the warehouse {self.root}.")
        return folder

    def latest(self, dataset: str, branch: str | None = None) -> TableVersion | None:
        """Return a dataset's last version, of the first branch that has it; None where none has.

        Args:
            branch: the only branch to look at; None looks at the warehouse's own and then at its fallback branches.

        Raises:
            StoreError: the name would leave the warehouse, or the table cannot be read.
        """
        return next((latest_version(table, name) for table, name in self._tables(dataset, branch)), None)

    def last_change(self, dataset: str, branch: str | None = None) -> Commit | None:
        """Return the commit that made what `latest` returns; None where no branch has the dataset.

        It reads one file of the log, where `latest` opens the table.

        Raises:
            StoreError: the name would leave the warehouse.
        """
        return next((newest_change(table, name) for table, name in self._tables(dataset, branch)), None)

    def _tables(self, dataset: str, branch: str | None) -> Iterator[tuple[Path, str]]:
        for name in (branch,) if branch else (self.branch, *self.fallback_branches):
            table = self.table(dataset, name)
            if is_table(table):
                yield table, name


def decoded(folder: str) -> str:
    """Return the name of the branch or dataset that a folder of `Warehouse.table` stands for."""
    return _CODE.sub(lambda match: chr(int(match[1], 16)), folder)


def _encoded(name: str) -> str:
    return _UNSAFE.sub(lambda match: f"~{ord(match[0]):x}~", name)
