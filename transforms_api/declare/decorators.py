"""Decorators: `transform` and its variants, and those that go above a transform, such as `incremental`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from enum import Enum
from typing import Any, ParamSpec, TypeVar

from transforms_api.declare.inputs_outputs import Output, inputs_in
from transforms_api.declare.parameters import FoundryOnlyParam, Param, Source
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
    """The decorator that `transform.using` returns.

    Args:
        params: parameter name → declaration.
        resources: CPUs, memory and container; recorded only.
    """

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
        """Return the decorator with resources. Foundry allocates them; here they are recorded only.

        Args:
            cpu_cores: number of cores.
            memory_gb: memory in GB; do not combine with `memory_mb`.
            memory_mb: memory in MB.
            gpu_type: Foundry's name of a GPU.

        Raises:
            LightweightValueError: both `memory_gb` and `memory_mb`.
        """
        check_resources(memory_gb=memory_gb, memory_mb=memory_mb)
        resources = {"cpu_cores": cpu_cores, "memory_gb": memory_gb, "memory_mb": memory_mb, "gpu_type": gpu_type}
        return SingleNodeBuilder(self._params, {**self._resources, **resources})

    def with_container(self, container_image: str, container_tag: str, **settings: Any) -> SingleNodeBuilder:
        """Return the decorator with a custom container, which exists on Foundry only: the transform cannot run here.

        Args:
            container_image: name of the image.
            container_tag: tag of the image.
            settings: further settings of the container.
        """
        container = {"container_image": container_image, "container_tag": container_tag, **settings}
        return SingleNodeBuilder(self._params, {**self._resources, **container})


class SparkBuilder:
    """The decorator that `transform.spark.using` returns.

    Args:
        params: parameter name → declaration.
        profiles: names of Spark profiles.
    """

    def __init__(self, params: Mapping[str, Param], profiles: Iterable[str] = ()) -> None:
        self._params = params
        self._profiles = tuple(profiles)

    def __call__(self, function: Callable[P, R]) -> Transform[P, R]:
        inputs, outputs, others = split_params(function, self._params)
        made = Transform(function, inputs, outputs, others=others)
        made.profiles = self._profiles
        return made

    def with_config(self, profiles: Iterable[str] = ()) -> SparkBuilder:
        """Return the decorator with Spark profiles.

        Args:
            profiles: names; settings of later profiles override those of earlier ones.
        """
        return SparkBuilder(self._params, (profiles,) if isinstance(profiles, str) else profiles)


class SparkTransforms:
    """`transform.spark`."""

    def using(self, **params: Param) -> SparkBuilder:
        """Return a decorator that makes a function a transform on Spark, as `transform` does.

        Args:
            params: parameter name → declaration.
        """
        return SparkBuilder(params)


class PushdownTransforms:
    """`transform.snowflake` and similar: transforms that run in a different system, and only on Foundry.

    Args:
        system: name of the system.
    """

    def __init__(self, system: str) -> None:
        self._system = system

    def using(self, **params: Param) -> Callable[[Callable[P, R]], Transform[P, R]]:
        """Return a decorator that makes a function a transform of the other system.

        Args:
            params: parameter name → declaration.
        """

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
    """Raise unless resources are consistent.

    Args:
        memory_gb: memory in GB.
        memory_mb: memory in MB.
        container_image: image of a custom container.
        container_tag: tag of the image.
        others: all other resources.

    Raises:
        LightweightValueError: both units of memory, or a container without image or tag.
    """
    if memory_gb is not None and memory_mb is not None:
        raise LightweightValueError("Give memory_gb or memory_mb, not both.")
    containers = [container_image, container_tag, others.get("container_shell_command")]
    if any(containers) and not (container_image and container_tag):
        raise LightweightValueError("A container needs both container_image and container_tag.")


class transform:  # noqa: N801  Foundry's name, and a class there too
    """Make a function a transform that receives input and output objects.

    Args:
        params: parameter name → `Input`, `Output`, a set of these, or a parameter such as `IntegerParam`.

    Raises:
        BindingError: a name is not a parameter of the function.
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
        """Return a decorator for a transform on a single node, with pandas, Polars, Arrow or DuckDB.

        Args:
            params: parameter name → declaration.
        """
        return SingleNodeBuilder(params)

    @classmethod
    def lightweight(cls, **params: Param) -> SingleNodeBuilder:
        """Same as `using`.

        Args:
            params: parameter name → declaration.
        """
        return SingleNodeBuilder(params)


def transform_df(output: Output, **inputs: Param) -> Callable[[Callable[P, R]], Transform[P, R]]:
    """Return a decorator for a function that receives Spark DataFrames and returns one.

    Args:
        output: the dataset that the returned rows become.
        inputs: parameter name → declaration.
    """
    return _returning(Convention.DATAFRAMES, Engine.SPARK, output, inputs)


def transform_pandas(output: Output, **inputs: Param) -> Callable[[Callable[P, R]], Transform[P, R]]:
    """Return a decorator for a function that receives pandas DataFrames and returns one.

    On Foundry the rows pass through Spark; here Spark starts only if the function uses the session of `ctx`.

    Args:
        output: the dataset that the returned rows become.
        inputs: parameter name → declaration.
    """
    return _returning(Convention.PANDAS, Engine.SINGLE_NODE, output, inputs)


def transform_polars(output: Output, **inputs: Param) -> Callable[[Callable[P, R]], ContainerTransform[P, R]]:
    """Return a decorator for a function that receives Polars DataFrames and returns one, on a single node.

    Args:
        output: the dataset that the returned rows become.
        inputs: parameter name → declaration.
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
    """The backend of a transform on Foundry; here Spark computes all transforms."""

    SPARK = "SPARK"
    VELOX = "VELOX"


def configure(
    profile: str | Iterable[str] | None = None,
    allowed_run_duration: timedelta | None = None,
    run_as_user: bool = False,
    backend: ComputeBackend = ComputeBackend.SPARK,
    checkpoint_outputs: bool | None = None,
) -> Callable[[AnyTransform], AnyTransform]:
    """Return a decorator that sets the Spark profiles of a transform and its maximum duration.

    Args:
        profile: names of Spark profiles; settings of later ones override those of earlier ones.
        allowed_run_duration: maximum duration of a job; None: no limit.
        run_as_user: has an effect on Foundry only.
        backend: has an effect on Foundry only.
        checkpoint_outputs: has an effect on Foundry only.

    Raises:
        TransformTypeError: the decorated object is not a transform.
    """
    profiles = (profile,) if isinstance(profile, str) else tuple(profile or ())

    def decorate(decorated: AnyTransform) -> AnyTransform:
        _require_transform("configure", decorated)
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
    """Return a decorator with which a transform reads only new rows and adds to its outputs, if possible.

    Args:
        require_incremental: fail instead of reading everything; a first run and a new `semantic_version` are allowed.
        semantic_version: if the number differs from that of the last run, everything is read.
        snapshot_inputs: parameters whose inputs are always read in full and may change in any way.
        allow_retention: accept that retention removed rows of an input.
        strict_append: an incremental run must not overwrite a file of its outputs.
        v2_semantics: required for `transaction_limit`.

    Raises:
        TransformTypeError: the decorated object is not a transform.
        TransformKeyError: `snapshot_inputs` contains a name that is not an input.
        DeclarationError: a `transaction_limit` without `v2_semantics`, on a snapshot input or on a single node.
    """
    snapshots = frozenset([snapshot_inputs] if isinstance(snapshot_inputs, str) else snapshot_inputs or ())

    def decorate(decorated: AnyTransform) -> AnyTransform:
        _require_transform("incremental", decorated)
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
    """Run a transform on a single node, without Spark. Usable with and without parentheses.

    Args:
        _maybe_function: the transform, if used without parentheses.
        resources: CPUs, memory and container; recorded only.

    Raises:
        LightweightTypeError: the decorated object is not a transform.
        LightweightValueError: the transform receives Spark DataFrames, or the resources are inconsistent.
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
    """Return a decorator that declares external systems.

    Args:
        sources: parameter name → the source that the compute function receives for it.

    Raises:
        TransformTypeError: the decorated object is not a transform.
    """

    def decorate(decorated: AnyTransform) -> AnyTransform:
        _require_transform("external_systems", decorated)
        decorated.sources.update(sources)
        return decorated

    return decorate


def _require_transform(decorator: str, decorated: Any) -> None:
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
