"""What a build will run: the targets and what they need, but for what was imported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from transforms_api.declare.transform import Transform
from transforms_api.errors import DeclarationError
from transforms_api.graph.build_graph import BuildGraph, check_inputs
from transforms_api.store.delta_log import is_table, provenance
from transforms_api.store.warehouse import Warehouse

IMPORT = "import"
"""`kind` in the provenance of a version that an import published."""


@dataclass(frozen=True)
class Plan:
    """The transforms to run, in build order, and those left out because an import wrote their datasets."""

    jobs: list[Transform]
    imported: list[Transform]
    parameters: Mapping[str, Any]


def make_plan(graph: BuildGraph, warehouse: Warehouse, targets: Sequence[str], parameters: Mapping[str, Any]) -> Plan:
    """Return the plan of a build of `targets`, or of everything where there are none.

    Args:
        parameters: values for parameters of these names, in every transform that declares them.

    Raises:
        UnknownTargetError: a target means no dataset or transform.
        MissingInputError: an input that nobody writes is not in the warehouse.
        DeclarationError: no transform has a parameter of such a name, or its value is not allowed.
    """

    def is_imported(transform: Transform) -> bool:
        tables = [warehouse.table(dataset) for dataset in transform.writes]
        return all(is_table(table) and provenance(table).get("kind") == IMPORT for table in tables)

    wanted = graph.select(targets) if targets else list(graph.order)
    imported = {id(transform) for transform in graph.order if is_imported(transform)}
    needed = graph.needed_for(wanted, lambda transform: id(transform) in imported)
    jobs = [transform for transform in needed if id(transform) not in imported]
    check_inputs(graph, jobs, lambda dataset: is_table(warehouse.table(dataset)))
    _check_parameters(graph, parameters)
    return Plan(jobs, [transform for transform in needed if id(transform) in imported], parameters)


def _check_parameters(graph: BuildGraph, parameters: Mapping[str, Any]) -> None:
    for name, value in parameters.items():
        declared = [transform.parameters[name] for transform in graph.order if name in transform.parameters]
        if not declared:
            raise DeclarationError(f"No transform has a parameter '{name}'.")
        for parameter in declared:
            parameter.parse(value)
