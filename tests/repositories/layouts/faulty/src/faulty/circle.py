from transforms.api import Input, Output, transform_df


@transform_df(Output("/Faulty/hen"), egg=Input("/Faulty/egg"))
def hen(egg):
    return egg


@transform_df(Output("/Faulty/egg"), hen=Input("/Faulty/hen"))
def egg(hen):
    return hen
