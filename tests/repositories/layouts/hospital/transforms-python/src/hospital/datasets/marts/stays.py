from pyspark.sql import functions as F
from pyspark.sql import types as T
from transforms.api import Input, Output, incremental, transform

SCHEMA = T.StructType([T.StructField("person", T.StringType()), T.StructField("days", T.LongType())])


@incremental(snapshot_inputs=["removed"])
@transform(
    admissions=Input("/Hospital/clean/admissions"),
    removed=Input("/Hospital/clean/removed person ids"),
    out=Output("/Hospital/marts/days_per_person"),
)
def days_per_person(ctx, admissions, removed, out):
    new = admissions.dataframe().groupBy("person").agg(F.sum("days").alias("days"))
    if ctx.is_incremental:
        new = new.unionByName(out.dataframe("previous", schema=SCHEMA))
        new = new.groupBy("person").agg(F.sum("days").alias("days"))
    out.set_mode("replace")
    out.write_dataframe(new)
