"""Jobs that a test kills: a source, two datasets made together, and one that only grows."""

import polars
from transforms.api import Input, IntegerParam, Output, incremental, transform


@transform.using(round=IntegerParam(0), out=Output("/Killed/source"))
def source(round, out):
    if round.value:
        out.set_mode("append")
    out.write_table(polars.DataFrame({"round": [round.value] * 100, "n": range(100)}))


@transform.using(source=Input("/Killed/source"), rows=Output("/Killed/rows"), totals=Output("/Killed/totals"))
def both(source, rows, totals):
    read = source.polars()
    rows.write_table(read)
    totals.write_table(read.group_by("round").agg(polars.col("n").sum()).sort("round"))


@incremental()
@transform.using(source=Input("/Killed/source"), out=Output("/Killed/growing"))
def growing(source, out):
    out.write_table(source.polars())


@transform.using(totals=Input("/Killed/totals"), growing=Input("/Killed/growing"), out=Output("/Killed/last"))
def last(totals, growing, out):
    out.write_table(totals.polars().with_columns(rows=polars.lit(growing.polars().height)))
