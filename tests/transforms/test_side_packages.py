"""Packages for what a machine of one's own has not: they import, declare and read as type hints; a build refuses."""

import importlib

import palantir_models as pm
import pytest
from palantir_models.transforms import ModelOutput
from palantir_models_serializers import DillSerializer
from transforms.aip.models.chat import ChatModel
from transforms.foundry.connectors import FoundryConnector

from transforms.api import (
    Input,
    Output,
    incremental,
    lightweight,
    transform,
    transform_df,
    transform_pandas,
    transform_polars,
)
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
        (needing(table=TableOutput("/A/t", "ri.s")), "transforms.tables.TableOutput"),
        (needing(table=TableOutput("/A/t", "ri.s", SnowflakeTable("d", "s", "t"))), "transforms.tables.TableOutput"),
        (needing(table=TableOutput("/A/t", "ri.s", FilesTable("p", "csv"))), "transforms.tables.TableOutput"),
        (
            needing(table=TableOutput("/A/t", source="ri.s", table=DatabricksTable("c", "s", "t", "delta", "l"))),
            "transforms.tables.TableOutput",
        ),
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


MODEL = "palantir_models.transforms.ModelOutput"
OF_MODEL = {"model": ModelOutput("/A/model")}


@pytest.mark.parametrize("others", [{}, {"table": Input("/A/in")}, {"table": Output("/A/out")}])
@pytest.mark.parametrize(
    "decorate",
    [
        lambda **params: transform(**params),
        lambda **params: transform.using(**params),
        lambda **params: transform.using(**params).with_resources(cpu_cores=2),
        lambda **params: transform.lightweight(**params),
        lambda **params: transform.spark.using(**params),
        lambda **params: lambda function: lightweight(transform(**params)(function)),
        lambda **params: lambda function: lightweight(cpu_cores=2)(transform(**params)(function)),
        lambda **params: lambda function: incremental()(transform.using(**params)(function)),
        lambda **params: lambda function: lightweight(incremental()(transform(**params)(function))),
    ],
)
def test_a_transform_whose_output_only_foundry_has_is_declared_by_every_decorator_and_refused(
    decorate, others, refusal
):
    def train(model, **tables): ...

    declared = decorate(**OF_MODEL, **others)(train)
    declared.check_binding()
    assert refusal(declared).count(MODEL) == 1


@pytest.mark.parametrize("decorate", [transform_df, transform_pandas, transform_polars])
@pytest.mark.parametrize("output", [ModelOutput("/A/model"), MediaSetOutput("/A/media"), TableOutput("/A/t", "ri.s")])
def test_a_transform_that_returns_what_only_foundry_can_store_is_declared_and_refused(decorate, output, refusal):
    declared = decorate(output, table=Input("/A/in"))(lambda table: table)
    declared.check_binding()
    assert f"needs {output.feature}, which only Foundry has" in refusal(declared)


def test_inputs_that_only_foundry_has_may_be_named_as_snapshots(refusal):
    declared = incremental(snapshot_inputs=["media"])(needing(media=MediaSetInput("/A/media")))
    assert "transforms.mediasets.MediaSetInput" in refusal(declared)


def test_an_adapter_of_a_model_can_be_defined_with_a_serializer():
    class Adapter(pm.ModelAdapter):
        @pm.auto_serialize(model=DillSerializer())
        def __init__(self, model): ...

        def predict(self, rows):
            return rows

    assert Adapter.predict(None, 3) == 3


@pytest.mark.parametrize("module", ["foundry_ml", "foundry_ml.any", "transforms.tags", "transforms.preview"])
def test_packages_that_are_seldom_imported_have_every_name(module):
    assert importlib.import_module(module).AnyName.feature == f"{module}.AnyName"


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
