"""Foundry's `transforms.api`: names only, `transforms_api` does the work."""

from io import IOBase as FoundryDataSidecarFile

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
from transforms_api.declare.specs import FoundryInputParam as LightweightInputParam
from transforms_api.declare.specs import FoundryOutputParam as LightweightOutputParam
from transforms_api.declare.stand_ins import (
    ContainerTransformsConfiguration,
    Dataset,
    IncrementalTableTransformInput,
    ParamContext,
    TableTransformInput,
)
from transforms_api.declare.transform import ContainerTransform, Transform
from transforms_api.errors import (
    LightweightException,
    LightweightNotImplementedError,
    LightweightTypeError,
    LightweightValueError,
    SchemaMismatchError,
    TransformKeyError,
    TransformTypeError,
)
from transforms_api.runtime.context import IncrementalTransformContext, LightweightContext, TransformContext
from transforms_api.runtime.filesystem import FileStatus, FileSystem
from transforms_api.runtime.filesystem import FileSystem as FoundryDataSidecarFileSystem
from transforms_api.runtime.inputs import IncrementalTransformInput, TransformInput
from transforms_api.runtime.outputs import IncrementalTransformOutput, TransformOutput
from transforms_api.runtime.single_node_inputs import IncrementalLightweightInput, LightweightInput
from transforms_api.runtime.single_node_outputs import IncrementalLightweightOutput, LightweightOutput

__all__ = [
    "BooleanParam",
    "Check",
    "ComputeBackend",
    "ContainerTransform",
    "ContainerTransformsConfiguration",
    "Dataset",
    "FileStatus",
    "FileSystem",
    "FloatParam",
    "FoundryDataSidecarFile",
    "FoundryDataSidecarFileSystem",
    "FoundryInputParam",
    "FoundryOutputParam",
    "IncrementalLightweightInput",
    "IncrementalLightweightOutput",
    "IncrementalTableTransformInput",
    "IncrementalTransformContext",
    "IncrementalTransformInput",
    "IncrementalTransformOutput",
    "Input",
    "InputSet",
    "IntegerParam",
    "LightweightContext",
    "LightweightException",
    "LightweightInput",
    "LightweightInputParam",
    "LightweightNotImplementedError",
    "LightweightOutput",
    "LightweightOutputParam",
    "LightweightTypeError",
    "LightweightValueError",
    "Markings",
    "OrgMarkings",
    "Output",
    "OutputSet",
    "Param",
    "ParamContext",
    "ParamValueInput",
    "Pipeline",
    "SchemaMismatchError",
    "StringParam",
    "TableTransformInput",
    "Transform",
    "TransformContext",
    "TransformInput",
    "TransformKeyError",
    "TransformOutput",
    "TransformTypeError",
    "configure",
    "incremental",
    "lightweight",
    "transform",
    "transform_df",
    "transform_pandas",
    "transform_polars",
]
