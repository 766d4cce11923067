"""The decorators that go above a transform: `configure`, `incremental`, `lightweight` and those of external systems."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from enum import Enum
from typing import Any, TypeVar

from transforms_api.declare.builders import check_resources
from transforms_api.declare.sources import Source
from transforms_api.declare.specs import inputs_in
from transforms_api.declare.transform import ContainerTransform, Convention, Engine, Incremental, Transform
from transforms_api.errors import (
    DeclarationError,
    LightweightTypeError,
    LightweightValueError,
    TransformKeyError,
    TransformTypeError,
)

AnyTransform = TypeVar("AnyTransform", bound=Transform[Any, Any])


class ComputeBackend(Enum):
    """What computes a transform on Foundry; here Spark does, whichever is asked for."""

    SPARK = "SPARK"
    VELOX = "VELOX"


def configure(
    profile: str | Iterable[str] | None = None,
    allowed_run_duration: timedelta | None = None,
    run_as_user: bool = False,
    backend: ComputeBackend = ComputeBackend.SPARK,
    checkpoint_outputs: bool | None = None,
) -> Callable[[AnyTransform], AnyTransform]:
    """Name the Spark profiles of a transform and how long it may run; the rest means something on Foundry alone.

    Raises:
        TransformTypeError: what it decorates is no transform.
    """
    profiles = (profile,) if isinstance(profile, str) else tuple(profile or ())

    def decorate(decorated: AnyTransform) -> AnyTransform:
        _demand_transform("configure", decorated)
        decorated.profiles = profiles
        decorated.allowed_run_duration = allowed_run_duration
        return decorated

    return decorate


def incremental(
    require_incremental: bool = False,
    semantic_version: int = 1,
    snapshot_inputs: Iterable[str] | None = None,
    allow_retention: bool = False,
    strict_append: bool = False,
    v2_semantics: bool = False,
) -> Callable[[AnyTransform], AnyTransform]:
    """Let a transform read only what is new since its last run and add to its outputs, where that is possible.

    Args:
        require_incremental: fail rather than run as a whole; a first run and a new `semantic_version` may.
        semantic_version: another number than at the last run makes it run as a whole.
        snapshot_inputs: parameters whose inputs are read as a whole and may change in any way.
        allow_retention: rows that retention removed from an input do no harm.
        strict_append: an incremental run must not overwrite a file of its outputs.
        v2_semantics: needed for `transaction_limit`.

    Raises:
        TransformTypeError: what it decorates is no transform.
        TransformKeyError: `snapshot_inputs` names no input of the transform.
        DeclarationError: a `transaction_limit` without `v2_semantics`, on a snapshot input or on a single node.
    """
    snapshots = frozenset([snapshot_inputs] if isinstance(snapshot_inputs, str) else snapshot_inputs or ())

    def decorate(decorated: AnyTransform) -> AnyTransform:
        _demand_transform("incremental", decorated)
        if unknown := sorted(snapshots - decorated.inputs.keys() - decorated.foundry_params.keys()):
            raise TransformKeyError(
                f"{decorated.location}: snapshot_inputs of '{decorated.__name__}' names {', '.join(unknown)}, "
                f"but its inputs are {', '.join(decorated.inputs)}."
            )
        decorated.incremental = Incremental(
            require_incremental, semantic_version, snapshots, allow_retention, strict_append, v2_semantics
        )
        _check_limits(decorated, decorated.incremental)
        return decorated

    return decorate


def lightweight(_maybe_function: Any = None, **resources: Any) -> Any:
    """Run a transform on a single node, without Spark; usable bare or called with Foundry's resources.

    Raises:
        LightweightTypeError: what it decorates is no transform.
        LightweightValueError: the transform takes Spark DataFrames, or the resources do not go together.
    """
    check_resources(**resources)

    def decorate(decorated: Transform[Any, Any]) -> ContainerTransform[Any, Any]:
        if not isinstance(decorated, Transform):
            raise LightweightTypeError(f"lightweight goes above @transform or @transform_pandas, not on {decorated!r}.")
        if decorated.convention is Convention.DATAFRAMES:
            raise LightweightValueError(
                f"{decorated.location}: '{decorated.__name__}' takes Spark DataFrames; a single node has none. "
                "Use @transform, @transform_pandas or @transform_polars under @lightweight."
            )
        return ContainerTransform(decorated, **resources)

    return decorate if _maybe_function is None else decorate(_maybe_function)


def external_systems(**sources: Source) -> Callable[[AnyTransform], AnyTransform]:
    """Hand sources to a transform's parameters of these names.

    Raises:
        TransformTypeError: what it decorates is no transform.
    """

    def decorate(decorated: AnyTransform) -> AnyTransform:
        _demand_transform("external_systems", decorated)
        decorated.sources.update(sources)
        return decorated

    return decorate


def _demand_transform(decorator: str, decorated: Any) -> None:
    if not isinstance(decorated, Transform):
        raise TransformTypeError(f"{decorator} goes above @transform or one of its like, not on {decorated!r}.")


def _check_limits(decorated: Transform[Any, Any], settings: Incremental) -> None:
    for name, spec in decorated.inputs.items():
        if not any(member.transaction_limit for member in inputs_in(spec)):
            continue
        if not settings.v2_semantics or name in settings.snapshot_inputs or decorated.engine is Engine.SINGLE_NODE:
            raise DeclarationError(
                f"{decorated.location}: transaction_limit of '{name}' needs Spark and @incremental with "
                "v2_semantics=True, and the input must not be one of snapshot_inputs."
            )
