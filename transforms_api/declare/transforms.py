"""How the names in a decorator meet the parameters of the function under it.

A `Transform`: a compute function together with what it reads and writes.
"""

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
    FoundryOnlyParam,
    Input,
    InputSet,
    OpenAiGptChatLanguageModelInput,
    Output,
    OutputSet,
    Param,
    Source,
    inputs_in,
    outputs_in,
)
from transforms_api.declare.parameters import ValueParam
from transforms_api.errors import BindingError, DeclarationError, TransformTypeError

CONTEXT = "ctx"


def wants_context(function: Callable[..., Any]) -> bool:
    """Tell whether `function` has a parameter called `ctx`, wherever it stands."""
    return CONTEXT in inspect.signature(function).parameters


def location(function: Callable[..., Any]) -> str:
    """Return 'file:line' of a function's definition."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code else repr(function)


def refuse_unexpected(function: Callable[..., Any], names: Iterable[str]) -> None:
    """Make sure that `function` accepts all these keyword arguments; `**kwargs` takes every name.

    Raises:
        BindingError: a name that the function does not accept, or one called 'ctx'.
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
    """Make sure that `function` can be called with only these keyword arguments (and `ctx`).

    Parameters with defaults may be left to their defaults.

    Raises:
        BindingError: a parameter that nothing provides.
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


RESULT = "output"
"""What `transform_df` and its like call the output that they are given first; the function has no such parameter."""


class Engine(Enum):
    """What computes a transform."""

    SPARK = "Spark"
    SINGLE_NODE = "single node"
    """pandas, Polars, Arrow or DuckDB in this process; Spark does not start."""


class Convention(Enum):
    """How a compute function takes its inputs and hands over its result."""

    OBJECTS = "transform"
    """It receives input and output objects; what it returns is ignored."""
    DATAFRAMES = "transform_df"
    """It receives Spark DataFrames and returns the one that becomes the output."""
    PANDAS = "transform_pandas"
    """It receives pandas DataFrames and returns the one that becomes the output."""
    POLARS = "transform_polars"
    """It receives Polars DataFrames and returns the one that becomes the output."""


@dataclass(frozen=True)
class Incremental:
    """What `@incremental` says of a transform; the arguments have Foundry's names."""

    require_incremental: bool = False
    semantic_version: int = 1
    snapshot_inputs: frozenset[str] = field(default_factory=frozenset)
    allow_retention: bool = False
    strict_append: bool = False
    v2_semantics: bool = False


class Transform(Generic[P, R]):
    """A compute function with its declared inputs, outputs and parameters.

    Calling it calls the plain function, which is what unit tests do; only a build resolves datasets.

    Attributes:
        inputs: parameter name → `Input` or `InputSet`.
        outputs: parameter name → `Output` or `OutputSet`.
        parameters: parameter name → `IntegerParam` or one of its siblings.
        sources: parameter name → `Source`.
        language_models: parameter name → `OpenAiGptChatLanguageModelInput`.
        incremental: what `@incremental` says, None without it.
        profiles: Spark profiles named by `configure` or `with_config`.
        allowed_run_duration: how long a job of it may take; None: as long as it takes.
        foundry_only: features that it needs and only Foundry has; it cannot be run here.
        foundry_params: parameter name → what was declared for it that only Foundry has.
        absent: parameters that these features would be handed to.
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
        """Call the compute function as it stands."""
        return self.compute_function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<Transform {self.reference}>"

    def compute(self, ctx: Any = None, **kwargs: Any) -> dict[str, Any]:
        """Call the compute function with these objects and return those of its outputs by parameter name."""
        context = {"ctx": ctx} if "ctx" in inspect.signature(self.compute_function).parameters else {}
        self.compute_function(**context, **kwargs)  # type: ignore[call-arg]
        return {name: kwargs[name] for name in self.outputs if name in kwargs}

    @property
    def reference(self) -> str:
        """Module and name of the compute function."""
        return f"{self.__module__}:{self.__name__}"

    @property
    def location(self) -> str:
        """Where the compute function is defined, as 'file:line'."""
        return location(self.compute_function)

    @property
    def version(self) -> str:
        """A digest of the module's source: another text, another version."""
        source = inspect.getsource(inspect.getmodule(self.compute_function) or self.compute_function)
        return hashlib.sha256(source.encode()).hexdigest()

    @property
    def read_specs(self) -> list[Input]:
        """Its inputs, those of sets among them."""
        return [member for spec in self.inputs.values() for member in inputs_in(spec)]

    @property
    def written_specs(self) -> list[Output]:
        """Its outputs, those of sets among them."""
        return [member for spec in self.outputs.values() for member in outputs_in(spec)]

    @property
    def reads(self) -> list[str]:
        """Datasets that it reads, each once, in the order of their declaration."""
        return list(dict.fromkeys(spec.alias for spec in self.read_specs if spec.alias))

    @property
    def writes(self) -> list[str]:
        """Datasets that it writes, each once, in the order of their declaration."""
        return list(dict.fromkeys(spec.alias for spec in self.written_specs if spec.alias))

    @property
    def is_bound(self) -> bool:
        """Whether every input and output names a dataset, so that the transform can be built."""
        inputs = [[member.alias for member in inputs_in(spec)] for spec in self.inputs.values()]
        outputs = [[member.alias for member in outputs_in(spec)] for spec in self.outputs.values()]
        return all(aliases and all(aliases) for aliases in (*inputs, *outputs))

    @property
    def parameter_names(self) -> list[str]:
        """Parameters of the compute function that the decorators provide for, `ctx` apart."""
        handed_over = self.outputs if self.convention is Convention.OBJECTS else {}
        provided = (*self.inputs, *self.parameters, *self.sources, *self.language_models)
        return [*provided, *sorted(self.absent), *handed_over]

    def add_foundry_only(self, params: Mapping[str, Any]) -> None:
        """Record those of `params` that only Foundry can hand over."""
        absent = {name: spec for name, spec in params.items() if isinstance(spec, FoundryOnlyParam)}
        self.foundry_only += [spec.feature for spec in absent.values()]
        self.foundry_params |= absent
        returned = set[str]() if self.convention is Convention.OBJECTS else {RESULT}
        self.absent |= absent.keys() - returned

    def check_binding(self) -> None:
        """Make sure that every parameter of the compute function has its declaration.

        Not before all decorators have been applied: `external_systems` above the first one provides parameters, too.

        Raises:
            BindingError: a parameter has none.
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


class ContainerTransform(Transform[P, R]):
    """A single-node transform; CPUs and memory are recorded, a container of one's own exists on Foundry only.

    Args:
        transform: the transform to run on a single node.
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
    """Return a decorator's arguments as inputs, outputs and all others.

    Raises:
        TransformTypeError: one of them is nothing that a decorator takes.
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
