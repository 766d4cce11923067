from transforms.api import Input, Output, transform_df


@transform_df(Output("/Faulty/after cannot import"), source=Input("/Faulty/cannot import"))
def compute(source):
    return source
