from transforms.api import Input, Output, transform_df


def generate(countries):
    transforms = []
    for country in countries:

        @transform_df(Output(f"/People/{country}"), removed=Input("/People/removed ids"))
        def compute(removed):
            return removed

        transforms.append(compute)
    return transforms


TRANSFORMS = generate(["DE", "FR", "IT"])
