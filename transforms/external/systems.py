"""Foundry's `transforms.external.systems`: names only. Sources work here; the older way of declaring them does not."""

from transforms_api.declare import Source, external_systems, stub_package
from transforms_api.runtime import ResolvedSource

__all__ = [  # noqa: F822  __getattr__ has those that are not imported
    "Credential",
    "EgressPolicy",
    "ExportControl",
    "ResolvedSource",
    "Source",
    "external_systems",
    "use_external_systems",
]

__getattr__, __path__ = stub_package(__name__)
