from transforms.api import Output, transform_df


@transform_df(Output("/Shop/orders"))
def compute(ctx):
    return ctx.spark_session.createDataFrame([("o1", 10.0), ("o2", 20.0)], "order_id string, price double")
