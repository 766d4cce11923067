import pandas as pd
from transforms import RAW
from transforms.api import transform


@transform.using(raw=RAW)
def compute(raw):
    raw.write_table(pd.DataFrame({"title": ["Emma", "Ulysses"], "pages": [474, 730]}))
