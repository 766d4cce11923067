"""`Transform`: a compute function with its declared inputs, outputs and parameters."""

from __future__ import annotations

import functools
import hashlib
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import Any, Generic, ParamSpec, TypeVar

from transforms_api.declare.inputs_outputs import (
    BoundInput,
    BoundOutput,
    Input,
    InputSet,
    Output,
    OutputSet,
    bind_input,
    bind_output,
    inputs_in,
    outputs_in,
)
from transforms_api.declare.parameters import (
    FoundryOnlyParam,
    OpenAiGptChatLanguageModelInput,
    Param,
    Source,
    ValueParam,
)
from transforms_api.errors import BindingError, DeclarationError, TransformTypeError

CONTEXT = "ctx"


def wants_context(function: Callable[..., Any]) -> bool:
    """Return whether a function has a parameter called `ctx`.

    Args:
        function: a compute function.
    """
    return CONTEXT in inspect.signature(function).parameters


def location(function: Callable[..., Any]) -> str:
    """Return 'file:line' of a function's definition.

    Args:
        function: any callable; of one without code, such as a built-in, its repr is returned.
    """
    code = getattr(inspect.unwrap(function), "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code else repr(function)


def refuse_unexpected(function: Callable[..., Any], names: Iterable[str]) -> None:
    """Raise unless a function accepts all these keyword arguments; `**kwargs` accepts every name.

    Args:
        function: a compute function.
        names: names that a decorator declares.

    Raises:
        BindingError: the function does not accept a name, or a name is 'ctx'.
    """
    declared = set(names)
    if CONTEXT in declared:
        raise _refused(function, "no input or output may be called 'ctx'")
    parameters = inspect.signature(function).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return
    named = {p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    if unexpected := sorted(declared - named):
        raise _refused(function, f"it has no parameter {_quoted(unexpected)}, which the decorator declares")


def refuse_missing(function: Callable[..., Any], names: Iterable[str]) -> None:
    """Raise unless a function can be called with these keyword arguments and `ctx` alone.

    Args:
        function: a compute function; its parameters with defaults need no argument.
        names: names that a decorator declares.

    Raises:
        BindingError: no declaration provides a parameter.
    """
    parameters = inspect.signature(function).parameters.values()
    variable = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    required = {p.name for p in parameters if p.default is p.empty and p.kind not in variable}
    if missing := sorted(required - set(names) - {CONTEXT}):
        raise _refused(function, f"nothing is declared for its parameter {_quoted(missing)}")


def _refused(function: Callable[..., Any], problem: str) -> BindingError:
    return BindingError(
        f"{location(function)}: transform '{function.__name__}': {problem}. "
        "Names in the decorator and parameters of the function have to be the same."
    )


def _quoted(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


P = ParamSpec("P")
R = TypeVar("R")
Value = TypeVar("Value")
Bound = TypeVar("Bound", BoundInput, BoundOutput)


RESULT = "output"
"""Name of the output of `transform_df` and similar decorators, which has no parameter in the compute function."""


class Engine(Enum):
    """The engine that runs a transform."""

    SPARK = "Spark"
    SINGLE_NODE = "single node"
    """pandas, Polars, Arrow or DuckDB in this process; Spark does not start."""


class Convention(Enum):
    """How a compute function receives its inputs and returns its result."""

    OBJECTS = "transform"
    """Receives input and output objects; its return value is ignored."""
    DATAFRAMES = "transform_df"
    """Receives Spark DataFrames and returns the output as one."""
    PANDAS = "transform_pandas"
    """Receives pandas DataFrames and returns the output as one."""
    POLARS = "transform_polars"
    """Receives Polars DataFrames and returns the output as one."""


@dataclass(frozen=True)
class Incremental:
    """The arguments of `@incremental`, see there."""

    require_incremental: bool = False
    semantic_version: int = 1
    snapshot_inputs: frozenset[str] = field(default_factory=frozenset)
    allow_retention: bool = False
    strict_append: bool = False
    v2_semantics: bool = False


class Transform(Generic[P, R]):
    """A compute function with its declared inputs, outputs and parameters.

    Calling a transform calls the plain function, as unit tests do; only a build resolves datasets. Transforms are
    compared and hashed by identity, so they serve as keys.

    Args:
        compute_func: the compute function.
        inputs: parameter name → `Input` or `InputSet`.
        outputs: parameter name → `Output` or `OutputSet`.
        profile: name of a Spark profile.
        others: parameter name → all other declarations.
        convention: how the function receives inputs and returns its result.
        engine: where the function runs.

    Attributes:
        compute_function: the compute function.
        convention: how the function receives inputs and returns its result.
        engine: where the function runs.
        inputs: parameter name → `Input` or `InputSet`.
        outputs: parameter name → `Output` or `OutputSet`.
        parameters: parameter name → `IntegerParam` or one of its siblings.
        sources: parameter name → `Source`.
        language_models: parameter name → `OpenAiGptChatLanguageModelInput`.
        incremental: arguments of `@incremental`, None without it.
        profiles: Spark profiles named by `configure` or `with_config`.
        allowed_run_duration: maximum duration of a job; None: no limit.
        foundry_only: required features that exist on Foundry only; if there are any, the transform cannot run here.
        foundry_params: parameter name → declaration that exists on Foundry only.
        absent: parameters that only Foundry can provide.

    Raises:
        BindingError: a declared name is not a parameter of the function.
        DeclarationError: no output, or two checks with one name.
    """

    __name__: str

    def __init__(
        self,
        compute_func: Callable[P, R],
        inputs: Mapping[str, Input | InputSet] | None = None,
        outputs: Mapping[str, Output | OutputSet] | None = None,
        profile: str | None = None,
        *,
        others: Mapping[str, Param] | None = None,
        convention: Convention = Convention.OBJECTS,
        engine: Engine = Engine.SPARK,
    ) -> None:
        self.compute_function = compute_func
        self.convention = convention
        self.engine = engine
        self.inputs = dict(inputs or {})
        self.outputs = dict(outputs or {})
        self.parameters = {name: spec for name, spec in (others or {}).items() if isinstance(spec, ValueParam)}
        self.sources = {name: spec for name, spec in (others or {}).items() if isinstance(spec, Source)}
        self.language_models = {
            name: spec for name, spec in (others or {}).items() if isinstance(spec, OpenAiGptChatLanguageModelInput)
        }
        self.foundry_only: list[str] = []
        self.foundry_params: dict[str, FoundryOnlyParam] = {}
        self.absent: set[str] = set()
        self.add_foundry_only(others or {})
        self.incremental: Incremental | None = None
        self.profiles: tuple[str, ...] = (profile,) if profile else ()
        self.allowed_run_duration: timedelta | None = None
        functools.update_wrapper(self, compute_func)
        self._validate()

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the compute function with these arguments."""
        return self.compute_function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<Transform {self.reference}>"

    def compute(self, ctx: Any = None, **kwargs: Any) -> dict[str, Any]:
        """Call the compute function and return its output objects by parameter name.

        Args:
            ctx: the context, passed if the function has a parameter of that name.
            kwargs: input and output objects by parameter name.
        """
        context = {"ctx": ctx} if "ctx" in inspect.signature(self.compute_function).parameters else {}
        self.compute_function(**context, **kwargs)  # type: ignore[call-arg]
        return {name: kwargs[name] for name in self.outputs if name in kwargs}

    @property
    def reference(self) -> str:
        """Module and name of the compute function."""
        return f"{self.__module__}:{self.__name__}"

    @property
    def location(self) -> str:
        """'file:line' of the compute function's definition."""
        return location(self.compute_function)

    @property
    def version(self) -> str:
        """SHA-256 digest of the source of the compute function's module, in hexadecimal."""
        source = inspect.getsource(inspect.getmodule(self.compute_function) or self.compute_function)
        return hashlib.sha256(source.encode()).hexdigest()

    @property
    def read_specs(self) -> list[Input]:
        """The declared inputs, members of sets included."""
        return [member for spec in self.inputs.values() for member in inputs_in(spec)]

    @property
    def written_specs(self) -> list[Output]:
        """The declared outputs, members of sets included."""
        return [member for spec in self.outputs.values() for member in outputs_in(spec)]

    @property
    def bound_inputs(self) -> tuple[BoundInput, ...]:
        """The inputs, members of sets included, with their datasets.

        Raises:
            DeclarationError: an input names no dataset, see `is_bound`.
        """
        return tuple(bind_input(name, member) for name, spec in self.inputs.items() for member in inputs_in(spec))

    @property
    def bound_outputs(self) -> tuple[BoundOutput, ...]:
        """The outputs, members of sets included, with their datasets.

        Raises:
            DeclarationError: an output names no dataset, see `is_bound`.
        """
        return tuple(bind_output(name, member) for name, spec in self.outputs.items() for member in outputs_in(spec))

    def map_inputs(self, make: Callable[[BoundInput], Value]) -> dict[str, Value | list[Value]]:
        """Return parameter → `make(input)`, for an `InputSet` a list of the results.

        Args:
            make: called once for each input with its dataset.

        Raises:
            DeclarationError: an input names no dataset.
        """
        return _by_parameter(self.inputs, self.bound_inputs, make)

    def map_outputs(self, make: Callable[[BoundOutput], Value]) -> dict[str, Value | list[Value]]:
        """Return parameter → `make(output)`, for an `OutputSet` a list of the results.

        Args:
            make: called once for each output with its dataset.

        Raises:
            DeclarationError: an output names no dataset.
        """
        return _by_parameter(self.outputs, self.bound_outputs, make)

    @property
    def reads(self) -> list[str]:
        """Datasets that the transform reads, without duplicates, in order of declaration."""
        return list(dict.fromkeys(spec.alias for spec in self.read_specs if spec.alias))

    @property
    def writes(self) -> list[str]:
        """Datasets that the transform writes, without duplicates, in order of declaration."""
        return list(dict.fromkeys(spec.alias for spec in self.written_specs if spec.alias))

    @property
    def is_bound(self) -> bool:
        """Whether every input and output names a dataset, so that the transform can be built."""
        inputs = [[member.alias for member in inputs_in(spec)] for spec in self.inputs.values()]
        outputs = [[member.alias for member in outputs_in(spec)] for spec in self.outputs.values()]
        return all(aliases and all(aliases) for aliases in (*inputs, *outputs))

    @property
    def parameter_names(self) -> list[str]:
        """Parameters of the compute function that the decorators declare, without `ctx`."""
        outputs = self.outputs if self.convention is Convention.OBJECTS else {}
        provided = (*self.inputs, *self.parameters, *self.sources, *self.language_models)
        return [*provided, *sorted(self.absent), *outputs]

    def add_foundry_only(self, params: Mapping[str, Any]) -> None:
        """Record the declarations that exist on Foundry only.

        Args:
            params: parameter name → declaration; others are ignored.
        """
        absent = {name: spec for name, spec in params.items() if isinstance(spec, FoundryOnlyParam)}
        self.foundry_only += [spec.feature for spec in absent.values()]
        self.foundry_params |= absent
        returned = set[str]() if self.convention is Convention.OBJECTS else {RESULT}
        self.absent |= absent.keys() - returned

    def check_binding(self) -> None:
        """Raise unless every parameter of the compute function is declared.

        Call this after all decorators have been applied: `external_systems` above the first one declares parameters,
        too.

        Raises:
            BindingError: a parameter has no declaration.
        """
        refuse_missing(self.compute_function, self.parameter_names)

    def _validate(self) -> None:
        refuse_unexpected(self.compute_function, self.parameter_names)
        if not self.outputs and not self.foundry_only:
            raise DeclarationError(f"{self.location}: transform '{self.__name__}' declares no Output.")
        specs: list[Input | Output] = [*self.read_specs, *self.written_specs]
        checks = [check.name for spec in specs for check in spec.checks]
        if repeated := {name for name in checks if checks.count(name) > 1}:
            raise DeclarationError(
                f"{self.location}: transform '{self.__name__}' has two checks called '{min(repeated)}'; "
                "a check's name is its identity."
            )


def _by_parameter(
    specs: Mapping[str, Param], bound: Iterable[Bound], make: Callable[[Bound], Value]
) -> dict[str, Value | list[Value]]:
    made: dict[str, list[Value]] = {name: [] for name in specs}
    for member in bound:
        made[member.parameter].append(make(member))
    return {
        name: values if isinstance(specs[name], (InputSet, OutputSet)) else values[0] for name, values in made.items()
    }


class ContainerTransform(Transform[P, R]):
    """A transform that runs on a single node.

    Args:
        transform: the transform to run on a single node.
        resources: CPUs, memory and container; recorded only. A transform with a container cannot run here.
    """

    def __init__(self, transform: Transform[P, R], **resources: Any) -> None:
        super().__init__(
            transform.compute_function,
            transform.inputs,
            transform.outputs,
            others={
                **transform.parameters,
                **transform.sources,
                **transform.language_models,
                **transform.foundry_params,
            },
            convention=transform.convention,
            engine=Engine.SINGLE_NODE,
        )
        self.foundry_only = list(transform.foundry_only)
        self.absent = set(transform.absent)
        self.incremental = transform.incremental
        self.resources = {name: value for name, value in resources.items() if value is not None}
        if any(name.startswith("container_") for name in self.resources):
            self.foundry_only.append("containers of one's own")


def split_params(
    function: Callable[..., Any], params: Mapping[str, Any]
) -> tuple[dict[str, Input | InputSet], dict[str, Output | OutputSet], dict[str, Param]]:
    """Return the arguments of a decorator as inputs, outputs and all others.

    Args:
        function: the decorated function, for messages.
        params: parameter name → declaration.

    Raises:
        TransformTypeError: an argument is not a declaration.
    """
    inputs = {name: spec for name, spec in params.items() if isinstance(spec, (Input, InputSet))}
    outputs = {name: spec for name, spec in params.items() if isinstance(spec, (Output, OutputSet))}
    others = {name: spec for name, spec in params.items() if name not in inputs and name not in outputs}
    for name, spec in others.items():
        if not isinstance(spec, (ValueParam, Source, OpenAiGptChatLanguageModelInput, FoundryOnlyParam)):
            raise TransformTypeError(
                f"{location(function)}: '{name}' of transform '{function.__name__}' is {spec!r}; "
                "a decorator takes Input, Output and parameters such as IntegerParam."
            )
    return inputs, outputs, others
