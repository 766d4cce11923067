"""Run probes on one engine: `python -m tests.conformance.engines spark|sail FILE [NAME …]` writes the results to FILE.

Without names of probes, all run.

Spark Connect is a mode of the whole process, so scripts/check-engines starts one process per engine.
"""

from __future__ import annotations

import os
import pickle
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession

from transforms_api.engines.sail.client import correct_client
from transforms_api.engines.sail.tables import collect_arrow

from .probe import OTHERS, VALUES, Probe, Rows, Table
from .probes import PROBES

_SERVERS: list[Any] = []
"""Sail's server stops when no variable refers to it."""


def start(engine: str) -> SparkSession:
    """Return a session of `spark` or `sail`, in UTC."""
    if engine == "spark":
        builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
        builder = builder.config("spark.sql.shuffle.partitions", "1").config("spark.driver.host", "127.0.0.1")
        builder = builder.config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        builder = builder.config("spark.ui.showConsoleProgress", "false").config(
            "spark.sql.codegen.wholeStage", "false"
        )
        builder = builder.config("spark.sql.ansi.enabled", "false")  # as the sessions of builds
        return builder.config("spark.sql.session.timeZone", "UTC").getOrCreate()
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer(ip="127.0.0.1", port=0)
    server.start(background=True)
    _SERVERS.append(server)
    _, port = server.listening_address
    session = SparkSession.builder.remote(f"sc://127.0.0.1:{port}").getOrCreate()
    correct_client()
    session.conf.set("spark.sql.session.timeZone", "UTC")
    session.conf.set("spark.sql.ansi.enabled", "false")
    return session


def rows_of(result: Any) -> Any:
    """Return a DataFrame as a `Table`; any other value as it is."""
    if not hasattr(result, "toPandas"):
        return result
    if os.environ.get("SPARK_CONNECT_MODE_ENABLED"):
        table = collect_arrow(result)
    else:
        from pyspark.sql.pandas.types import to_arrow_schema

        batches = result._collect_as_arrow()
        table = pa.Table.from_batches(batches, None if batches else to_arrow_schema(result.schema))
    types = tuple((field.name, _text_of(field.type)) for field in table.schema)
    return Table(types, list(zip(*(column.to_pylist() for column in table.columns), strict=True)))


def _text_of(kind: pa.DataType) -> str:
    """Return the name of an Arrow type; without what no reader sees, such as 64-bit offsets and nullability."""
    text = str(kind).replace("large_", "").replace(" not null", "").replace(" ('key')", "").replace(" ('value')", "")
    return text.replace("item: ", "").replace("element: ", "").replace("Etc/UTC", "UTC")


def _result_within(seconds: float, compute: Callable[[], Any]) -> tuple[str, Any]:
    """Return what a probe computes, or its error; a probe that takes longer counts as an error."""
    result: list[tuple[str, Any]] = []

    def run() -> None:
        try:
            result.append(("rows", compute()))
        except Exception as error:
            result.append(("error", f"{type(error).__name__}: {error}"))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    return result[0] if result else ("error", f"TimeoutError: no result within {seconds:g} s")


_TOGETHER = 12
"""Probes whose columns are computed in one job."""


def batches(probes: list[Probe]) -> Iterator[list[Probe]]:
    """Yield probes in groups of a size that a job computes together."""
    for begin in range(0, len(probes), _TOGETHER):
        yield probes[begin : begin + _TOGETHER]


def results_together(probes: list[Probe], rows: DataFrame) -> dict[str, tuple[str, Any]]:
    """Return key → result of probes of columns, computed in one job; none if one of them fails.

    Args:
        probes: probes with `columns`.
        rows: the table `t`.
    """
    try:
        named = {
            f"p{number}_c{position}": make()
            for number, probe in enumerate(probes)
            for position, make in enumerate(probe.columns)
        }
        kind, table = _result_within(
            60, lambda: rows_of(rows.select("id", *[made.alias(n) for n, made in named.items()]))
        )
    except Exception:
        return {}
    if kind != "rows" or sorted(row[0] for row in table.rows) != VALUES["id"].to_pylist():  # one of them makes rows
        return {}
    results: dict[str, tuple[str, Any]] = {}
    for number, probe in enumerate(probes):
        own = [0, *(i for i, (name, _) in enumerate(table.types) if name.startswith(f"p{number}_"))]
        types = (table.types[0], *((f"c{position}", table.types[i][1]) for position, i in enumerate(own[1:])))
        results[probe.key] = ("rows", Table(types, [tuple(row[i] for i in own) for row in table.rows]))
    return results


def main(engine: str, file: str, *names: str) -> None:
    """Run the probes on an engine and write key → ("rows", value) or ("error", text) to a file.

    Args:
        engine: 'spark' or 'sail'.
        file: path of the file.
        names: names of the probes to run; none: all.
    """
    chosen = [probe for probe in PROBES if not names or probe.name in names]
    if engine == "sail":
        os.environ["SPARK_CONNECT_MODE_ENABLED"] = "1"
    results: dict[str, tuple[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder:
        pq.write_table(VALUES, f"{folder}/t.parquet")
        pq.write_table(OTHERS, f"{folder}/u.parquet")
        os.environ["PYSPARK_PYTHON"] = sys.executable  # Python workers import the probes' functions
        os.environ["PYTHONPATH"] = str(Path(__file__).parents[2])
        spark = start(engine)
        if engine == "spark":  # a job of Spark takes longer than its rows
            for probes in batches([probe for probe in chosen if probe.columns]):
                results |= results_together(probes, spark.read.parquet(f"{folder}/t.parquet"))
        for number, probe in enumerate(chosen):
            if probe.key in results:
                continue
            if number % 50 == 0:
                print(f"{engine}: {number} of {len(chosen)} probes", flush=True)
                Path(file).write_bytes(pickle.dumps(results))
            rows = Rows(spark, spark.read.parquet(f"{folder}/t.parquet"), spark.read.parquet(f"{folder}/u.parquet"))
            results[probe.key] = _result_within(30, lambda probe=probe, rows=rows: rows_of(probe.compute(rows)))
        Path(file).write_bytes(pickle.dumps(results))
    os._exit(0)  # a probe that hangs must not keep the process


if __name__ == "__main__":
    main(*sys.argv[1:])
