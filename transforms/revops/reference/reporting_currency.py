"""The currency of all amounts: USD in the demo, that of the mapping after an import of a CRM export.

Texts with amounts read the sign from this dataset, so that amounts in euros never have a dollar sign.
"""

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from transforms.api import Output, transform

from ..common.amounts import sign_of
from ..contracts.scenario import REPORTING_CURRENCY
from ..scenario.story import TODAY

DEMO_CURRENCY = "USD"
SCHEMA = "currency string, currency_sign string, converted_from array<string>, without_rate array<string>"


def demo_currency(spark: SparkSession) -> DataFrame:
    """Return the demo's only row of the contract REPORTING_CURRENCY.

    Args:
        spark: the Spark session.
    """
    today = F.lit(TODAY)
    return spark.createDataFrame([(DEMO_CURRENCY, sign_of(DEMO_CURRENCY), [], [])], SCHEMA).select(
        "*", today.alias("created_at"), today.alias("updated_at"), today.alias("data_freshness")
    )


@transform(output=Output("/RevOps/Reference/reporting_currency", checks=REPORTING_CURRENCY.checks()))
def compute(ctx, output):
    """Write the demo's currency. An import replaces it by that of the export."""
    output.write_dataframe(REPORTING_CURRENCY.conform(demo_currency(ctx.spark_session)))
