"""Foundry's `transforms.api`: names only, `transforms_api` does the work."""

from transforms_api.checks.check import Check
from transforms_api.declare.decorators import transform, transform_df, transform_pandas, transform_polars
from transforms_api.declare.markings import Markings, OrgMarkings
from transforms_api.declare.modifiers import ComputeBackend, configure, incremental, lightweight
from transforms_api.declare.parameters import (
    BooleanParam,
    FloatParam,
    IntegerParam,
    ParamValueInput,
    StringParam,
)
from transforms_api.declare.pipeline import Pipeline
from transforms_api.declare.specs import (
    FoundryInputParam,
    FoundryOutputParam,
    Input,
    InputSet,
    Output,
    OutputSet,
    Param,
)
from transforms_api.declare.transform import ContainerTransform, Transform
from transforms_api.runtime.context import TransformContext
from transforms_api.runtime.inputs import TransformInput
from transforms_api.runtime.outputs import TransformOutput

__all__ = [
    "BooleanParam",
    "Check",
    "ComputeBackend",
    "ContainerTransform",
    "FloatParam",
    "FoundryInputParam",
    "FoundryOutputParam",
    "Input",
    "InputSet",
    "IntegerParam",
    "Markings",
    "OrgMarkings",
    "Output",
    "OutputSet",
    "Param",
    "ParamValueInput",
    "Pipeline",
    "StringParam",
    "Transform",
    "TransformContext",
    "TransformInput",
    "TransformOutput",
    "configure",
    "incremental",
    "lightweight",
    "transform",
    "transform_df",
    "transform_pandas",
    "transform_polars",
]
