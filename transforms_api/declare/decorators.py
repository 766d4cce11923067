"""What `transform.using(…)` and `transform.spark.using(…)` return: decorators that take resources and profiles too.

The decorators that make a function a transform.

The decorators that go above a transform: `configure`, `incremental`, `lightweight` and those of external systems.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from enum import Enum
from typing import Any, ParamSpec, TypeVar

from transforms_api.declare.inputs_outputs import FoundryOnlyParam, Output, Param, Source, inputs_in
from transforms_api.declare.transforms import (
    RESULT,
    ContainerTransform,
    Convention,
    Engine,
    Incremental,
    Transform,
    split_params,
)
from transforms_api.errors import (
    DeclarationError,
    LightweightTypeError,
    LightweightValueError,
    TransformKeyError,
    TransformTypeError,
)

P = ParamSpec("P")
R = TypeVar("R")


class SingleNodeBuilder:
    """The decorator that `transform.using` returns."""

    def __init__(self, params: Mapping[str, Param], resources: Mapping[str, Any] | None = None) -> None:
        self._params = params
        self._resources = dict(resources or {})

    def __call__(self, function: Callable[P, R]) -> ContainerTransform[P, R]:
        inputs, outputs, others = split_params(function, self._params)
        return ContainerTransform(Transform(function, inputs, outputs, others=others), **self._resources)

    def with_resources(
        self,
        cpu_cores: float | None = None,
        memory_gb: float | None = None,
        memory_mb: float | None = None,
        gpu_type: str | None = None,
    ) -> SingleNodeBuilder:
        """Record what the transform asks of Foundry; here it has the machine.

        Raises:
            LightweightValueError: the memory is given twice.
        """
        check_resources(memory_gb=memory_gb, memory_mb=memory_mb)
        asked = {"cpu_cores": cpu_cores, "memory_gb": memory_gb, "memory_mb": memory_mb, "gpu_type": gpu_type}
        return SingleNodeBuilder(self._params, {**self._resources, **asked})

    def with_container(self, container_image: str, container_tag: str, **settings: Any) -> SingleNodeBuilder:
        """Ask for a container of one's own, which only Foundry has: the transform cannot be run here."""
        container = {"container_image": container_image, "container_tag": container_tag, **settings}
        return SingleNodeBuilder(self._params, {**self._resources, **container})


class SparkBuilder:
    """The decorator that `transform.spark.using` returns."""

    def __init__(self, params: Mapping[str, Param], profiles: Iterable[str] = ()) -> None:
        self._params = params
        self._profiles = tuple(profiles)

    def __call__(self, function: Callable[P, R]) -> Transform[P, R]:
        inputs, outputs, others = split_params(function, self._params)
        made = Transform(function, inputs, outputs, others=others)
        made.profiles = self._profiles
        return made

    def with_config(self, profiles: Iterable[str] = ()) -> SparkBuilder:
        """Name the Spark profiles of the transform, the last of them deciding."""
        return SparkBuilder(self._params, (profiles,) if isinstance(profiles, str) else profiles)


class SparkTransforms:
    """`transform.spark`."""

    def using(self, **params: Param) -> SparkBuilder:
        """Make a function a transform on Spark, the same as `transform` does."""
        return SparkBuilder(params)


class PushdownTransforms:
    """`transform.snowflake` and its like, which compute in another system: declared here, run on Foundry only."""

    def __init__(self, system: str) -> None:
        self._system = system

    def using(self, **params: Param) -> Callable[[Callable[P, R]], Transform[P, R]]:
        """Make a function a transform that Foundry hands to the other system."""

        def decorate(function: Callable[P, R]) -> Transform[P, R]:
            inputs, outputs, others = split_params(function, params)
            made = Transform(function, inputs, outputs, others=others)
            made.foundry_only.append(f"computing in {self._system}")
            return made

        return decorate


def check_resources(
    memory_gb: float | None = None,
    memory_mb: float | None = None,
    container_image: str | None = None,
    container_tag: str | None = None,
    **others: Any,
) -> None:
    """Make sure that resources go together.

    Raises:
        LightweightValueError: the memory is given twice, or a container without both image and tag.
    """
    if memory_gb is not None and memory_mb is not None:
        raise LightweightValueError("Give memory_gb or memory_mb, not both.")
    containers = [container_image, container_tag, others.get("container_shell_command")]
    if any(containers) and not (container_image and container_tag):
        raise LightweightValueError("A container needs both container_image and container_tag.")


class transform:  # noqa: N801  Foundry's name, and a class there too
    """Make a function a transform that reads from input objects and writes to output objects.

    Args:
        params: parameter name → `Input`, `Output`, a set of these, or a parameter such as `IntegerParam`.

    Raises:
        BindingError: the names and the function's parameters do not match.
    """

    spark = SparkTransforms()
    databricks = PushdownTransforms("Databricks")
    snowflake = PushdownTransforms("Snowflake")
    bigquery = PushdownTransforms("BigQuery")

    def __init__(self, **params: Param) -> None:
        self._params = params

    def __call__(self, function: Callable[P, R]) -> Transform[P, R]:
        inputs, outputs, others = split_params(function, self._params)
        return Transform(function, inputs, outputs, others=others)

    @classmethod
    def using(cls, **params: Param) -> SingleNodeBuilder:
        """Make a function a transform on a single node: pandas, Polars, Arrow or DuckDB, no Spark."""
        return SingleNodeBuilder(params)

    @classmethod
    def lightweight(cls, **params: Param) -> SingleNodeBuilder:
        """Do the same as `using`."""
        return SingleNodeBuilder(params)


def transform_df(output: Output, **inputs: Param) -> Callable[[Callable[P, R]], Transform[P, R]]:
    """Make a function that takes Spark DataFrames and returns one a transform that writes `output`."""
    return _returning(Convention.DATAFRAMES, Engine.SPARK, output, inputs)


def transform_pandas(output: Output, **inputs: Param) -> Callable[[Callable[P, R]], Transform[P, R]]:
    """Make a function that takes pandas DataFrames and returns one a transform that writes `output`.

    On Foundry Spark carries the rows to pandas; here no Spark starts unless the function asks `ctx` for its session.
    """
    return _returning(Convention.PANDAS, Engine.SINGLE_NODE, output, inputs)


def transform_polars(output: Output, **inputs: Param) -> Callable[[Callable[P, R]], ContainerTransform[P, R]]:
    """Make a function that takes Polars DataFrames and returns one a transform that writes `output`.

    As on Foundry, it is as if `lightweight` stood above it.
    """
    made: Callable[[Callable[P, R]], Transform[P, R]] = _returning(
        Convention.POLARS, Engine.SINGLE_NODE, output, inputs
    )
    return lambda function: ContainerTransform(made(function))


def _returning(
    convention: Convention, engine: Engine, output: Any, inputs: dict[str, Param]
) -> Callable[[Callable[P, R]], Transform[P, R]]:
    if not isinstance(output, (Output, FoundryOnlyParam)):
        raise TransformTypeError(f"{convention.value} takes its Output first, not {output!r}.")
    if any(isinstance(spec, Output) for spec in inputs.values()):
        raise TransformTypeError(f"{convention.value} writes one Output, its first argument; use transform for more.")

    def decorate(function: Callable[P, R]) -> Transform[P, R]:
        read, _, others = split_params(function, inputs)
        if isinstance(output, Output):
            return Transform(function, read, {RESULT: output}, others=others, convention=convention, engine=engine)
        return Transform(function, read, others={**others, RESULT: output}, convention=convention, engine=engine)

    return decorate


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
