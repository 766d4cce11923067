from datetime import date

import pytest

from revops_dashboards.filters import (
    HEALTH,
    KPIS,
    REPS,
    Choice,
    Options,
    choice_of,
    default_quarter,
    options_of,
    reps_of,
)
from revops_dashboards.tables import MissingDataset

TODAY = date(2024, 11, 15)


def kpi(quarter, team="All", segment="All", region="All"):
    return {
        "quarter": quarter, "team_filter": team, "segment_filter": segment, "region_filter": region,
        "data_freshness": TODAY,
    }  # fmt: skip


def test_an_address_says_what_is_chosen():
    assert choice_of({"team": "Lee", "quarter": "Q4 2024"}) == Choice(quarter="Q4 2024", team="Lee")


def test_parameters_of_an_address_that_are_no_choices_are_left_out():
    assert choice_of({"team": "", "colour": "red"}) == Choice()


def test_quarters_are_in_time_order_and_all_stands_first(tables, write):
    write(
        KPIS, [kpi("Q1 2025", team="Torres"), kpi("Q4 2024", team="Lee", segment="SMB", region="West"), kpi("Q2 2024")]
    )
    assert options_of(tables) == Options(
        quarters=["Q2 2024", "Q4 2024", "Q1 2025"],
        teams=["All", "Lee", "Torres"],
        segments=["All", "SMB"],
        regions=["All", "West"],
        today=TODAY,
    )


def test_without_the_kpis_the_open_deals_say_what_there_is_to_choose(tables, write):
    deal = {"quarter": "Q4 2024", "manager_name": "Lee", "segment": "SMB", "region": "West", "data_freshness": TODAY}
    write(HEALTH, [deal])
    assert options_of(tables) == Options(["Q4 2024"], ["All", "Lee"], ["All", "SMB"], ["All", "West"], TODAY)


def test_without_kpis_and_open_deals_the_kpis_are_named_as_missing(tables):
    with pytest.raises(MissingDataset, match=KPIS):
        options_of(tables)


@pytest.mark.parametrize(
    ("quarters", "default"),
    [(["Q4 2024", "Q1 2025"], "Q4 2024"), (["Q1 2024", "Q2 2024"], "Q2 2024"), ([], None)],
)
def test_the_quarter_that_goes_on_is_shown_first_or_else_the_last(quarters, default):
    assert default_quarter(Options(quarters, [], [], [], TODAY)) == default


def test_the_filters_narrow_the_reps_and_the_best_stands_first(tables, write):
    rep = {"manager_name": "Lee", "segment": "SMB", "region": "West"}
    write(REPS, [
        {**rep, "rep_id": "R1", "rep_name": "Ann", "overall_rank": 2},
        {**rep, "rep_id": "R2", "rep_name": "Bob", "overall_rank": 1},
        {**rep, "rep_id": "R3", "rep_name": "Cid", "overall_rank": 3, "region": "East"},
    ])  # fmt: skip
    assert [one["rep_id"] for one in reps_of(tables, Choice(team="Lee", region="West"))] == ["R2", "R1"]
