"""Foundry's `transforms.mediasets`. Every name can be imported; transforms on media sets run on Foundry only."""

from transforms_api.declare import stub_package

__all__ = [  # noqa: F822  __getattr__ has those that are not imported
    "LightweightMediaSetInputParam",
    "LightweightMediaSetOutputParam",
    "MediaSetInput",
    "MediaSetInputParam",
    "MediaSetOutput",
    "MediaSetOutputParam",
]

__getattr__, __path__ = stub_package(__name__)
