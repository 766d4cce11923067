from transforms.api import Input, Output, transform_df


@transform_df(Output("/Faulty/after missing"), source=Input("/Faulty/sond"))
def compute(source):
    return source
