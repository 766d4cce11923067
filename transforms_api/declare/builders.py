"""What `transform.using(…)` and `transform.spark.using(…)` return: decorators that take resources and profiles too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ParamSpec, TypeVar

from transforms_api.declare.specs import Param
from transforms_api.declare.transform import ContainerTransform, Transform, split_params
from transforms_api.errors import LightweightValueError

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
