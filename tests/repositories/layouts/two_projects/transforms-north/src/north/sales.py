from transforms.api import Input, Output, transform_df


@transform_df(Output("/Sales/all"), south=Input("/Sales/south"))
def compute(south):
    return south
