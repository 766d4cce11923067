"""run_in_sandbox: what a sandbox adds to `run_transform`, whose tests are in testing/test_run_transform.py."""

import shutil

import polars as pl
import pyarrow as pa
import pytest

from transforms import expectations as E
from transforms.api import Check, Input, InputSet, Output, incremental, transform
from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.sandbox import Checks, run_in_sandbox
from transforms_api.errors import ComputeError, TrialError
from transforms_api.warehouse.arrow_rows import read_slice
from transforms_api.warehouse.table import full_view
from transforms_api.warehouse.warehouse import Warehouse


@pytest.fixture
def environment(tmp_path):
    """The environment of a build without Spark, with an empty warehouse."""
    return BuildEnvironment(lambda: None, Warehouse(tmp_path / "aside"), "trial")


def rows(version):
    return read_slice(full_view(version)).to_table().to_pylist()


def copy(*checks):
    return transform.using(source=Input("/A/in"), out=Output("/A/out", checks=checks))(
        lambda source, out: out.write_table(source.polars())
    )


def test_a_version_of_a_table_is_read_where_it_is(environment, write):
    version = write("/A/elsewhere", n=[1, 2])
    tried = run_in_sandbox(copy(), {"source": version}, environment)
    assert rows(tried.outputs["/A/out"]) == [{"n": 1}, {"n": 2}]
    assert not environment.warehouse.table("/A/in").exists()


def test_a_trial_writes_into_a_warehouse_of_its_own(environment, write, warehouse):
    tried = run_in_sandbox(copy(), {"source": write("/A/in", n=[1])}, environment)
    assert tried.outputs["/A/out"].table == environment.warehouse.table("/A/out")
    assert warehouse.latest("/A/out") is None
    shutil.rmtree(environment.warehouse.root)


def test_checks_can_be_reported_without_stopping_the_run(environment):
    checked = copy(Check(E.count().gt(5), "many"), Check(E.col("n").non_null(), "known", on_error="WARN"))
    tried = run_in_sandbox(checked, {"source": pa.table({"n": [1]})}, environment, checks=Checks.REPORTED)
    assert [(result.name, result.on_error, result.problem is None) for result in tried.checks] == [
        ("many", "FAIL", False),
        ("known", "WARN", True),
    ]
    assert rows(tried.outputs["/A/out"]) == [{"n": 1}]


def test_checks_that_are_left_out_are_not_evaluated(environment):
    checked = copy(Check(E.count().gt(5), "many"))
    assert run_in_sandbox(checked, {"source": pa.table({"n": [1]})}, environment, checks=Checks.SKIPPED).checks == []


def test_an_error_of_the_function_is_the_cause_of_the_error(environment):
    broken = transform.using(source=Input("/A/in"), out=Output("/A/out"))(lambda source, out: 1 / 0)
    with pytest.raises(ComputeError) as error:
        run_in_sandbox(broken, {"source": pa.table({"n": [1]})}, environment)
    assert isinstance(error.value.__cause__, ZeroDivisionError)


def test_the_transform_that_is_tried_out_stays_as_it_was(environment):
    checked = copy(Check(E.count().gt(5), "many"))
    run_in_sandbox(checked, {"source": pa.table({"n": [1]})}, environment, checks=Checks.SKIPPED)
    assert [check.name for check in checked.outputs["out"].checks] == ["many"]


def test_every_member_of_a_set_needs_rows_of_its_own(environment):
    union = transform.using(parts=InputSet(["/A/a", "/A/b"]), out=Output("/A/out"))(
        lambda parts, out: out.write_table(pl.concat([part.polars() for part in parts]))
    )
    with pytest.raises(TrialError, match="'parts' of transform '<lambda>' stands for 2 datasets: give a list"):
        run_in_sandbox(union, {"parts": [pa.table({"n": [1]})]}, environment)


def test_two_parameters_of_one_dataset_need_the_same_rows(environment):
    twice = transform.using(a=Input("/A/in"), b=Input("/A/in"), out=Output("/A/out"))(
        lambda a, b, out: out.write_table(pl.concat([a.polars(), b.polars()]))
    )
    table = pa.table({"n": [1]})
    assert rows(run_in_sandbox(twice, {"a": table, "b": table}, environment).outputs["/A/out"]) == [{"n": 1}, {"n": 1}]
    with pytest.raises(TrialError, match="Two inputs of transform '<lambda>' are /A/in: give both the same"):
        run_in_sandbox(twice, {"a": table, "b": pa.table({"n": [2]})}, environment)


def test_earlier_rows_are_refused_for_what_is_read_as_a_whole(environment):
    @incremental(snapshot_inputs=["names"])
    @transform.using(source=Input("/A/in"), names=Input("/A/names"), out=Output("/A/out"))
    def keep(source, names, out):
        out.write_table(source.polars())

    table = pa.table({"n": [1]})
    with pytest.raises(TrialError, match=r"'names' is no output .* There are: source, out"):
        run_in_sandbox(keep, {"source": table, "names": table}, environment, previous={"names": table})


NAN = float("nan")


@pytest.mark.parametrize("value", [NAN, [NAN, 1.0], {"a": NAN}], ids=str)
def test_equal_rows_for_one_dataset_are_the_same_though_nan_is_in_them(environment, value):
    twice = transform.using(a=Input("/A/in"), b=Input("/A/in"), out=Output("/A/out"))(
        lambda a, b, out: out.write_table(a.arrow())
    )
    first, equal, other = (pa.table({"n": [value, last]}) for last in (None, None, value))
    run_in_sandbox(twice, {"a": first, "b": first}, environment)
    assert len(rows(run_in_sandbox(twice, {"a": first, "b": equal}, environment).outputs["/A/out"])) == 2
    with pytest.raises(TrialError, match="give both the same"):
        run_in_sandbox(twice, {"a": first, "b": other}, environment)
