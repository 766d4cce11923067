from transforms import expectations as E
from transforms.api import Check, Input, LightweightInput, LightweightOutput, Output, transform


@transform.using(
    measured=Input("/Stations/measured", checks=Check(E.count().gt(0), "something was measured")),
    warmest=Output("/Stations/warmest", checks=Check(E.primary_key("station"), "a row per station")),
)
def warmest(ctx, measured: LightweightInput, warmest: LightweightOutput):
    query = "select station, max(celsius) as celsius from measured group by station"
    warmest.write_table(ctx.duckdb().conn.sql(query))
