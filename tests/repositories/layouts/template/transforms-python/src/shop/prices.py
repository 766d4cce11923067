from pyspark.sql import functions as F
from pyspark.sql import types as T


@F.udf(T.DoubleType())
def with_tax(price):
    return price * 1.5
