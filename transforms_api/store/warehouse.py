"""Where on disk a dataset of a branch lies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from transforms_api.errors import StoreError

_UNSAFE = re.compile(r"[^\w\-. /]")


@dataclass(frozen=True)
class Warehouse:
    """A folder of branches, each a folder of datasets.

    The dataset `/RevOps/Analytics/dashboard_kpis` of branch `master` is the Delta table
    `<root>/master/RevOps/Analytics/dashboard_kpis`.
    """

    root: Path
    branch: str = "master"

    def table(self, dataset: str) -> Path:
        """Return the folder of a dataset's Delta table, whether or not it exists.

        Letters, digits, space and `_-.` stand for themselves, every other character as `~` and its hexadecimal code,
        since Hadoop reads `:`, `%`, `#` and their like as parts of a URL.

        Raises:
            StoreError: the branch's or the dataset's name would leave the warehouse.
        """
        folder = (self.root / _encoded(self.branch) / _encoded(dataset).lstrip("/")).resolve()
        if not folder.is_relative_to(self.root.resolve()) or ".." in f"{self.branch}/{dataset}".split("/"):
            raise StoreError(f"{dataset} on branch '{self.branch}' would lie outside of the warehouse {self.root}.")
        return folder


def _encoded(name: str) -> str:
    return _UNSAFE.sub(lambda match: f"~{ord(match[0]):x}~", name)
