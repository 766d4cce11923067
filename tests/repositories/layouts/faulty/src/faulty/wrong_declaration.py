from transforms.api import Input, Output, transform_df


@transform_df(Output("/Faulty/wrong"), source=Input("/Faulty/sound"))
def compute(sauce):
    return sauce
