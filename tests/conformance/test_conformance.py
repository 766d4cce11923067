"""The checked-in conformance table belongs to the list of probes; no engine runs here."""

import json
from pathlib import Path

import pyspark
import pytest

from . import report
from .compare import Outcome, compare, equal_values
from .probe import Table, frame
from .probes import PROBES
from .report import DATA, PAGE, count_transforms, data_of, page_of, public_names

PROJECT = Path(__file__).parents[2]
_CENSUS = """
col lit when sum coalesce avg round count concat max expr to_date datediff broadcast greatest split current_timestamp
array row_number first current_date countDistinct to_timestamp least regexp_replace regexp_extract from_unixtime
unix_timestamp concat_ws struct rand udf substring lower collect_set filter upper date_sub lag collect_list transform
min length size date_format column array_contains to_timestamp_ntz desc explode monotonically_increasing_id rank trim
format_string date_add sha2 year pandas_udf lpad month log10 nullif date_trunc element_at quarter ceil percent_rank
map_from_entries mean xxhash64 get stddev percentile_approx months_between floor format_number sqrt create_map slice
abs call_function sequence aggregate pmod array_distinct isnan variance conv shiftLeft explode_outer array_join
make_date add_months weekday inline arrays_overlap lead array_remove pow array_compact log1p dayofmonth weekofyear md5
array_sort try_element_at to_json flatten instr shiftright rint array_union percentile median
"""
"""Functions that real Foundry transforms call."""
CENSUS = _CENSUS.split()
NONE = frame("DataFrame.select", lambda rows: rows.t)


def data():
    return json.loads((PROJECT / DATA).read_text(encoding="utf-8"))


def test_the_data_file_has_the_result_of_every_probe_and_of_no_other():
    assert [(entry["name"], entry.get("case", "")) for entry in data()["probes"]] == [
        (probe.name, probe.case) for probe in PROBES
    ]


def test_the_data_file_has_the_patterns_of_the_probes():
    assert [(entry.get("when"), entry.get("edge")) for entry in data()["probes"]] == [
        (probe.when, probe.edge) for probe in PROBES
    ]


def test_every_function_that_real_transforms_use_has_a_probe():
    assert {f"functions.{name}" for name in CENSUS} <= {probe.name for probe in PROBES}


def test_names_and_cases_of_probes_are_unique():
    assert len({probe.key for probe in PROBES}) == len(PROBES)


@pytest.mark.skipif(pyspark.__version__ not in data()["pyspark"], reason="this version of PySpark has not been probed")
def test_a_public_name_of_pyspark_has_a_probe_or_is_listed_as_unprobed():
    unprobed = data()["unprobed"][".".join(pyspark.__version__.split(".")[:2])]
    assert set(public_names()) <= {entry["name"] for entry in data()["probes"]} | set(unprobed)


def test_the_counts_per_repository_are_those_of_the_scan():
    assert count_transforms(PROJECT) == data()["repositories"]


def test_the_page_shows_the_data_file():
    assert (PROJECT / PAGE).read_text(encoding="utf-8") == page_of(data())


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (1.0, 1.0 + 1e-14, True),
        (1.0, 1.0 + 1e-9, False),
        (float("nan"), float("nan"), True),
        (1, 1.0, False),
        (None, 0, False),
        ([1.0, {"a": 2.0}], [1.0, {"a": 2.0}], True),
        ([1.0], [1.0, 2.0], False),
    ],
)
def test_doubles_are_equal_to_twelve_digits_and_other_values_exactly(left, right, equal):
    assert equal_values(left, right) is equal


def test_a_type_that_differs_is_a_difference_even_if_the_values_are_equal():
    spark, sail = Table((("a", "int64"),), [(1,)]), Table((("a", "int32"),), [(1,)])
    assert compare(NONE, ("rows", spark), ("rows", sail)).status == "differs"


def test_the_order_of_rows_counts_only_in_probes_that_order():
    types = (("a", "int64"),)
    tables = ("rows", Table(types, [(1,), (2,)])), ("rows", Table(types, [(2,), (1,)]))
    assert compare(NONE, *tables) == Outcome("equal")
    assert compare(frame("DataFrame.orderBy", NONE.compute, ordered=True), *tables).status == "differs"


def test_a_probe_that_no_engine_can_compute_proves_nothing():
    with pytest.raises(ValueError, match=r"Spark cannot compute the probe DataFrame\.select: AnalysisException"):
        compare(NONE, ("error", "AnalysisException: no column"), ("error", "AnalysisException: no column"))


def test_an_error_of_sail_is_missing_with_the_error():
    rows = ("rows", Table((), []))
    assert compare(NONE, rows, ("error", "Unsupported: rdd")) == Outcome("missing", "Unsupported: rdd")


def _found(status="equal", **statuses):
    """The outcomes of a run: of all probes, except for those whose keys are named."""
    return {probe.key: Outcome(statuses.get(probe.key, status)) for probe in PROBES}


def _of_upper(content):
    return next(entry for entry in content["probes"] if entry["name"] == "functions.upper")


@pytest.fixture
def run_with(monkeypatch):
    """run_with(version of PySpark, status of functions.upper, content so far) → the content after a run."""

    def run(pyspark_version, status, before, pysail="1.0"):
        versions = {"pyspark": pyspark_version, "pysail": pysail}
        monkeypatch.setattr(report, "version", versions.__getitem__)
        return data_of(_found(**{"functions.upper": status}), before)

    return run


def test_a_probe_is_equal_only_if_it_is_with_each_version_of_pyspark(run_with):
    with_3 = run_with("3.5.9", "equal", {})
    assert _of_upper(with_3)["status"] == "equal"
    with_both = run_with("4.2.0", "missing", with_3)
    assert with_both["pyspark"] == ["3.5.9", "4.2.0"]
    assert (_of_upper(with_both)["status"], _of_upper(with_both)["with"]) == ("missing", ["4.2"])
    again_with_3 = run_with("3.5.9", "equal", with_both)
    assert again_with_3 == with_both


def test_a_run_with_a_newer_release_replaces_what_one_of_the_same_version_has_found(run_with):
    before = run_with("4.2.0", "missing", run_with("3.5.9", "equal", {}))
    after = run_with("4.2.1", "equal", before)
    assert after["pyspark"] == ["3.5.9", "4.2.1"]
    assert _of_upper(after) == {"name": "functions.upper", "status": "equal"}


def test_a_probe_that_no_version_computes_equally_has_the_status_of_the_lowest(run_with):
    both = run_with("4.2.0", "differs", run_with("3.5.9", "missing", {}))
    assert _of_upper(both) == {"name": "functions.upper", "status": "missing"}


def test_a_run_with_a_different_sail_drops_what_was_known_of_the_former(run_with):
    before = run_with("4.2.0", "missing", {}, pysail="1.0")
    after = run_with("3.5.9", "equal", before, pysail="1.1")
    assert (after["pyspark"], _of_upper(after)["status"]) == (["3.5.9"], "equal")
