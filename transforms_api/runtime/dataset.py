"""What inputs and outputs of every kind tell of their dataset."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import Any

from transforms_api.store.commits import Commit

_RIDS = uuid.uuid5(uuid.NAMESPACE_URL, "ri.foundry.main.dataset")


def dataset_rid(dataset: str) -> str:
    """Return a dataset's RID: its own where it is named by one, else one made of its path, always the same."""
    return dataset if dataset.startswith("ri.") else f"ri.foundry.main.dataset.{uuid.uuid5(_RIDS, dataset)}"


def transaction_rid(transaction: str) -> str:
    """Return the RID of a transaction."""
    return f"ri.foundry.main.transaction.{transaction}"


def first_of_view(commits: Sequence[Commit]) -> Commit:
    """Return the commit with which the current view of a dataset begins: the last that replaced it, else the first."""
    changes = [commit for commit in commits if not commit.is_maintenance]
    return next((commit for commit in changes if not commit.is_additive), changes[-1])


def column_descriptions(schema: str) -> dict[str, str]:
    """Return column name → description, where a column has one."""
    return {name: metadata["comment"] for name, metadata in _metadata(schema) if "comment" in metadata}


def column_typeclasses(schema: str) -> dict[str, list[dict[str, str]]]:
    """Return column name → typeclasses, each a `name` and a `kind`, where a column has any."""
    return {
        name: json.loads(metadata["typeclasses"]) for name, metadata in _metadata(schema) if "typeclasses" in metadata
    }


def _metadata(schema: str) -> list[tuple[str, dict[str, Any]]]:
    return [(field["name"], field.get("metadata", {})) for field in json.loads(schema)["fields"]]
