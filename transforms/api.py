"""Foundry's `transforms.api`: names only, `transforms_api` does the work."""

from transforms_api.checks.check import Check
from transforms_api.declare.decorators import ComputeBackend, configure, transform, transform_df
from transforms_api.declare.pipeline import Pipeline
from transforms_api.declare.specs import (
    BooleanParam,
    FloatParam,
    Input,
    IntegerParam,
    Output,
    Param,
    ParamValueInput,
    StringParam,
)
from transforms_api.declare.transform import Transform
from transforms_api.runtime.context import TransformContext
from transforms_api.runtime.io import TransformInput, TransformOutput

__all__ = [
    "BooleanParam",
    "Check",
    "ComputeBackend",
    "FloatParam",
    "Input",
    "IntegerParam",
    "Output",
    "Param",
    "ParamValueInput",
    "Pipeline",
    "StringParam",
    "Transform",
    "TransformContext",
    "TransformInput",
    "TransformOutput",
    "configure",
    "transform",
    "transform_df",
]
