from transforms.api import Input, Output, transform_df


@transform_df(Output("/Faulty/shared"))
def first(ctx):
    return ctx.spark_session.range(1)


@transform_df(Output("/Faulty/shared"))
def second(ctx):
    return ctx.spark_session.range(2)


@transform_df(Output("/Faulty/after shared"), shared=Input("/Faulty/shared"))
def reader(shared):
    return shared
