from transforms.api import Output, transform_df


@transform_df(Output("/Market/raw/orders"))
def orders(ctx):
    rows = [
        (1, "Ada", "apple", "5-Feb-24", 3.0, "red,sweet"),
        (2, "Ada", "pear", "6-Feb-24", 5.0, "green"),
        (3, "Bob", "apple", "6-Feb-24", 2.0, None),
        (4, "Cid", "plum", "7-Feb-24", -1.0, "blue,sour"),
    ]
    return ctx.spark_session.createDataFrame(
        rows, "id int, customer string, product string, ordered string, amount double, tags string"
    )


@transform_df(Output("/Market/raw/customers"))
def customers(ctx):
    rows = [("Ada", "N"), ("Bob", "S"), ("Eve", "S")]
    return ctx.spark_session.createDataFrame(rows, "name string, region string")


@transform_df(Output("/Market/raw/products"))
def products(ctx):
    return ctx.spark_session.createDataFrame([("apple", 1.0), ("pear", 2.5)], "name string, price double")
