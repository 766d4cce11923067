from pyspark.sql import functions as F
from transforms.api import Input, Output, transform_df

from shop import prices


@transform_df(Output("/Shop/revenue"), orders=Input("/Shop/orders"))
def compute(orders):
    return orders.agg(F.sum(prices.with_tax("price")).alias("revenue"))
