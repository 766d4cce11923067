"""Foundry's `transforms.tables`: tables of Iceberg and Delta; virtual tables of other systems run on Foundry only."""

from transforms_api.declare import TableInput, TableOutput, stub_package
from transforms_api.runtime import (
    IncrementalTableTransformInput,
    TableLightweightInput,
    TableLightweightOutput,
    TableTransformInput,
    TableTransformOutput,
)

__all__ = [  # noqa: F822  __getattr__ has those that are not imported
    "BigQueryTable",
    "DatabricksTable",
    "DeltaTable",
    "FilesTable",
    "IcebergTable",
    "IncrementalTableTransformInput",
    "SnowflakeTable",
    "TableInput",
    "TableLightweightInput",
    "TableLightweightOutput",
    "TableOutput",
    "TableTransformInput",
    "TableTransformOutput",
]

__getattr__, __path__ = stub_package(__name__)
