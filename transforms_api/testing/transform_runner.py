"""A `TransformRunner`: builds a dataset of a pipeline in a unit test, from rows that the test gives."""

from __future__ import annotations

import glob
import tempfile
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from transforms_api.build.environment import BuildEnvironment
from transforms_api.build.hand_over import hand_over
from transforms_api.build.job import run_job
from transforms_api.build.plan import make_plan
from transforms_api.declare.pipeline import Pipeline
from transforms_api.declare.transform import Transform
from transforms_api.errors import MissingInputError, StoreError
from transforms_api.graph.build_graph import BuildGraph, build_graph
from transforms_api.runtime.tables import read_slice
from transforms_api.store.slices import demand_rows, whole
from transforms_api.store.warehouse import Warehouse
from transforms_api.testing.datastores import InMemoryDatastore
from transforms_api.testing.own_errors import own_errors


class TransformRunner:
    """Builds datasets of `pipeline` as a build does, with the same checks, in a warehouse that is gone afterwards.

    A DataFrame in `datastore` takes the place of the transform that writes its dataset. Nothing has been built before,
    so that no transform runs incrementally. Foundry does not document this class: parameters and methods are those that
    published tests use.
    """

    def __init__(self, pipeline: Pipeline, datastore: InMemoryDatastore | None = None) -> None:
        self._pipeline = pipeline
        self._datastore = datastore or InMemoryDatastore()

    def build_dataset(self, spark_session: SparkSession, output_alias: str) -> DataFrame:
        """Return the rows of a dataset, built from the stored DataFrames and whatever else it needs of the pipeline.

        Raises:
            Exception: whatever a transform raised, as it raised it.
            UnknownTargetError: no transform writes such a dataset.
            MissingInputError: an input is neither stored nor written by a transform.
            ChecksFailedError: expectations that must hold do not.
            StoreError: the transform aborted the dataset, or wrote files and no rows.
        """
        graph = self._graph(output_alias)
        with tempfile.TemporaryDirectory(prefix="transforms-test-") as folder:
            warehouse = Warehouse(Path(folder))
            environment = BuildEnvironment(lambda: spark_session, warehouse, build="test")
            for dataset, df in self._stored_for(graph, output_alias):
                hand_over(dataset, df, warehouse, environment.spark)
            for transform in _jobs(graph, warehouse, output_alias):
                with own_errors():
                    run_job(transform, environment)
            version = warehouse.latest(output_alias)
            if version is None:
                raise StoreError(f"{output_alias} has no rows to return: its transform aborted it.")
            demand_rows(output_alias, version)
            return read_slice(spark_session, whole(version)).localCheckpoint()

    def _graph(self, output_alias: str) -> BuildGraph:
        stored = self._datastore.dataframes
        return build_graph(
            transform
            for transform in self._pipeline.transforms
            if output_alias in transform.writes or stored.keys().isdisjoint(transform.writes)
        )

    def _stored_for(self, graph: BuildGraph, output_alias: str) -> list[tuple[str, DataFrame]]:
        """Return the stored DataFrames that the dataset is made from."""
        needed = graph.needed_for(graph.select([glob.escape(output_alias)]), lambda transform: False)
        stored, made = self._datastore.dataframes, graph.writers
        reads = dict.fromkeys(dataset for transform in needed for dataset in transform.reads)
        return [(dataset, stored[dataset]) for dataset in reads if dataset in stored and dataset not in made]


def _jobs(graph: BuildGraph, warehouse: Warehouse, dataset: str) -> list[Transform[Any, Any]]:
    try:
        return make_plan(graph, warehouse, [glob.escape(dataset)], {}, strict=False).jobs
    except MissingInputError as error:
        raise MissingInputError(f"{error} Store a DataFrame for it: datastore.store_dataframe(alias, df).") from None
