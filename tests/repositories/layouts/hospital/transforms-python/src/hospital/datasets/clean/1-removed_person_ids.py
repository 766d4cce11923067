from transforms.api import Input, Output, transform_df


@transform_df(
    Output("/Hospital/clean/removed person ids"),
    admissions=Input("ri.foundry.main.dataset.6b0f4a3e-0001"),
)
def my_compute_function(admissions):
    return admissions.drop("person")
