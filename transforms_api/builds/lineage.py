"""Lineage: sends events about the jobs of a build to a server with OpenLineage's API, or to a file.

The namespace of datasets and jobs is the folder of a branch, since other warehouses and branches have different
datasets of the same names. A dataset is named by its path, a job by its transform's reference; the parent job of all
jobs is `build`. This module needs the extra `lineage`.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import (
    DatasetFacet,
    InputDatasetFacet,
    OutputDatasetFacet,
    RunFacet,
    column_lineage_dataset,
    data_quality_assertions_dataset,
    dataset_version_dataset,
    error_message_run,
    output_statistics_output_dataset,
    parent_run,
    schema_dataset,
    set_producer,
    symlinks_dataset,
)
from openlineage.client.transport import Transport
from openlineage.client.transport.file import FileConfig, FileTransport
from openlineage.client.transport.http import ApiKeyTokenProvider, HttpConfig, HttpTransport, TokenProvider
from pyspark.sql import types as T

from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.report import BuildListener, JobResult, JobState
from transforms_api.declare import BoundInput, Transform
from transforms_api.expectations import CheckResult
from transforms_api.runtime import column_descriptions
from transforms_api.warehouse import (
    Influence,
    InputVersion,
    PulledVersion,
    TableVersion,
    Warehouse,
    read_commits,
    version_at,
)

Assertions = data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet

set_producer(f"pkg:pypi/transforms-anywhere@{importlib.metadata.version('transforms-anywhere')}")

_ENDS = {
    JobState.COMPLETED: RunState.COMPLETE,
    JobState.FAILED: RunState.FAIL,
    JobState.ABORTED: RunState.ABORT,
    JobState.IGNORED: RunState.ABORT,
}


class LineageListener(BuildListener):
    """Sends an OpenLineage event when a job starts and when it ends.

    A separate thread sends the events, so that no job waits for a server. After a failure no further event is sent: a
    server that is down takes half a minute per attempt.

    Args:
        transport: OpenLineage's client for the target.
        environment: the environment of the build.
        warn: called at most once, with a sentence on why an event could not be sent.
    """

    def __init__(self, transport: Transport, environment: BuildEnvironment, warn: Callable[[str], None]) -> None:
        self._transport, self._environment, self._warn = transport, environment, warn
        self._has_failed = False
        self._sender = ThreadPoolExecutor(1, "lineage")

    def on_job_started(self, transform: Transform[Any, Any]) -> None:
        """Send the event of a job's start.

        Args:
            transform: the transform of the job.
        """
        self._sender.submit(self._send, transform, None, datetime.now(UTC))

    def on_job_ended(self, result: JobResult) -> None:
        """Send the event of a job's end.

        Args:
            result: the result of the job.
        """
        self._sender.submit(self._send, result.transform, result, datetime.now(UTC))

    def close(self) -> None:
        """Wait until the last event has been sent."""
        self._sender.shutdown()

    def _send(self, transform: Transform[Any, Any], result: JobResult | None, time: datetime) -> None:
        if self._has_failed:
            return
        try:
            self._transport.emit(run_event(transform, result, self._environment, time))
        except Exception as error:  # the build goes on without lineage
            self._has_failed = True
            text = f"The lineage of this build is incomplete, an event could not be sent: {error}"
            self._warn(self._environment.redact(text))


def open_transport(target: str, folder: Path) -> Transport:
    """Return OpenLineage's client for a file or a server.

    Args:
        target: 'file:PATH', or the URL of a server; see `lineage_listeners`.
        folder: folder that PATH is relative to.
    """
    if target.startswith("file:"):
        return FileTransport(FileConfig(str(folder / target.removeprefix("file:")), append=True))
    key = os.environ.get("OPENLINEAGE_API_KEY")
    auth = ApiKeyTokenProvider({"apiKey": key}) if key else TokenProvider({})
    return HttpTransport(HttpConfig(target, auth=auth))


def run_event(
    transform: Transform[Any, Any], result: JobResult | None, environment: BuildEnvironment, time: datetime
) -> RunEvent:
    """Return the event of a job's begin or end.

    Versions of datasets are taken from the job's own commits. Without a commit, inputs have their last version and
    outputs have none.

    Args:
        transform: the transform of the job.
        result: result of the job, None when it begins.
        environment: the environment of the build.
        time: time of the event, in UTC.

    Raises:
        StoreError: a table that the job reads or has written cannot be read.
    """
    warehouse, checks = environment.warehouse, result.checks if result else []
    rows = result.rows if result else {}
    versions = {dataset: _version_made(dataset, environment) for dataset in rows}
    read: Mapping[str, InputVersion] = next((version.commit.inputs for version in versions.values()), {})
    inputs = {(bound.dataset, bound.branch): bound for bound in transform.bound_inputs}
    return RunEvent(
        eventType=_ENDS[result.state] if result else RunState.START,
        eventTime=time.isoformat(),
        run=_run(transform, result, environment),
        job=Job(_namespace(warehouse), transform.reference),
        inputs=[_input(bound, read, checks, warehouse) for bound in inputs.values()],
        outputs=[_output(name, versions.get(name), rows.get(name), checks, warehouse) for name in transform.writes],
    )


def _run(transform: Transform[Any, Any], result: JobResult | None, environment: BuildEnvironment) -> Run:
    """Return the run of a job. Its id is derived from build and transform, so begin and end have the same one."""
    build = UUID(environment.build)
    parent = parent_run.ParentRunFacet(
        parent_run.Run(str(build)), parent_run.Job(_namespace(environment.warehouse), "build")
    )
    facets: dict[str, RunFacet] = {"parent": parent}
    if result and result.reason and result.state is not JobState.IGNORED:
        facets["errorMessage"] = error_message_run.ErrorMessageRunFacet(environment.redact(result.reason), "PYTHON")
    return Run(str(uuid5(build, transform.reference)), facets)


def _input(
    bound: BoundInput, read: Mapping[str, InputVersion], checks: Iterable[CheckResult], warehouse: Warehouse
) -> InputDataset:
    dataset, version = bound.dataset, _version_read(bound, read, warehouse)
    namespace = _namespace(warehouse, version.branch if version else bound.branch)
    return InputDataset(namespace, dataset, facets=_facets(version), inputFacets=_assertions(dataset, checks))


def _version_read(bound: BoundInput, read: Mapping[str, InputVersion], warehouse: Warehouse) -> TableVersion | None:
    dataset = bound.dataset
    if dataset not in read:
        return warehouse.latest(dataset, bound.branch)
    branch = read[dataset].branch
    return version_at(warehouse.table(dataset, branch), branch, read[dataset].version)


def _output(
    dataset: str, version: TableVersion | None, rows: int | None, checks: Iterable[CheckResult], warehouse: Warehouse
) -> OutputDataset:
    # OpenLineage has assertions among the facets of inputs alone; catalogues find them among a dataset's own, too.
    facets: dict[str, Any] = {**_facets(version), **_assertions(dataset, checks), **_column_lineage(version, warehouse)}
    return OutputDataset(_namespace(warehouse), dataset, facets=facets, outputFacets=_statistics(version, rows))


def _column_lineage(version: TableVersion | None, warehouse: Warehouse) -> dict[str, DatasetFacet]:
    """Return the facet of the columns' lineage; none if it is unknown."""
    provenance = version.commit.provenance if version else None
    if provenance is None or provenance.columns is None or provenance.columns.reason is not None:
        return {}
    lineage, facet = provenance.columns, column_lineage_dataset

    def fields(part: Mapping[Influence, tuple[int, ...]]) -> list[column_lineage_dataset.InputField]:
        kinds: dict[int, list[column_lineage_dataset.Transformation]] = {}
        for kind, numbers in part.items():
            transformation = facet.Transformation("DIRECT" if kind.is_direct else "INDIRECT", kind.value)
            for number in numbers:
                kinds.setdefault(number, []).append(transformation)
        return [field(number, transformations) for number, transformations in sorted(kinds.items())]

    def field(
        number: int, transformations: list[column_lineage_dataset.Transformation]
    ) -> column_lineage_dataset.InputField:
        dataset, column = lineage.sources[number]
        branch = provenance.inputs[dataset].branch if dataset in provenance.inputs else None
        return facet.InputField(_namespace(warehouse, branch), dataset, column, transformations)

    columns = {column: facet.Fields(fields(part)) for column, part in lineage.columns.items()}
    return {"columnLineage": facet.ColumnLineageDatasetFacet(columns, fields(lineage.rows))}


def _version_made(dataset: str, environment: BuildEnvironment) -> TableVersion:
    """Return the version of a dataset that the build committed; there may be later ones."""
    warehouse = environment.warehouse
    commits = read_commits(warehouse.table(dataset), warehouse.branch)
    commit = next(commit for commit in commits if commit.build == environment.build)
    return version_at(commit.table, commit.branch, commit.version)


def _namespace(warehouse: Warehouse, branch: str | None = None) -> str:
    return warehouse.table("", branch).as_uri()


def _facets(version: TableVersion | None) -> dict[str, DatasetFacet]:
    if version is None:
        return {}
    number = dataset_version_dataset.DatasetVersionDatasetFacet(str(version.version))
    facets: dict[str, DatasetFacet] = {"version": number}
    if pulled := version.commit.pulled:
        facets["symlinks"] = symlinks_dataset.SymlinksDatasetFacet(_in_account(pulled))
    return facets if version.holds_files_only else {**facets, "schema": _schema(version.schema)}


def _in_account(pulled: PulledVersion) -> list[symlinks_dataset.Identifier]:
    """Return what a pulled version is in its Foundry account: the dataset, and the transaction if there is one."""
    names = {"DATASET": pulled.dataset, "TRANSACTION": pulled.transaction}
    return [symlinks_dataset.Identifier("foundry", name, kind) for kind, name in names.items() if name]


def _schema(schema: str) -> schema_dataset.SchemaDatasetFacet:
    descriptions = column_descriptions(schema)
    return schema_dataset.SchemaDatasetFacet(
        [
            schema_dataset.SchemaDatasetFacetFields(
                column.name, column.dataType.simpleString(), descriptions.get(column.name)
            )
            for column in T.StructType.fromJson(json.loads(schema)).fields
        ]
    )


def _statistics(version: TableVersion | None, rows: int | None) -> dict[str, OutputDatasetFacet]:
    if version is None:
        return {}
    statistics = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet
    return {"outputStatistics": statistics(fileCount=rows) if version.holds_files_only else statistics(rowCount=rows)}


def _assertions(dataset: str, checks: Iterable[CheckResult]) -> dict[str, InputDatasetFacet]:
    assertions = [
        data_quality_assertions_dataset.Assertion(check.name, check.problem is None)
        for check in checks
        if check.dataset == dataset
    ]
    if not assertions:
        return {}
    return {"dataQualityAssertions": Assertions(assertions)}
