"""Two exports of a CRM, a week apart: each imported and built with the commands, and what moved between them."""

import json
from pathlib import Path

import pytest
from deltalake import DeltaTable

from transforms_api.cli import app

SAMPLES = Path(__file__).parents[2] / "data" / "crm_exports" / "two_snapshots"
DAYS = ("2024-11-08", "2024-11-15")
TARGETS = ("/RevOps/Analytics/pipeline_movement", "/RevOps/Analytics/deal_slippage")
NAMES = {"start": "opening", "new": "created", "end": "closing"}
"""Part of the waterfall in expected.json → beginning of our column's name, where they differ."""


@pytest.fixture(scope="module")
def expected():
    return json.loads((SAMPLES / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module", params=[DAYS, [""]], ids=["a build after each import", "one build after both"])
def imported_twice(build, tmp_path_factory, request):
    """imported_twice(dataset) → its rows after the imports of both days: each with a build, or the folder with one."""
    here, root = tmp_path_factory.mktemp("here"), tmp_path_factory.mktemp("warehouse")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(here)  # the proposed mapping is written here
        for day in request.param:
            stated = ["--today", day or DAYS[-1], "--warehouse", str(root)]
            with pytest.raises(SystemExit) as ended:
                app.main(["import", str(SAMPLES / day), "--crm", "--yes", *stated])
            assert ended.value.code == 0
            build(root, *TARGETS)
    return lambda dataset: DeltaTable(f"{root}/master{dataset}").to_pyarrow_table().to_pylist()


@pytest.mark.parametrize(("ours", "theirs"), [("Q4 2024", "2024-Q4"), ("All", "all")])
def test_the_movement_of_two_imports_is_the_expected_waterfall(imported_twice, expected, ours, theirs):
    [row] = [
        row for row in imported_twice("/RevOps/Analytics/pipeline_movement")
        if row["period"] == "1w" and row["quarter"] == ours
        and {row["team_filter"], row["segment_filter"], row["region_filter"]} == {"All"}
    ]  # fmt: skip
    wanted = expected["moves"]["waterfall"][theirs]
    assert {part: row[f"{NAMES.get(part, part)}_amount"] for part in wanted} == wanted


def test_each_change_of_two_imports_names_the_expected_deals(imported_twice, expected):
    snapshots = {}
    for row in imported_twice("/RevOps/Analytics/pipeline_changes"):
        if row["period"] == "1w":
            snapshots.setdefault(row["kind"], set()).add(row["opportunity_id"])
    for kind, deals in expected["moves"]["deals"].items():
        assert (kind, snapshots[NAMES.get(kind, kind)]) == (kind, {deal["id"] for deal in deals})


def test_the_deals_that_two_imports_show_as_pushed_or_back_a_stage_slip(imported_twice, expected):
    rows = {row["opportunity_id"]: row for row in imported_twice("/RevOps/Analytics/deal_slippage")}
    moves = expected["moves"]["deals"]
    pushed = {deal for deal, row in rows.items() if row["push_count"]}
    assert pushed == {deal["id"] for deal in moves["pushed_out"]}
    assert {deal for deal, row in rows.items() if row["regression_count"]} == {
        deal["id"] for deal in moves["stage_regressed"]
    }
    days = {deal: rows[deal]["pushed_days"] for deal in pushed}
    assert days == {"S-3004": 25, "S-3005": 34, "S-3006": 41, "S-3007": 25}
    assert {deal for deal in pushed if rows[deal]["is_pushed"]} == {"S-3005", "S-3006"}


def test_a_deal_of_the_second_import_alone_has_no_known_pushes(imported_twice, expected):
    rows = {row["opportunity_id"]: row for row in imported_twice("/RevOps/Analytics/deal_slippage")}
    new = {deal["id"] for deal in expected["moves"]["deals"]["new"]}
    assert {deal for deal, row in rows.items() if row["push_count"] is None} == new & rows.keys()
