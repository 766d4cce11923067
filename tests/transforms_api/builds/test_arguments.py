"""Which context a compute function is given."""

import polars
import pytest

from transforms.api import Input, Output, TransformContext, transform, transform_pandas, transform_polars


@pytest.fixture
def run(run_without_spark):
    deals = polars.DataFrame({"amount": [10, 20, 30]})
    run_without_spark(transform.using(out=Output("/A/deals"))(lambda out: out.write_table(deals)))
    return run_without_spark


def test_the_context_of_transform_polars_has_duckdb(run, rows):
    @transform_polars(Output("/A/total"), deals=Input("/A/deals"))
    def total(ctx, deals):
        return ctx.duckdb().conn.sql("select sum(amount)::bigint as amount from deals").pl()

    run(total)
    assert rows("/A/total") == [{"amount": 60}]


def test_the_context_of_transform_pandas_is_one_of_a_transform_on_spark(run):
    seen = []

    @transform_pandas(Output("/A/out"), deals=Input("/A/deals"))
    def copy(ctx, deals):
        seen.append(isinstance(ctx, TransformContext))
        return deals

    run(copy)
    assert seen == [True]
