"""What stands in the commits of an import."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from transforms_api.build.plan import IMPORT
from transforms_api.store.warehouse import Warehouse


def made_from(source: Path, warehouse: Warehouse) -> dict[str, Any]:
    """Return the provenance of a version imported from a folder or file, of whose place only the name is told."""
    return {"kind": IMPORT, "build": uuid.uuid4().hex, "branch": warehouse.branch, "folder": source.absolute().name}
