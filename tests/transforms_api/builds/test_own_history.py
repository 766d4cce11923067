"""Incremental transforms without inputs that grow: each run continues from what earlier ones wrote."""

import polars
import pytest

from transforms.api import Input, IntegerParam, Output, incremental, lightweight, transform, transform_polars
from transforms.external.systems import Source, external_systems
from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.job import run_job
from transforms_api.builds.plan import make_plan, why_stale
from transforms_api.project.fingerprint import CodeFingerprint
from transforms_api.project.graph import build_graph
from transforms_api.project.settings import SourceSettings

COUNT = {"n": polars.Int64}


def fetch_next(out, ctx):
    """Add a row with the number of rows that earlier runs wrote, none unless `is_incremental`."""
    seen = out.polars(mode="previous", schema=COUNT).height if ctx.is_incremental else 0
    out.write_table(polars.DataFrame({"n": [seen]}, schema=COUNT))


def alone(**settings):
    return incremental(**settings)(transform.using(out=Output("/A/feed"))(lambda ctx, out: fetch_next(out, ctx)))


def from_a_source(**settings):
    plain = transform.using(out=Output("/A/feed"))(lambda ctx, out, api: fetch_next(out, ctx))
    return incremental(**settings)(external_systems(api=Source("ri.source"))(plain))


def with_a_parameter(**settings):
    plain = transform.using(size=IntegerParam(3), out=Output("/A/feed"))(lambda ctx, size, out: fetch_next(out, ctx))
    return incremental(**settings)(plain)


def with_snapshots_alone(**settings):
    plain = transform.using(codes=Input("/A/codes"), out=Output("/A/feed"))(
        lambda ctx, codes, out: fetch_next(out, ctx)
    )
    return incremental(snapshot_inputs=["codes"], **settings)(plain)


def by_the_older_decorator(**settings):
    plain = transform(out=Output("/A/feed"))(lambda ctx, out: fetch_next(out, ctx))
    return incremental(**settings)(lightweight(plain))


KINDS = [alone, from_a_source, with_a_parameter, with_snapshots_alone, by_the_older_decorator]


@pytest.fixture
def environment(warehouse, write):
    write("/A/codes", code=["x"])
    return BuildEnvironment(None, warehouse, "build-1", sources={"ri.source": SourceSettings(url="https://localhost")})


@pytest.fixture
def run(environment):
    """run(transform) → the notes of its job."""
    return lambda transform: run_job(transform, environment).notes


def feed(rows):
    return [row["n"] for row in rows("/A/feed")]


@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_earlier_runs_stay_and_each_later_run_adds_to_them(run, rows, kind):
    notes = [run(kind()) for _ in range(3)]
    assert notes == [["not running incrementally: no output has been built yet"], *[["ran incrementally"]] * 2]
    assert feed(rows) == [0, 1, 2]


@pytest.mark.parametrize("kind", KINDS)
def test_require_incremental_allows_the_first_run_and_those_after_it(run, rows, kind):
    run(kind(require_incremental=True))
    run(kind(require_incremental=True))
    assert feed(rows) == [0, 1]


@pytest.mark.parametrize("kind", KINDS)
def test_a_changed_semantic_version_drops_the_rows_of_earlier_runs(run, rows, kind):
    run(kind())
    run(kind())
    assert run(kind(semantic_version=2)) == ["not running incrementally: its semantic_version is 2 now"]
    assert feed(rows) == [0]


def test_rows_that_an_incremental_polars_function_returns_are_added(run, rows):
    @incremental()
    @transform_polars(Output("/A/feed"))
    def count():
        return polars.DataFrame({"n": [1]})

    run(count)
    run(count)
    assert feed(rows) == [1, 1]


def test_an_output_that_is_aborted_in_one_run_continues_in_the_next(run, rows):
    """As in a consumer of messages with two outputs, of which one had nothing to write for a while."""
    aborts = iter([False, True, False])

    @incremental()
    @transform.using(out=Output("/A/feed"), offsets=Output("/A/offsets"))
    def consume(ctx, out, offsets):
        if next(aborts):
            out.abort()
        else:
            fetch_next(out, ctx)
        offsets.write_table(polars.DataFrame({"n": [1]}))

    assert [run(consume)[-1] for _ in range(3)][1:] == ["ran incrementally"] * 2
    assert feed(rows) == [0, 1]


def test_snapshot_inputs_that_changed_while_an_output_was_aborted_keep_the_run_incremental(run, write, rows):
    aborts = iter([False, True, False])

    @incremental(snapshot_inputs=["codes"])
    @transform.using(codes=Input("/A/codes"), out=Output("/A/feed"), offsets=Output("/A/offsets"))
    def consume(ctx, codes, out, offsets):
        if next(aborts):
            out.abort()
        else:
            fetch_next(out, ctx)
        offsets.write_table(polars.DataFrame({"n": [1]}))

    run(consume)
    write("/A/codes", code=["y"])
    run(consume)
    assert run(consume) == ["ran incrementally"]
    assert feed(rows) == [0, 1]


class Code:
    """The logic versions of transforms that all have this code."""

    def __init__(self, code):
        self._code = code

    def of(self, transform):
        return CodeFingerprint({"its.module": self._code})


def test_changed_code_makes_a_transform_without_inputs_stale_and_keeps_its_rows(warehouse, rows):
    older, newer = (BuildEnvironment(None, warehouse, f"build-{code}", logic=Code(code)) for code in "12")
    run_job(alone(), older)
    assert why_stale(alone(), older) is None
    assert why_stale(alone(), newer) == "its.module has changed"
    assert run_job(alone(), newer).notes == ["ran incrementally"]
    assert feed(rows) == [0, 1]


def test_a_transform_without_inputs_is_fresh_until_it_is_forced(environment, run, rows):
    transform = alone()
    run(transform)
    graph = build_graph([transform])
    assert make_plan(graph, environment, only_stale=True).jobs == []
    assert make_plan(graph, environment).jobs == [transform]  # the plan of `build --force`
    assert run(transform) == ["ran incrementally"]
    assert feed(rows) == [0, 1]


def test_a_transform_without_inputs_but_with_a_source_is_stale_at_every_build(environment, run):
    transform = from_a_source()
    run(transform)
    assert why_stale(transform, environment) == "it reads an external source"
