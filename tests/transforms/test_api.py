"""Every name of Foundry's `transforms.api`, written out from its documentation, imports and constructs."""

import subprocess
import sys
from datetime import timedelta

import pytest

import transforms.api as api
from transforms import expectations as E
from transforms_api.declare.inputs_outputs import Input, Output

DOCUMENTED = [
    "configure", "incremental", "lightweight", "transform_df", "transform_pandas", "transform_polars",
    "BooleanParam", "Check", "ComputeBackend", "ContainerTransform", "ContainerTransformsConfiguration", "Dataset",
    "FileStatus", "FileSystem", "FloatParam", "FoundryDataSidecarFile", "FoundryDataSidecarFileSystem",
    "FoundryInputParam", "FoundryOutputParam", "IncrementalLightweightInput", "IncrementalLightweightOutput",
    "IncrementalTableTransformInput", "IncrementalTransformContext", "IncrementalTransformInput",
    "IncrementalTransformOutput", "Input", "InputSet", "IntegerParam", "LightweightContext", "LightweightInput",
    "LightweightInputParam", "LightweightOutput", "LightweightOutputParam", "Markings", "OrgMarkings", "Output",
    "OutputSet", "Param", "ParamContext", "ParamValueInput", "Pipeline", "StringParam", "TableTransformInput",
    "Transform", "TransformContext", "TransformInput", "TransformOutput", "transform", "LightweightException",
    "LightweightNotImplementedError", "LightweightTypeError", "LightweightValueError", "TransformTypeError",
    "TransformKeyError", "SchemaMismatchError",
]  # fmt: skip


def compute(source, out): ...


SOURCE, OUT = Input("/A/source"), Output("/A/out")
TRANSFORM = api.Transform(compute, {"source": SOURCE}, {"out": OUT}, None)


@pytest.mark.parametrize("name", DOCUMENTED)
def test_every_documented_name_is_there_by_name_and_by_star_import(name):
    assert getattr(api, name) is not None
    assert name in api.__all__


@pytest.mark.parametrize(
    "construct",
    [
        lambda: api.Input("/A/x", "develop", "text", api.Markings(["id"], ["master"]), api.OrgMarkings(["id"], ["b"]),
                          [api.Check(E.count().gt(0), "rows", "WARN", "text")], "continue", 5),
        lambda: api.Input("ri.foundry.main.dataset.1-2", checks=api.Check(E.count().gt(0), "rows")),
        lambda: api.Output("/A/x", True, "text", api.Check(E.count().gt(0), "rows", on_error="FAIL")),
        lambda: api.InputSet(["/A/x", "/A/y"], "text"),
        lambda: api.OutputSet(["/A/x", "/A/y"], True, "text"),
        lambda: api.StringParam("a", description="text", allowed_values={"a", "b"}),
        lambda: (api.IntegerParam(1, description=""), api.FloatParam(1.5, description=""), api.BooleanParam(True)),
        lambda: api.Param("text"),
        lambda: api.FileStatus("a.csv", 10, 1_700_000_000_000),
        lambda: api.Pipeline(),
        lambda: api.ContainerTransformsConfiguration(anything="goes"),
        lambda: api.ContainerTransform(TRANSFORM, cpu_cores=2, memory_gb=4, gpu_type="X", container_image="i",
                                       container_tag="t", container_shell_command="c", incremental_override=None,
                                       identifier_override=None),
        lambda: [error("text") for error in (api.LightweightNotImplementedError, api.LightweightTypeError,
                                             api.LightweightValueError, api.SchemaMismatchError)],
    ],
)  # fmt: skip
def test_everything_constructs_with_the_documented_arguments(construct):
    construct()


@pytest.mark.parametrize(
    "decorator",
    [
        api.transform(source=SOURCE, out=OUT),
        api.transform.using(source=SOURCE, out=OUT).with_resources(cpu_cores=2, memory_gb=4, gpu_type="X"),
        api.transform.lightweight(source=SOURCE, out=OUT).with_container(container_image="i", container_tag="t"),
        api.transform.spark.using(source=SOURCE, out=OUT).with_config(profiles=["A"]),
        api.transform.databricks.using(source=SOURCE, out=OUT),
        api.transform.snowflake.using(source=SOURCE, out=OUT),
        api.transform.bigquery.using(source=SOURCE, out=OUT),
        lambda function: api.lightweight(api.transform(source=SOURCE, out=OUT)(function)),
        lambda function: api.lightweight(cpu_cores=4, memory_mb=8000)(api.transform(source=SOURCE, out=OUT)(function)),
        lambda function: api.incremental(
            require_incremental=True, semantic_version=2, snapshot_inputs=["source"], allow_retention=True,
            strict_append=True, v2_semantics=True,
        )(api.transform(source=SOURCE, out=OUT)(function)),
        lambda function: api.configure(
            profile=["A", "B"], allowed_run_duration=timedelta(minutes=5), run_as_user=True,
            backend=api.ComputeBackend.VELOX, checkpoint_outputs=True,
        )(api.transform(source=SOURCE, out=OUT)(function)),
    ],
)  # fmt: skip
def test_every_decorator_takes_the_documented_arguments_and_returns_a_transform(decorator):
    assert isinstance(decorator(lambda source, out: None), api.Transform)


@pytest.mark.parametrize("name", ["transform_df", "transform_pandas", "transform_polars"])
def test_decorators_of_functions_that_return_rows_take_the_output_first(name):
    assert getattr(api, name)(OUT, source=SOURCE)(lambda source: None).writes == ["/A/out"]


def test_errors_of_wrong_declarations_can_be_caught_as_python_s_own():
    assert issubclass(api.TransformTypeError, TypeError)
    assert issubclass(api.TransformKeyError, KeyError)


def test_a_file_of_a_dataset_is_of_the_documented_type(tmp_path):
    (tmp_path / "a.txt").write_text("text")
    files = api.FoundryDataSidecarFileSystem("/A/files", tmp_path, (api.FileStatus("a.txt", 4, 0),))
    with files.open("a.txt") as text, files.open("a.txt", "rb") as binary:
        assert isinstance(text, api.FoundryDataSidecarFile)
        assert isinstance(binary, api.FoundryDataSidecarFile)


def test_a_project_s_own_transforms_folder_may_have_modules_of_any_name(tmp_path):
    (tmp_path / "transforms").mkdir()
    for name in ("tables", "errors", "objects"):
        (tmp_path / "transforms" / f"{name}.py").write_text("mine = True\n")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import transforms.api, transforms.tables as t; t.mine"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
