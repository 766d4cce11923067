from transforms.api import Output, transform_df


@transform_df(Output("/Sales/south"))
def compute(ctx):
    return ctx.spark_session.range(2)
