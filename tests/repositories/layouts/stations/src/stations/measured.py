import polars as pl
from transforms.api import Input, Output, transform


@transform.using(raw=Input("/Stations/raw"), measured=Output("/Stations/measured")).with_resources(memory_gb=8)
def clean(raw, measured):
    measured.write_table(raw.polars(lazy=True).filter(pl.col("celsius").is_not_null()))
