from datetime import date

import pytest

from revops_dashboards.filters import (
    HEALTH,
    KPIS,
    REPS,
    Choice,
    Options,
    address,
    choice_of,
    default_quarter,
    filters_only,
    options_of,
    reps_of,
)
from revops_dashboards.tables import MissingDataset

TODAY = date(2024, 11, 15)


def kpi(quarter, team="All", segment="All", region="All", open_count=1):
    return {
        "quarter": quarter, "team_filter": team, "segment_filter": segment, "region_filter": region,
        "data_freshness": TODAY, "open_count": open_count,
    }  # fmt: skip


def test_an_address_says_what_is_chosen():
    assert choice_of({"team": "Lee", "quarter": "Q4 2024"}) == Choice(quarter="Q4 2024", team="Lee")


def test_unknown_names_and_empty_values_of_an_address_are_ignored():
    assert choice_of({"team": "", "colour": "red"}) == Choice()


def test_an_address_has_only_what_differs_from_the_defaults():
    assert address("/deals", Choice(quarter="Q4 2024"), band="at_risk", owner="O & 1") == (
        "/deals?quarter=Q4+2024&band=at_risk&owner=O+%26+1"
    )
    assert address("/", Choice()) == "/"


def test_other_pages_keep_the_filters_and_give_up_what_narrows_a_list():
    chosen = choice_of({"team": "Lee", "rep": "R1", "deal": "D1", "stage": "Proposal", "sort": "amount"})
    assert filters_only(chosen) == Choice(team="Lee", rep="R1")


def test_quarters_are_in_time_order_after_all(tables, write):
    write(KPIS, [
        kpi("Q1 2025", team="Torres"), kpi("All"), kpi("Q4 2024", team="Lee", segment="SMB", region="West"),
        kpi("Unknown"), kpi("Q2 2024", open_count=0),
    ])  # fmt: skip
    assert options_of(tables) == Options(
        quarters=["Q2 2024", "Q4 2024", "Q1 2025", "Unknown", "All"],
        teams=["All", "Lee", "Torres"],
        segments=["All", "SMB"],
        regions=["All", "West"],
        today=TODAY,
        open_quarters=["Q4 2024", "Q1 2025", "Unknown", "All"],
    )


def test_without_the_kpis_the_open_deals_say_what_there_is_to_choose(tables, write):
    deal = {"quarter": "Q4 2024", "manager_name": "Lee", "segment": "SMB", "region": "West", "data_freshness": TODAY}
    write(HEALTH, [deal])
    assert options_of(tables) == Options(
        ["Q4 2024"], ["All", "Lee"], ["All", "SMB"], ["All", "West"], TODAY, ["Q4 2024"]
    )


def test_without_both_the_error_names_the_kpis(tables):
    with pytest.raises(MissingDataset, match=KPIS):
        options_of(tables)


@pytest.mark.parametrize(
    ("quarters", "open_quarters", "default"),
    [
        (["Q4 2024", "Q1 2025", "All"], ["Q4 2024", "All"], "Q4 2024"),
        (["Q4 2024", "Unknown", "All"], ["Unknown", "All"], "All"),
        (["Q1 2024", "All"], ["All"], "All"),
        (["Q1 2024", "Q2 2024"], [], "Q2 2024"),
        ([], [], None),
    ],
)
def test_the_default_is_the_current_quarter_if_it_has_open_deals_and_else_all_quarters(
    quarters, open_quarters, default
):
    assert default_quarter(Options(quarters, [], [], [], TODAY, open_quarters)) == default


def test_a_value_that_no_filter_has_is_named():
    options = Options(["Q4 2024"], ["All", "Lee"], ["All"], ["All"], TODAY)
    assert options.unknown(Choice("Q9 2024", "Nobody")) == [
        "There is no quarter “Q9 2024”.",
        "There is no team “Nobody”.",
    ]
    assert options.unknown(Choice("Q4 2024", "Lee")) == []


def test_the_filters_narrow_the_reps_and_the_best_comes_first(tables, write):
    rep = {"manager_name": "Lee", "segment": "SMB", "region": "West"}
    write(REPS, [
        {**rep, "rep_id": "R1", "rep_name": "Ann", "overall_rank": 2},
        {**rep, "rep_id": "R2", "rep_name": "Bob", "overall_rank": 1},
        {**rep, "rep_id": "R3", "rep_name": "Cid", "overall_rank": 3, "region": "East"},
    ])  # fmt: skip
    assert [rep.rep_id for rep in reps_of(tables, Choice(team="Lee", region="West"))] == ["R2", "R1"]
