from pyspark.sql import functions as F
from transforms.api import Check, transform
from transforms.tables import TableInput, TableOutput, TableTransformInput, TableTransformOutput
from transforms import expectations as E


@transform.spark.using(
    highest=TableInput("/Rivers/highest"),
    alarms=TableOutput("/Rivers/alarms", checks=Check(E.col("level").gt(400), "alarms are high", on_error="FAIL")),
)
def alarms(highest: TableTransformInput, alarms: TableTransformOutput):
    alarms.write_dataframe(highest.dataframe().where(F.col("level") > 400))
