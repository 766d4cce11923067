from transforms.api import Input, Output, transform


@transform.using(
    accounts=Input("ri.foundry.main.dataset.00000000-0000-0000-0000-000000000001"),
    balances=Output("ri.foundry.main.dataset.00000000-0000-0000-0000-000000000002"),
)
def compute(accounts, balances):
    balances.write_table(accounts.pandas().assign(balance=0))
