import pandas as pd
from transforms.api import Output, transform


@transform.using(accounts=Output("/Bank/accounts"))
def compute(accounts):
    accounts.write_table(pd.DataFrame({"account": ["a", "b"]}))
