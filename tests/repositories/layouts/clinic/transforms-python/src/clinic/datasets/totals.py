from transforms.api import Input, Output, transform


@transform.using(
    totals=Output("/Clinic//totals\n"),
    visits=Input("ri.foundry.main.dataset.00000000-0000-0000-0000-000000000003"),
    wards=Input("/Clinic/parsed/wards"),
)
def compute(totals, visits, wards):
    print("totals are computed")
    totals.write_table(visits.polars().join(wards.polars(), on="ward").group_by("name").len())
