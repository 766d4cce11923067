from pyspark.sql import functions as F
from transforms.api import Input, Output, transform_df
from transforms.verbs.dataframes import union_many

WARDS = ["A", "B"]


def transform_generator(wards):
    transforms = []
    for ward in wards:

        @transform_df(Output("/Hospital/marts/ward_{}".format(ward)), df=Input("/Hospital/clean/admissions"))
        def compute(df, ward=ward):
            return df.filter(F.col("ward") == ward)

        transforms.append(compute)
    return transforms


TRANSFORMS = transform_generator(WARDS)

inputs = {"ward_" + ward.lower(): Input("/Hospital/marts/ward_" + ward) for ward in WARDS}


@transform_df(Output("/Hospital/marts/all_wards"), **inputs)
def all_wards(ctx, **wards):
    return union_many(*wards.values(), how="wide", spark_session=ctx.spark_session)
