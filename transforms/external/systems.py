"""Foundry's `transforms.external.systems`: names only. Sources work here; the older way of declaring them does not."""

from transforms_api.declare.modifiers import external_systems
from transforms_api.declare.sources import Source
from transforms_api.declare.stand_ins import stand_in_package
from transforms_api.runtime.external import ResolvedSource

__all__ = [  # noqa: F822  __getattr__ has those that are not imported
    "Credential",
    "EgressPolicy",
    "ExportControl",
    "ResolvedSource",
    "Source",
    "external_systems",
    "use_external_systems",
]

__getattr__, __path__ = stand_in_package(__name__)
