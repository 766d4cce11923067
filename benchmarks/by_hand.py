"""The pipeline's build as a user would write it by hand: `benchmarks/by_hand.py [WAREHOUSE] [SCALE] [--as KIND]`.

The same compute functions, called in order by a plain script. No checks, no staging, no staleness: only what it takes
to have the tables. The kinds of script:

- quick-start: the session that Delta's quick start gives, and `write.format("delta").mode("overwrite")`.
- tuned: the same as an expert tunes it, with 8 shuffle partitions, no UI, Java's fast compiler and local JARs.
- bare-spark, bare-sail: the engine alone, which writes Parquet files without Delta.
"""

from __future__ import annotations

import argparse
import contextlib
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace

from delta import configure_spark_with_delta_pip
from pyspark.sql import DataFrame, SparkSession

from transforms_api.declare.parameters import ParamValueInput
from transforms_api.engines import CancelToken, SailEngine
from transforms_api.engines.spark.jars import cache_folder, jars_in
from transforms_api.project.discovery import discover
from transforms_api.project.graph import build_graph

KINDS = ("quick-start", "tuned", "bare-spark", "bare-sail")
TUNED = {
    "spark.master": "local[*]",
    "spark.sql.shuffle.partitions": "8",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}


class Table:
    """A table as an input or an output of a compute function.

    Args:
        spark: the session.
        path: folder of the table.
        format: 'delta' or 'parquet'.
    """

    def __init__(self, spark: SparkSession, path: Path, format: str) -> None:
        self._spark, self._path, self._format = spark, str(path), format

    def dataframe(self) -> DataFrame:
        return self._spark.read.format(self._format).load(self._path)

    def write_dataframe(self, df: DataFrame) -> None:
        df.write.format(self._format).mode("overwrite").save(self._path)

    def set_mode(self, mode: str) -> None:
        """Do nothing: each table is written once."""


def delta_session(settings: Mapping[str, str], jars: Sequence[Path] = ()) -> SparkSession:
    builder = (
        SparkSession.builder.appName("by hand")
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
    )
    for name, value in settings.items():
        builder = builder.config(name, value)
    if jars:
        return builder.config("spark.jars", ",".join(map(str, jars))).getOrCreate()
    return configure_spark_with_delta_pip(builder).getOrCreate()


@contextlib.contextmanager
def session(kind: str, folder: Path) -> Iterator[SparkSession]:
    """Yield the session of a rival, and end it.

    Args:
        kind: one of `KINDS`.
        folder: for Sail's log.
    """
    if kind == "bare-sail":
        engine = SailEngine(folder / "sail.log", [Path(__file__).parents[1]])
        with engine.open_job({}, CancelToken()) as job:
            yield job()
        engine.stop()
        return
    if kind == "bare-spark":
        builder = SparkSession.builder.appName("bare")
        for name, value in TUNED.items():
            builder = builder.config(name, value)
        spark = builder.getOrCreate()
    else:
        spark = delta_session({}) if kind == "quick-start" else delta_session(TUNED, jars_in(cache_folder(), ["delta"]))
    yield spark
    spark.stop()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("warehouse", nargs="?", type=Path, help="folder of the tables; default: one that is removed")
    parser.add_argument("scale", nargs="?", type=int, default=500, help="number of deals; default: 500")
    parser.add_argument("--tables", type=int, help="how many tables, the first ones; default: all")
    parser.add_argument("--as", dest="kind", choices=KINDS, default="quick-start", help="the script, see above")
    parser.add_argument("--smallest", action="store_true", help="2 tables of 50 deals: only to see that it runs")
    options = parser.parse_args(arguments)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        scale, tables = (50, 2) if options.smallest else (options.scale, options.tables)
        build(options.warehouse or Path(folder), scale, tables, options.kind)
    print(f"built by hand in {time.monotonic() - began:.1f} s")


def build(warehouse: Path, scale: int, tables: int | None, kind: str = "quick-start") -> None:
    with session(kind, warehouse) as spark:
        build_tables(spark, warehouse, scale, tables, "parquet" if kind.startswith("bare") else "delta")


def build_tables(spark: SparkSession, warehouse: Path, scale: int, tables: int | None, format: str) -> None:
    for transform in build_graph(discover("transforms.revops").transforms).order[:tables]:
        specs = {**transform.inputs, **transform.outputs}
        handles = {name: Table(spark, warehouse / spec.alias.lstrip("/"), format) for name, spec in specs.items()}
        values = {
            name: ParamValueInput(scale if name == "scale" else spec.default)
            for name, spec in transform.parameters.items()
        }
        wants_context = "ctx" in transform.compute_function.__code__.co_varnames
        context = {"ctx": SimpleNamespace(spark_session=spark, is_incremental=False)} if wants_context else {}
        transform(**context, **values, **handles)


if __name__ == "__main__":
    main()
