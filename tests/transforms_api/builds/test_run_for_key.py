"""A job on the rows of one key, of which nothing is left."""

import polars
import pytest

from transforms import expectations as E
from transforms.api import Check, Input, Output, transform
from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.sandbox import run_for_key
from transforms_api.errors import ChecksFailedError, MissingInputError, UnknownTargetError


@transform.using(
    deals=Input("/A/deals"),
    rates=Input("/A/rates"),
    out=Output("/A/totals", checks=Check(E.col("total").gt(0), "total is positive")),
)
def totals(deals, rates, out):
    [rate] = rates.polars()["rate"]
    out.write_table(deals.polars().group_by("rep").agg(total=polars.col("amount").sum() * rate))


@pytest.fixture
def environment(warehouse, write):
    write("/A/deals", rep=["R1", "R2", "R2", "R3"], amount=[1, 2, 3, -1])
    write("/A/rates", rate=[10])
    return BuildEnvironment(lambda: pytest.fail("the job started Spark"), warehouse, "build")


def test_only_rows_of_the_key_are_read_and_inputs_without_it_as_a_whole(environment):
    assert run_for_key(totals, "rep", "R2", environment).rows == [{"rep": "R2", "total": 50}]


def test_the_warehouse_stays_as_it_is(environment, warehouse):
    before = {file: file.stat().st_mtime_ns for file in warehouse.root.rglob("*")}
    run_for_key(totals, "rep", "R2", environment)
    assert {file: file.stat().st_mtime_ns for file in warehouse.root.rglob("*")} == before


def test_checks_of_a_dataset_made_on_demand_have_to_hold(environment):
    with pytest.raises(ChecksFailedError, match="total is positive"):
        run_for_key(totals, "rep", "R3", environment)


def test_an_unknown_key_is_an_error_with_those_like_it(environment):
    with pytest.raises(UnknownTargetError, match=r"/A/deals has no rep 'R22'\. Did you mean R2"):
        run_for_key(totals, "rep", "R22", environment)
    with pytest.raises(UnknownTargetError, match=r"has no rep 'Emily'\. One is R1\."):
        run_for_key(totals, "rep", "Emily", environment)


def test_an_input_that_is_not_there_is_named_with_what_to_do(warehouse):
    with pytest.raises(
        MissingInputError, match=r"(?s)reads /A/deals and /A/rates, which are not in .*/A/deals: `build deals`"
    ):
        run_for_key(totals, "rep", "R1", BuildEnvironment(lambda: None, warehouse, "build"))
