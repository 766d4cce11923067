"""What only Foundry has: it can be imported and declared, and a transform that needs it fails when it is run.

A module that mentions a media set has to import, or nothing of it can be read, tested or built.
"""

from __future__ import annotations

from typing import Any

from transforms_api.declare.specs import Param


class FoundryOnly:
    """Base of names without meaning here; keeps what it was made with."""

    feature = "a feature of Foundry"

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        self.arguments = arguments
        self.settings = settings


class FoundryOnlyParam(FoundryOnly, Param):
    """A decorator's argument that only Foundry can hand to a compute function."""


class MediaSetInputParam(FoundryOnlyParam):
    """Base of media sets that are read."""

    feature = "media sets"


class MediaSetOutputParam(FoundryOnlyParam):
    """Base of media sets that are written."""

    feature = "media sets"


class LightweightMediaSetInputParam(MediaSetInputParam):
    """Base of media sets that single-node transforms read."""


class LightweightMediaSetOutputParam(MediaSetOutputParam):
    """Base of media sets that single-node transforms write."""


class MediaSetInput(MediaSetInputParam):
    """A media set to read."""


class MediaSetOutput(MediaSetOutputParam):
    """A media set to write."""


class TableInput(FoundryOnlyParam):
    """A virtual table to read."""

    feature = "virtual tables"


class TableOutput(FoundryOnlyParam):
    """A virtual table to write."""

    feature = "virtual tables"


class ExternalTable(FoundryOnly):
    """Base of where a virtual table lies."""

    feature = "virtual tables"


class SnowflakeTable(ExternalTable):
    """A table in Snowflake: database, schema, table."""


class DatabricksTable(ExternalTable):
    """A table in Databricks: catalog, schema, table, format, location."""


class BigQueryTable(ExternalTable):
    """A table in BigQuery: project, dataset, table."""


class DeltaTable(ExternalTable):
    """A Delta table at a path of a source."""


class FilesTable(ExternalTable):
    """Files of one format at a path of a source."""


class IcebergTable(ExternalTable):
    """An Iceberg table: table, warehouse path."""


class Volume(FoundryOnly):
    """A folder shared with a sidecar container."""

    feature = "sidecar containers"


class EgressPolicy(FoundryOnlyParam):
    """A policy that lets a transform reach a host."""

    feature = "egress policies"


class Credential(FoundryOnlyParam):
    """A stored secret."""

    feature = "stored credentials"


class ExportControl(FoundryOnlyParam):
    """A rule of what may leave Foundry."""

    feature = "export control"
