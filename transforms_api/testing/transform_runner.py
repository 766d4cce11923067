"""Foundry's `TransformRunner` and `InMemoryDatastore`: builds a dataset of a pipeline from rows that a test gives."""

from __future__ import annotations

import glob
import tempfile
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from transforms_api.builds import BuildEnvironment, make_plan, run_job, write_dataset
from transforms_api.declare import Pipeline, Transform, check_dataset_path
from transforms_api.engines import read_slice
from transforms_api.errors import MissingInputError, StoreError
from transforms_api.project import BuildGraph, build_graph
from transforms_api.testing.run_transform import engine_of_tests, unwrap_compute_error
from transforms_api.warehouse import Warehouse, full_view, require_rows


class InMemoryDatastore:
    """DataFrames that replace datasets in a test.

    Attributes:
        dataframes: dataset path → rows.
    """

    def __init__(self) -> None:
        self.dataframes: dict[str, DataFrame] = {}

    def store_dataframe(self, alias: str, df: DataFrame) -> None:
        """Replace a dataset by a DataFrame.

        Args:
            alias: path of the dataset, as transforms name it.
            df: the rows.

        Raises:
            DatasetPathError: `alias` is no valid path.
        """
        self.dataframes[check_dataset_path(alias)] = df


class TransformRunner:
    """Builds datasets of a pipeline as a build does, with checks, in a temporary warehouse.

    A DataFrame in `datastore` replaces the transform that writes its dataset. Nothing has been built before, so no
    transform
    runs incrementally. Foundry does not document this class: parameters and methods are those that published tests use.

    Args:
        pipeline: the pipeline.
        datastore: DataFrames that replace datasets.
    """

    def __init__(self, pipeline: Pipeline, datastore: InMemoryDatastore | None = None) -> None:
        self._pipeline = pipeline
        self._datastore = datastore or InMemoryDatastore()

    def build_dataset(self, spark_session: SparkSession, output_alias: str) -> DataFrame:
        """Return the rows of a dataset, built from the stored DataFrames and the pipeline.

        Args:
            spark_session: the session.
            output_alias: path of the dataset.

        Raises:
            Exception: the error of a transform, unchanged.
            UnknownTargetError: no transform writes the dataset.
            MissingInputError: an input is neither stored nor written by a transform.
            ChecksFailedError: a check with `on_error` 'FAIL' failed.
            StoreError: the transform aborted the dataset, or wrote files and no rows.
        """
        graph = self._graph(output_alias)
        with tempfile.TemporaryDirectory(prefix="transforms-test-") as folder:
            warehouse = Warehouse(Path(folder))
            environment = BuildEnvironment(
                lambda: spark_session, warehouse, build="test", other_engine=engine_of_tests()
            )
            for dataset, df in self._stored_for(graph, output_alias):
                write_dataset(dataset, df, warehouse, environment.spark)
            for transform in _jobs(graph, environment, output_alias):
                with unwrap_compute_error():
                    run_job(transform, environment)
            version = warehouse.latest(output_alias)
            if version is None:
                raise StoreError(f"{output_alias} has no rows to return: its transform aborted it.")
            require_rows(output_alias, version)
            return read_slice(spark_session, full_view(version)).localCheckpoint()

    def _graph(self, output_alias: str) -> BuildGraph:
        stored = self._datastore.dataframes
        return build_graph(
            transform
            for transform in self._pipeline.transforms
            if output_alias in transform.writes or stored.keys().isdisjoint(transform.writes)
        )

    def _stored_for(self, graph: BuildGraph, output_alias: str) -> list[tuple[str, DataFrame]]:
        """Return the stored DataFrames from which the dataset is made."""
        needed = graph.needed_for(graph.select([glob.escape(output_alias)]))
        stored, made = self._datastore.dataframes, graph.writers
        reads = dict.fromkeys(dataset for transform in needed for dataset in transform.reads)
        return [(dataset, stored[dataset]) for dataset in reads if dataset in stored and dataset not in made]


def _jobs(graph: BuildGraph, environment: BuildEnvironment, dataset: str) -> list[Transform[Any, Any]]:
    try:
        return make_plan(graph, environment, [glob.escape(dataset)], strict=False).jobs
    except MissingInputError as error:
        raise MissingInputError(f"{error} Store a DataFrame for it: datastore.store_dataframe(alias, df).") from None
