"""The lineage that a job notes for an output: when the plan is read, and what stays from the last version."""

import json
from types import SimpleNamespace

import pytest

from transforms_api.runtime.output_state import OutputState
from transforms_api.warehouse.column_lineage import ColumnLineage, ColumnName, Influence
from transforms_api.warehouse.provenance import Provenance


def schema(*columns):
    fields = [{"name": name, "type": "long", "nullable": True, "metadata": {}} for name in columns]
    return json.dumps({"type": "struct", "fields": fields})


def copied(column):
    """Return the lineage of an output whose column `x` is a copy of a column of `/A/in`."""
    return ColumnLineage.of({"x": {Influence.IDENTITY: [ColumnName("/A/in", column)]}}, {})


def state(previous=None, transform="shop:out", code="code", mode="replace"):
    """Return the state of an output with an earlier version, which has the column `x` and this lineage."""
    made = Provenance(transform=transform, columns=previous)
    version = SimpleNamespace(commit=SimpleNamespace(provenance=made), schema=schema("x"), holds_files_only=False)
    return OutputState("/A/out", "master", SimpleNamespace(has_files=False), version, code=code, mode=mode)


def note(trace, columns=("x",), **settings):
    """Return the lineage after a write of rows with these columns."""
    output = state(**settings)
    output.note_lineage(schema(*columns), trace)
    return output.columns


def no_plan():
    pytest.fail("the plan was read")


def test_unchanged_code_keeps_the_lineage_and_reads_no_plan():
    first = note(lambda: copied("a"))
    assert note(no_plan, previous=first) == first


@pytest.mark.parametrize(
    "changed",
    [{"code": "other code"}, {"columns": ("x", "y")}, {"code": None}],
    ids=["code", "columns of the output", "unknown code"],
)
def test_the_plan_is_read_again_after_a_change_of(changed):
    assert note(lambda: copied("b"), previous=note(lambda: copied("a")), **changed).sources == (("/A/in", "b"),)


def test_an_unknown_lineage_is_not_kept():
    def unreadable():
        raise ValueError

    first = note(unreadable)
    assert first.reason == "its plan could not be read (ValueError)"
    assert note(lambda: copied("a"), previous=first).reason is None


def test_rows_that_stay_keep_their_lineage_beside_that_of_new_rows():
    first = note(lambda: copied("a"))
    assert note(lambda: copied("b"), mode="append", previous=first, code="other").sources == (
        ("/A/in", "a"),
        ("/A/in", "b"),
    )


def test_rows_that_stay_and_have_no_recorded_lineage_make_their_columns_incomplete():
    assert note(lambda: copied("a"), mode="append").unknown == ("x",)


def test_imported_rows_that_stay_have_no_source():
    assert note(lambda: copied("a"), mode="append", transform=None).unknown == ()


def test_several_writes_of_one_job_are_kept_together():
    def job(previous, *traces):
        output = state(previous, mode="append")
        for trace in traces:
            output.note_lineage(schema("x"), trace)
        return output.columns

    first = job(None, lambda: copied("a"), lambda: copied("b"))
    assert job(first, lambda: copied("a"), no_plan) == first
