import traceback

import pytest

from transforms import expectations as E
from transforms.api import Check, Input, Output, Pipeline, incremental, transform, transform_df, transform_pandas
from transforms.verbs.testing.datastores import InMemoryDatastore
from transforms.verbs.testing.TransformRunner import TransformRunner
from transforms_api.errors import (
    ChecksFailedError,
    DatasetPathError,
    MissingInputError,
    NotSupportedLocallyError,
    StoreError,
    UnknownTargetError,
)

DOUBLED = transform_df(Output("/A/doubled"), source=Input("/A/source"))(
    lambda source: source.selectExpr("id * 2 AS id")
)
PLUS_ONE = transform_df(Output("/A/plus_one"), source=Input("/A/doubled"))(
    lambda source: source.selectExpr("id + 1 AS id")
)


@pytest.fixture
def build(spark):
    """build(dataset, *transforms, **stored) → its ids, sorted; `stored`: how many ids a dataset of that name has."""

    def run(dataset, *transforms, **stored):
        pipeline, datastore = Pipeline(), InMemoryDatastore()
        pipeline.add_transforms(*transforms)
        for name, rows in stored.items():
            datastore.store_dataframe(f"/A/{name}", spark.range(rows))
        return sorted(
            row.id for row in TransformRunner(pipeline, datastore=datastore).build_dataset(spark, dataset).collect()
        )

    return run


def test_a_dataset_is_built_from_stored_rows_through_all_transforms_between(build):
    assert build("/A/plus_one", PLUS_ONE, DOUBLED, source=3) == [1, 3, 5]


def test_stored_rows_replace_the_transform_that_writes_them(build):
    assert build("/A/plus_one", PLUS_ONE, DOUBLED, doubled=2) == [1, 2]


def test_the_dataset_to_build_is_built_even_where_rows_of_it_are_stored(build):
    assert build("/A/doubled", DOUBLED, source=2, doubled=9) == [0, 2]


def test_a_pipeline_that_reads_nothing_needs_no_datastore(spark):
    pipeline = Pipeline()
    pipeline.add_transforms(transform_df(Output("/A/x"))(lambda ctx: ctx.spark_session.range(2)))
    assert TransformRunner(pipeline).build_dataset(spark, "/A/x").count() == 2


def test_faults_of_other_transforms_do_not_stop_the_runner(build):
    lost = transform_df(Output("/A/lost"), gone=Input("/A/gone"))(lambda gone: gone)
    assert build("/A/doubled", lost, DOUBLED, source=2) == [0, 2]


def test_transforms_on_a_single_node_give_a_dataframe_too(build):
    tripled = transform_pandas(Output("/A/tripled"), source=Input("/A/source"))(lambda source: source * 3)
    assert build("/A/tripled", tripled, source=2) == [0, 3]


def test_the_runner_builds_one_of_several_outputs(build):
    @transform(source=Input("/A/source"), small=Output("/A/small[new]"), big=Output("/A/big"))
    def split(source, small, big):
        small.write_dataframe(source.dataframe().filter("id < 1"))
        big.write_dataframe(source.dataframe().filter("id >= 1"))

    assert build("/A/small[new]", split, source=3) == [0]


def test_an_incremental_transform_runs_as_a_whole(build):
    @incremental()
    @transform(source=Input("/A/source"), out=Output("/A/out"))
    def copy(ctx, source, out):
        assert not ctx.is_incremental
        out.write_dataframe(source.dataframe())

    assert build("/A/out", copy, source=2) == [0, 1]


def test_an_error_of_the_function_surfaces_as_it_was_raised_with_its_own_traceback(build):
    def divide(source):
        try:
            return 1 / 0
        except ZeroDivisionError as error:
            raise LookupError("no ratio") from error

    with pytest.raises(LookupError, match="no ratio") as error:
        build("/A/x", transform_df(Output("/A/x"), source=Input("/A/source"))(divide), source=1)
    assert isinstance(error.value.__cause__, ZeroDivisionError)
    assert traceback.extract_tb(error.value.__traceback__)[-1].name == "divide"


def test_checks_have_to_hold_as_in_a_build(build):
    checked = transform_df(Output("/A/x", checks=Check(E.count().gt(5), "many")), source=Input("/A/source"))(
        lambda source: source
    )
    with pytest.raises(ChecksFailedError, match="many"):
        build("/A/x", checked, source=1)


def test_an_input_that_is_nowhere_is_named_with_what_to_do(build):
    with pytest.raises(MissingInputError, match=r"reads /A/source, which .* datastore\.store_dataframe"):
        build("/A/doubled", DOUBLED)


def test_a_dataset_that_no_transform_writes_is_named_with_the_nearest(build):
    with pytest.raises(UnknownTargetError, match=r"'/A/double'\. Did you mean /A/doubled"):
        build("/A/double", DOUBLED, source=1)


def test_an_aborted_dataset_has_no_rows_to_return(build):
    with pytest.raises(StoreError, match="/A/x has no rows to return: its transform aborted it"):
        build("/A/x", transform(out=Output("/A/x"))(lambda out: out.abort()))


def test_a_feature_that_only_foundry_has_is_refused_as_in_a_build(build):
    with pytest.raises(NotSupportedLocallyError, match="Snowflake"):
        build("/A/x", transform.snowflake.using(out=Output("/A/x"))(lambda out: None))


def test_rows_are_stored_under_names_that_datasets_can_have(spark):
    with pytest.raises(DatasetPathError, match="'source' is no Foundry path"):
        InMemoryDatastore().store_dataframe("source", spark.range(1))
