"""Rounds of meter readings, without Spark.

`source` has the readings of 100 meters and grows by a round with each build that sets `round`. One job writes both `rows`
and `totals`; `growing` is incremental; `last` reads both branches of the graph.
"""

import polars
from transforms.api import Input, IntegerParam, Output, incremental, transform


@transform.using(round=IntegerParam(0), out=Output("/Meters/source"))
def source(round, out):
    if round.value:
        out.set_mode("append")
    out.write_table(polars.DataFrame({"round": [round.value] * 100, "n": range(100)}))


@transform.using(source=Input("/Meters/source"), rows=Output("/Meters/rows"), totals=Output("/Meters/totals"))
def both(source, rows, totals):
    read = source.polars()
    rows.write_table(read)
    totals.write_table(read.group_by("round").agg(polars.col("n").sum()).sort("round"))


@incremental()
@transform.using(source=Input("/Meters/source"), out=Output("/Meters/growing"))
def growing(source, out):
    out.write_table(source.polars())


@transform.using(totals=Input("/Meters/totals"), growing=Input("/Meters/growing"), out=Output("/Meters/last"))
def last(totals, growing, out):
    out.write_table(totals.polars().with_columns(rows=polars.lit(growing.polars().height)))
