"""The rival: what a user would write by hand to build the pipeline. `python benchmarks/by_hand.py [WAREHOUSE] [SCALE]`.

The same compute functions, called in order by a plain script, with the session that Delta's quick start gives and
`write.format("delta").mode("overwrite")`. No checks, no staging, no staleness: only what it takes to have the tables.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

from delta import configure_spark_with_delta_pip
from pyspark.sql import DataFrame, SparkSession

from transforms_api.declare.parameters import ParamValueInput
from transforms_api.project.discovery import discover
from transforms_api.project.graph import build_graph


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


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("warehouse", nargs="?", type=Path, help="folder of the tables; default: one that is removed")
    parser.add_argument("scale", nargs="?", type=int, default=500, help="number of deals; default: 500")
    parser.add_argument("--tables", type=int, help="how many tables, the first ones; default: all")
    parser.add_argument("--smallest", action="store_true", help="2 tables of 50 deals: only to see that it runs")
    options = parser.parse_args(arguments)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        scale, tables = (50, 2) if options.smallest else (options.scale, options.tables)
        build(options.warehouse or Path(folder), scale, tables)
    print(f"built by hand in {time.monotonic() - began:.1f} s")


def build(warehouse: Path, scale: int, tables: int | None) -> None:
    spark = quick_start_session()
    for transform in build_graph(discover("transforms.revops").transforms).order[:tables]:
        specs = {**transform.inputs, **transform.outputs}
        handles = {name: Table(spark, warehouse / spec.alias.lstrip("/")) for name, spec in specs.items()}
        values = {
            name: ParamValueInput(scale if name == "scale" else spec.default)
            for name, spec in transform.parameters.items()
        }
        wants_context = "ctx" in transform.compute_function.__code__.co_varnames
        context = {"ctx": SimpleNamespace(spark_session=spark)} if wants_context else {}
        transform(**context, **values, **handles)
    spark.stop()


if __name__ == "__main__":
    main()
