"""The rival: what a user would write by hand to build the pipeline. `python benchmarks/by_hand.py WAREHOUSE [SCALE]`.

The same compute functions, called in order by a plain script, with the session that Delta's quick start gives and
`write.format("delta").mode("overwrite")`. No checks, no staging, no staleness: only what it takes to have the tables.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

from delta import configure_spark_with_delta_pip
from pyspark.sql import DataFrame, SparkSession

from transforms_api.declare.parameters import ParamValueInput
from transforms_api.graph.build_graph import build_graph
from transforms_api.graph.discovery import discover


class Table:
    """A Delta table as an input or an output of a compute function."""

    def __init__(self, spark: SparkSession, path: Path) -> None:
        self._spark, self._path = spark, str(path)

    def dataframe(self) -> DataFrame:
        return self._spark.read.format("delta").load(self._path)

    def write_dataframe(self, df: DataFrame) -> None:
        df.write.format("delta").mode("overwrite").save(self._path)


def quick_start_session() -> SparkSession:
    builder = (
        SparkSession.builder.appName("by hand")
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
    )
    return configure_spark_with_delta_pip(builder).getOrCreate()


def main() -> None:
    warehouse, scale = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 500
    spark = quick_start_session()
    for transform in build_graph(discover("transforms.revops").transforms).order:
        specs = {**transform.inputs, **transform.outputs}
        tables = {name: Table(spark, warehouse / spec.alias.lstrip("/")) for name, spec in specs.items()}
        values = {
            name: ParamValueInput(scale if name == "scale" else spec.default)
            for name, spec in transform.parameters.items()
        }
        wants_context = "ctx" in transform.compute_function.__code__.co_varnames
        context = {"ctx": SimpleNamespace(spark_session=spark)} if wants_context else {}
        transform(**context, **values, **tables)
    spark.stop()


if __name__ == "__main__":
    main()
