"""The arguments of a compute function, and its call by the convention of its decorator."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.incremental import ReadPlan
from transforms_api.declare import (
    CONTEXT,
    BoundInput,
    BoundOutput,
    ContainerTransform,
    Convention,
    Engine,
    ParamValueInput,
    Transform,
    wants_context,
)
from transforms_api.engines import SessionFactory, error_text, explain, is_frame
from transforms_api.errors import ComputeError, NotSupportedLocallyError, TransformsError, WriteError
from transforms_api.runtime import (
    IncrementalLightweightInput,
    IncrementalLightweightOutput,
    IncrementalTableLightweightInput,
    IncrementalTableLightweightOutput,
    IncrementalTableTransformInput,
    IncrementalTableTransformOutput,
    IncrementalTransformContext,
    IncrementalTransformInput,
    IncrementalTransformOutput,
    JobAborted,
    LightweightContext,
    LightweightInput,
    LightweightOutput,
    OpenAiGptChatLanguageModel,
    OutputState,
    ResolvedSource,
    TableLightweightInput,
    TableLightweightOutput,
    TableTransformInput,
    TableTransformOutput,
    TransformContext,
    TransformInput,
    TransformOutput,
)
from transforms_api.warehouse import TableVersion

_SPARK_INPUTS: dict[tuple[bool, bool], type[TransformInput]] = {
    (False, False): TransformInput,
    (False, True): IncrementalTransformInput,
    (True, False): TableTransformInput,
    (True, True): IncrementalTableTransformInput,
}
"""(is a table, is incremental) → class of the input."""
_LIGHTWEIGHT_INPUTS: dict[tuple[bool, bool], type[LightweightInput]] = {
    (False, False): LightweightInput,
    (False, True): IncrementalLightweightInput,
    (True, False): TableLightweightInput,
    (True, True): IncrementalTableLightweightInput,
}
_SPARK_OUTPUTS: dict[tuple[bool, bool], type[TransformOutput]] = {
    (False, False): TransformOutput,
    (False, True): IncrementalTransformOutput,
    (True, False): TableTransformOutput,
    (True, True): IncrementalTableTransformOutput,
}
_LIGHTWEIGHT_OUTPUTS: dict[tuple[bool, bool], type[LightweightOutput]] = {
    (False, False): LightweightOutput,
    (False, True): IncrementalLightweightOutput,
    (True, False): TableLightweightOutput,
    (True, True): IncrementalTableLightweightOutput,
}


@dataclass(frozen=True)
class BoundArguments:
    """The arguments of a compute function by parameter; a set's parameter has a list.

    Attributes:
        inputs: input objects.
        outputs: output objects.
        others: parameters, sources, language models and the context.
    """

    inputs: dict[str, Any]
    outputs: dict[str, Any]
    others: dict[str, Any]


def bind_arguments(
    transform: Transform[Any, Any],
    run: ReadPlan,
    states: Mapping[str, OutputState],
    spark: SessionFactory,
    environment: BuildEnvironment,
) -> BoundArguments:
    """Return the arguments of a job's compute function.

    Args:
        transform: the transform of the job.
        run: what the job reads.
        states: dataset → state of the output.
        spark: the job's session.
        environment: parameters, sources and language model of the build.

    Raises:
        NotSupportedLocallyError: conf/sources.toml lacks a source of the transform.
        DeclarationError: the value of a parameter is not allowed.
    """

    inputs = transform.map_inputs(lambda bound: _input(transform, bound, run, spark))
    read_here = [source for value in inputs.values() for source in (value if isinstance(value, list) else [value])]
    outputs = transform.map_outputs(lambda bound: _output(transform, bound, states, spark, read_here))
    return BoundArguments(inputs, outputs, other_arguments(transform, run.is_incremental, inputs, spark, environment))


def other_arguments(
    transform: Transform[Any, Any],
    is_incremental: bool,
    inputs: Mapping[str, Any],
    spark: SessionFactory,
    environment: BuildEnvironment,
) -> dict[str, Any]:
    """Return the arguments other than inputs and outputs: parameters, sources, language models and context.

    Args:
        transform: the transform of the job.
        is_incremental: whether the job reads only new rows.
        inputs: parameter → input object, for the DuckDB connection of a single-node context.
        spark: the job's session.
        environment: parameters, sources and language model of the build.

    Raises:
        NotSupportedLocallyError: conf/sources.toml lacks a source of the transform.
        DeclarationError: the value of a parameter is not allowed.
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


def _input(transform: Transform[Any, Any], bound: BoundInput, run: ReadPlan, spark: SessionFactory) -> Any:
    view, rid, is_incremental = run.views[bound.dataset], bound.rid, transform.incremental is not None
    if transform.engine is Engine.SINGLE_NODE:
        return _LIGHTWEIGHT_INPUTS[bound.is_table, is_incremental](view, rid)
    return _SPARK_INPUTS[bound.is_table, is_incremental](view, spark, rid)


def _output(
    transform: Transform[Any, Any],
    bound: BoundOutput,
    states: Mapping[str, OutputState],
    spark: SessionFactory,
    inputs: Sequence[Any],
) -> Any:
    state, rid = states[bound.dataset], bound.rid
    kind = bound.table_format is not None, transform.incremental is not None
    if transform.engine is Engine.SINGLE_NODE:
        return _LIGHTWEIGHT_OUTPUTS[kind](state, rid, inputs)
    return _SPARK_OUTPUTS[kind](state, spark, rid)


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
    spark: SessionFactory,
    environment: BuildEnvironment,
) -> Any:
    fallbacks = environment.warehouse.fallback_branches
    if isinstance(transform, ContainerTransform):
        single = {name: input_ for name, input_ in inputs.items() if isinstance(input_, LightweightInput)}
        return LightweightContext(values, fallbacks, single, is_incremental)
    if transform.incremental is None:
        return TransformContext(spark, values, fallbacks)
    context = IncrementalTransformContext(spark, values, fallbacks)
    context.is_incremental = is_incremental
    return context


def compute(transform: Transform[Any, Any], arguments: BoundArguments, spark: SessionFactory) -> bool:
    """Call the compute function, write its return value, and return False if it called `abort_job()`.

    Args:
        transform: the transform of the job.
        arguments: the arguments of its compute function.
        spark: the job's session.

    Raises:
        ComputeError: the function raised an error, which is the cause with its own traceback.
        WriteError: written or returned rows cannot become a dataset.
    """
    try:
        if transform.engine is Engine.SPARK:
            spark()  # a function may build columns, F.lit(…), before it uses the session
        if transform.convention is Convention.OBJECTS:
            transform(**arguments.others, **arguments.inputs, **arguments.outputs)
        else:
            [output] = arguments.outputs.values()
            frames = {name: _frame(transform.convention, source) for name, source in arguments.inputs.items()}
            _write(transform, output, transform(**arguments.others, **frames))
    except JobAborted:
        return False
    except TransformsError:
        raise
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) and threading.current_thread() is threading.main_thread():
            raise  # Ctrl-C, not an error of the function: jobs of builds run in other threads
        raise ComputeError(explain(error, _read_by(arguments)) or error_text(error)) from error
    return True


def _read_by(arguments: BoundArguments) -> list[TableVersion]:
    inputs = [
        source for value in arguments.inputs.values() for source in (value if isinstance(value, list) else [value])
    ]
    return [source.view.version for source in inputs if hasattr(source, "view")]  # rows of a test may not be in a table


def _frame(convention: Convention, source: Any) -> Any:
    if isinstance(source, list):
        return [_frame(convention, part) for part in source]
    if convention is Convention.PANDAS:
        return source.spark_like_pandas()
    return source.polars() if convention is Convention.POLARS else source.dataframe()


def _write(transform: Transform[Any, Any], output: Any, result: Any) -> None:
    expected, library, names = {
        Convention.DATAFRAMES: ("Spark", "pyspark", ("DataFrame",)),
        Convention.PANDAS: ("pandas", "pandas", ("DataFrame",)),
        Convention.POLARS: ("Polars", "polars", ("DataFrame", "LazyFrame")),
    }[transform.convention]
    kind = type(result)
    fits = kind.__module__.partition(".")[0] == library and kind.__name__ in names
    if not (fits or (library == "pyspark" and is_frame(result))):
        raise WriteError(
            f"{transform.location}: transform '{transform.__name__}' has to return a {expected} DataFrame, "
            f"not a {kind.__name__}."
        )
    output.write_dataframe(result)
