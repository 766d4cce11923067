"""Packages for what a machine of one's own has not: they import, declare and read as type hints; a build refuses."""

import pytest
from transforms.aip.models.chat import ChatModel
from transforms.foundry.connectors import FoundryConnector

from transforms.api import Input, Output, lightweight, transform, transform_df
from transforms.external.systems import (
    Credential,
    EgressPolicy,
    ExportControl,
    ResolvedSource,
    Source,
    external_systems,
    use_external_systems,
)
from transforms.mediasets import MediaSetInput, MediaSetOutput
from transforms.objects import ObjectInput
from transforms.sidecar import Volume, sidecar
from transforms.tables import (
    BigQueryTable,
    DatabricksTable,
    DeltaTable,
    FilesTable,
    IcebergTable,
    SnowflakeTable,
    TableInput,
    TableOutput,
)
from transforms.timeseries import SeriesOutput

OUT = Output("/A/out")


def needing(**params):
    """Return a transform `compute` with these parameters besides an output."""

    def compute(out, **others): ...

    return transform(out=OUT, **params)(compute)


@pytest.mark.parametrize(
    ("declared", "feature"),
    [
        (needing(media=MediaSetInput("/A/media", branch="b")), "transforms.mediasets.MediaSetInput"),
        (needing(media=MediaSetOutput("/A/media")), "transforms.mediasets.MediaSetOutput"),
        (needing(table=TableInput("/A/table")), "transforms.tables.TableInput"),
        (needing(table=TableOutput("/A/t", "ri.s", SnowflakeTable("d", "s", "t"))), "transforms.tables.TableOutput"),
        (needing(objects=ObjectInput("Aircraft")), "transforms.objects.ObjectInput"),
        (needing(series=SeriesOutput("/A/series")), "transforms.timeseries.SeriesOutput"),
        (needing(model=ChatModel("gpt")), "transforms.aip.models.chat.ChatModel"),
        (sidecar(image="i", tag="t", volumes=[Volume("shared")])(needing()), "transforms.sidecar.sidecar"),
        (transform.snowflake.using(out=OUT)(lambda out: None), "computing in Snowflake"),
        (transform.using(out=OUT).with_container("i", "t")(lambda out: None), "containers of one's own"),
    ],
)
def test_a_transform_that_needs_what_only_foundry_has_is_refused_by_its_name_and_that_of_the_feature(
    declared, feature, refusal
):
    text = refusal(declared)
    assert f"transform '{declared.__name__}' needs {feature}, which only Foundry has" in text
    assert "test_side_packages.py:" in text


def test_external_systems_of_the_older_kind_provide_parameters_and_are_refused(refusal):
    @use_external_systems(egress=EgressPolicy("ri.egress"), key=Credential("ri.key"), rule=ExportControl(["marking"]))
    @transform_df(OUT, source=Input("/A/source"))
    def compute(source, egress, key, rule): ...

    compute.check_binding()
    assert "'compute' needs transforms.external.systems.use_external_systems" in refusal(compute)


def test_a_source_without_settings_is_refused_when_its_transform_runs(refusal):
    @external_systems(crm=Source("ri.source"))
    @transform(out=OUT)
    def compute(crm: ResolvedSource, out): ...

    assert "'compute' talks to the external source ri.source" in refusal(compute)


def test_a_refused_transform_stays_refused_under_other_decorators(refusal):
    media = needing(media=MediaSetInput("/A/media"))
    assert "transforms.mediasets.MediaSetInput" in refusal(lightweight(media))


def test_a_refused_transform_can_be_called_with_mocks():
    @transform(media=MediaSetInput("/A/media"), out=OUT)
    def compute(media, out):
        return media.count

    assert compute(media=type("Mock", (), {"count": 3}), out=None) == 3


@pytest.mark.parametrize(
    "construct",
    [
        lambda: SnowflakeTable(database="d", schema="s", table="t"),
        lambda: DatabricksTable(catalog="c", schema="s", table="t", format="f", location="l"),
        lambda: BigQueryTable(project="p", dataset="d", table="t"),
        lambda: DeltaTable(path="p"),
        lambda: FilesTable(path="p", format="csv"),
        lambda: IcebergTable(table="t", warehouse_path="w"),
        lambda: FoundryConnector(
            service_config={}, auth_header="h", filesystem_id="f", fallback_branches=[], resolver=None
        ),
    ],
)
def test_descriptions_of_what_foundry_has_construct_with_the_documented_arguments(construct):
    construct()
