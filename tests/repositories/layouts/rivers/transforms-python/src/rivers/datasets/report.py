import polars as pl
from transforms.api import Input, Output, transform
from transforms.tables import TableInput, TableLightweightInput


@transform.using(
    alarms=TableInput("/Rivers/alarms"), stations=Input("/Rivers/stations"), report=Output("/Rivers/report")
)
def report(alarms: TableLightweightInput, stations, report):
    high = alarms.iceberg().table().scan(selected_fields=("station", "level")).to_polars()
    joined = stations.polars().join(high, on="station", how="left")
    report.write_table(joined.select("station", pl.col("level").is_not_null().alias("alarm")))
