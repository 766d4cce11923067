import os

from transforms.api import Input, Output, transform

print("parsed is imported")
os.write(1, b"parsed is imported, says a library\n")

RAW = {
    "visits": "ri.foundry.main.dataset.00000000-0000-0000-0000-000000000001",
    "wards": "ri.foundry.main.dataset.00000000-0000-0000-0000-000000000002",
}


def parse(name, raw):
    @transform.using(parsed=Output(f"/Clinic/parsed/{name}"), raw=Input(raw))
    def compute(parsed, raw):
        parsed.write_table(raw.polars().drop_nulls())

    return compute


transforms = (parse(name, raw) for name, raw in RAW.items())
