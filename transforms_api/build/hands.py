"""What a compute function is given into its hands: inputs, outputs, parameters, sources, models and context."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from transforms_api.build.environment import BuildEnvironment
from transforms_api.build.incremental import Run
from transforms_api.declare.binding import CONTEXT, wants_context
from transforms_api.declare.parameters import ParamValueInput
from transforms_api.declare.specs import Input, InputSet, Output, OutputSet
from transforms_api.declare.transform import ContainerTransform, Engine, Transform
from transforms_api.errors import NotSupportedLocallyError
from transforms_api.runtime.context import IncrementalTransformContext, LightweightContext, TransformContext
from transforms_api.runtime.driver import Session
from transforms_api.runtime.external import ResolvedSource
from transforms_api.runtime.inputs import IncrementalTransformInput, TransformInput
from transforms_api.runtime.language_model import OpenAiGptChatLanguageModel
from transforms_api.runtime.output_state import OutputState
from transforms_api.runtime.outputs import IncrementalTransformOutput, TransformOutput
from transforms_api.runtime.single_node_inputs import IncrementalLightweightInput, LightweightInput
from transforms_api.runtime.single_node_outputs import IncrementalLightweightOutput, LightweightOutput


@dataclass(frozen=True)
class Hands:
    """The arguments of a compute function; a set's parameter has a list."""

    inputs: dict[str, Any]
    outputs: dict[str, Any]
    others: dict[str, Any]


def hands_of(
    transform: Transform[Any, Any],
    run: Run,
    states: Mapping[str, OutputState],
    spark: Session,
    environment: BuildEnvironment,
) -> Hands:
    """Return what a job hands to its compute function.

    Args:
        states: the outputs' states, by dataset.
        spark: the job's session.

    Raises:
        NotSupportedLocallyError: the transform declares a source that the settings do not have.
        DeclarationError: a parameter's value is not allowed.
    """

    def read(spec: Input) -> Any:
        return _input(transform, spec, run, spark)

    inputs = {
        name: [read(member) for member in spec.members] if isinstance(spec, InputSet) else read(spec)
        for name, spec in transform.inputs.items()
    }
    read_here = [one for given in inputs.values() for one in (given if isinstance(given, list) else [given])]

    def written(spec: Output) -> Any:
        return _output(transform, spec, states, spark, read_here)

    outputs = {
        name: [written(member) for member in spec.members] if isinstance(spec, OutputSet) else written(spec)
        for name, spec in transform.outputs.items()
    }
    return Hands(inputs, outputs, other_arguments(transform, run.is_incremental, inputs, spark, environment))


def other_arguments(
    transform: Transform[Any, Any],
    is_incremental: bool,
    inputs: Mapping[str, Any],
    spark: Session,
    environment: BuildEnvironment,
) -> dict[str, Any]:
    """Return the arguments of a compute function beside inputs and outputs: parameters, sources, models and context.

    Args:
        inputs: the objects of its inputs, which the context of a single-node transform reads.

    Raises:
        NotSupportedLocallyError: the transform declares a source that the settings do not have.
        DeclarationError: a parameter's value is not allowed.
    """
    parameters = environment.parameters
    values = {name: spec.parse(parameters.get(name, spec.default)) for name, spec in transform.parameters.items()}
    others: dict[str, Any] = {name: ParamValueInput(value) for name, value in values.items()}
    others |= {name: _source(transform, name, spec.rid, environment) for name, spec in transform.sources.items()}
    model = environment.language_model
    others |= {name: OpenAiGptChatLanguageModel(name, model) for name in transform.language_models}
    if wants_context(transform.compute_function):
        others[CONTEXT] = _context(transform, is_incremental, values, inputs, spark, environment)
    return others


def _input(transform: Transform[Any, Any], spec: Input, run: Run, spark: Session) -> Any:
    view, rid = run.views[str(spec.alias)], getattr(spec, "rid", None)
    if transform.engine is Engine.SINGLE_NODE:
        return (IncrementalLightweightInput if transform.incremental else LightweightInput)(view, rid)
    return (IncrementalTransformInput if transform.incremental else TransformInput)(view, spark, rid)


def _output(
    transform: Transform[Any, Any],
    spec: Output,
    states: Mapping[str, OutputState],
    spark: Session,
    inputs: Sequence[Any],
) -> Any:
    state, rid = states[str(spec.alias)], getattr(spec, "rid", None)
    if transform.engine is Engine.SINGLE_NODE:
        return (IncrementalLightweightOutput if transform.incremental else LightweightOutput)(state, rid, inputs)
    return (IncrementalTransformOutput if transform.incremental else TransformOutput)(state, spark, rid)


def _source(transform: Transform[Any, Any], name: str, rid: str, environment: BuildEnvironment) -> ResolvedSource:
    settings = environment.sources.get(rid) or environment.sources.get(name)
    if settings is None:
        raise NotSupportedLocallyError(
            f"{transform.location}: transform '{transform.__name__}' talks to the external source {rid} ('{name}'). "
            f'Give its url and secrets in conf/sources.toml, under [sources."{rid}"].'
        )
    return ResolvedSource(rid, settings)


def _context(
    transform: Transform[Any, Any],
    is_incremental: bool,
    values: Mapping[str, Any],
    inputs: Mapping[str, Any],
    spark: Session,
    environment: BuildEnvironment,
) -> Any:
    fallbacks = environment.warehouse.fallback_branches
    if isinstance(transform, ContainerTransform):
        single = {name: one for name, one in inputs.items() if isinstance(one, LightweightInput)}
        return LightweightContext(values, fallbacks, single, is_incremental)
    if transform.incremental is None:
        return TransformContext(spark, values, fallbacks)
    context = IncrementalTransformContext(spark, values, fallbacks)
    context.is_incremental = is_incremental
    return context
