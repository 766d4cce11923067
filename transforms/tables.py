"""Foundry's `transforms.tables`. Every name can be imported; transforms on virtual tables run on Foundry only."""

from transforms_api.declare import IncrementalTableTransformInput, TableTransformInput, stub_package

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
