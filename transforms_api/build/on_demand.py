"""One transform on a part of its inputs, of which nothing is kept: what a dataset says of one key now."""

from __future__ import annotations

import difflib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import compute as pc

from transforms_api.build.environment import BuildEnvironment
from transforms_api.build.trial import each, try_out
from transforms_api.declare.specs import Input
from transforms_api.declare.transform import Transform
from transforms_api.errors import MissingInputError, UnknownTargetError
from transforms_api.runtime.arrow_tables import read_slice
from transforms_api.store.delta_log import TableVersion
from transforms_api.store.slices import demand_rows, whole
from transforms_api.store.warehouse import Warehouse

if TYPE_CHECKING:
    from pyarrow.dataset import Dataset


@dataclass(frozen=True)
class OnDemand:
    """What a transform made of a part of its inputs.

    Attributes:
        rows: the rows of its only output.
        notes: what its user might wonder about.
    """

    rows: list[dict[str, Any]]
    notes: list[str]


def run_about(transform: Transform[Any, Any], key: str, value: str, environment: BuildEnvironment) -> OnDemand:
    """Run a transform on those rows of its inputs whose column `key` has `value`; nothing is published.

    It is the job of a build, with its checks. Inputs without such a column are read as a whole.

    Args:
        transform: one with one output, which makes rows of a key from rows of that key alone.

    Raises:
        MissingInputError: the warehouse lacks an input.
        UnknownTargetError: the first input with such a column does not have the value.
        TransformsError: the job fails.
    """
    place = environment.warehouse
    versions = {str(spec.alias): _version(spec, place) for spec in transform.read_specs}
    tables = {dataset: (version, read_slice(whole(version))) for dataset, version in versions.items()}
    _demand_known(tables, key, value)
    inputs = {
        name: each(spec, lambda one: _rows_about(*tables[str(one.alias)], key, value))
        for name, spec in transform.inputs.items()
    }
    with tempfile.TemporaryDirectory(prefix="transforms-on-demand-") as folder:
        inside = Warehouse(Path(folder), place.branch)
        tried = try_out(transform, inputs, replace(environment, warehouse=inside))
        [made] = tried.outputs.values()
        rows = read_slice(whole(made)).to_table().to_pylist() if made is not None else []
    return OnDemand(rows, tried.notes)


def _demand_known(tables: Mapping[str, tuple[TableVersion, Dataset]], key: str, value: str) -> None:
    for dataset, (_, rows) in tables.items():
        if key in rows.schema.names:
            known = [str(one) for one in pc.unique(rows.to_table([key])[key]).to_pylist()]
            if value not in known:
                near = difflib.get_close_matches(value, known, n=3, cutoff=0.5)
                like = f"Did you mean {' or '.join(near)}?" if near else f"One is {min(known, default='none')}."
                raise UnknownTargetError(f"{dataset} has no {key} '{value}'. {like}")
            return


def _rows_about(version: TableVersion, rows: Dataset, key: str, value: str) -> pa.Table | TableVersion:
    return rows.to_table(filter=pc.field(key) == value) if key in rows.schema.names else version


def _version(spec: Input, warehouse: Warehouse) -> TableVersion:
    dataset = str(spec.alias)
    version = warehouse.latest(dataset, spec.branch)
    if version is None:
        raise MissingInputError(
            f"{dataset} is not in {warehouse.root} on branch '{spec.branch or warehouse.branch}'. "
            f"Build it: `build {dataset.rpartition('/')[2]}`."
        )
    demand_rows(dataset, version)
    return version
