from transforms.api import Output, transform_df


@transform_df(Output("/People/removed ids"))
def compute(ctx):
    return ctx.spark_session.range(1)
