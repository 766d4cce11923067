"""What tests of transforms use: rows made up for a contract, assertions, the classes that Foundry's own tests have.

Names are imported when they are used: the pytest plugin below loads with every pytest run of the environment.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transforms_api.testing.assertions import assert_contract, assert_df_equality
    from transforms_api.testing.factories import frame_for, rows_for
    from transforms_api.testing.in_memory import compute_transform
    from transforms_api.testing.trial_run import run_transform

_MODULES = {
    "assert_contract": "assertions",
    "assert_df_equality": "assertions",
    "compute_transform": "in_memory",
    "frame_for": "factories",
    "rows_for": "factories",
    "run_transform": "trial_run",
}

__all__ = [
    "assert_contract",
    "assert_df_equality",
    "compute_transform",
    "frame_for",
    "rows_for",
    "run_transform",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
