from transforms.api import Output, transform_df


@transform_df(Output("/Clash/two"))
def compute(ctx):
    return ctx.spark_session.range(1)
