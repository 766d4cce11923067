"""Foundry's `transforms.sidecar`. Every name can be imported; transforms with containers beside them run there only."""

from transforms_api.declare import stub_package

__all__ = ["Volume", "sidecar"]  # noqa: F822  __getattr__ has those that are not imported

__getattr__, __path__ = stub_package(__name__)
