"""Errors that transforms may want to catch: names only, `transforms_api` raises them."""

from transforms_api.errors import (
    LightweightException,
    LightweightNotImplementedError,
    LightweightTypeError,
    LightweightValueError,
    NotSupportedLocallyError,
    SchemaMismatchError,
    TransformKeyError,
    TransformTypeError,
)

__all__ = [
    "LightweightException",
    "LightweightNotImplementedError",
    "LightweightTypeError",
    "LightweightValueError",
    "NotSupportedLocallyError",
    "SchemaMismatchError",
    "TransformKeyError",
    "TransformTypeError",
]
