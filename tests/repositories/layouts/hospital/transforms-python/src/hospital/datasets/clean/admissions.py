from pyspark.sql import functions as F
from pyspark.sql import types as T
from transforms import expectations as E
from transforms.api import Check, Input, Markings, Output, configure, incremental, transform

from hospital.utils.parsing import AdmissionParser

SCHEMA = T.StructType([
    T.StructField("person", T.StringType()),
    T.StructField("ward", T.StringType()),
    T.StructField("admitted", T.StringType()),
    T.StructField("days", T.IntegerType()),
])


@configure(profile=["DRIVER_MEMORY_LARGE", "LEGACY_TIME_PARSER_POLICY"])
@incremental(semantic_version=2)
@transform(
    raw=Input("/Hospital/raw/admissions", stop_propagating=Markings(["fake-marking"], on_branches=["develop"])),
    out=Output(
        "/Hospital/clean/admissions",
        checks=[
            Check(E.primary_key("person", "admitted"), "one stay per person and day", on_error="FAIL"),
            Check(E.col("days").lt(100), "no endless stays", "WARN"),
            Check(E.any(E.col("ward").is_in("A", "B"), E.col("ward").rlike("^Z")), "known wards"),
        ],
    ),
)
def compute(ctx, raw, out):
    files = raw.filesystem().files("**/*.csv")
    rows = files.rdd.flatMap(AdmissionParser(raw))
    df = ctx.spark_session.createDataFrame(rows, SCHEMA)
    # the old parser reads two-digit years of this kind
    df = df.withColumn("admitted", F.to_date("admitted", "dd-MMM-yy"))
    return out.write_dataframe(df)
