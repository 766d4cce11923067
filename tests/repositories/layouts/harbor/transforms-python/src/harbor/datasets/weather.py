"""Reports of the weather, which come as files, on a single node."""

import json
from datetime import date

import polars as pl
from transforms.api import Input, Output, transform


@transform.using(reports=Input("/Harbor/raw/weather"), out=Output("/Harbor/clean/weather"))
def weather(reports, out):
    """One row per day: the greatest wind in knots."""
    rows = []
    for status in reports.filesystem().ls(glob="**/*.json"):
        with reports.filesystem().open(status.path) as stream:
            report = json.load(stream)
        rows.append({"day": date.fromisoformat(report["day"]), "wind": max(report["winds"])})
    out.write_table(pl.DataFrame(rows).sort("day"))
