"""The contracts in code and docs/dashboard_data_contracts.md say the same, field by field."""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest
from pyspark.sql import types as T

import transforms.revops
from transforms.api import Transform

DOCUMENT = (Path(__file__).parents[3] / "docs" / "dashboard_data_contracts.md").read_text()
WIDGET = re.compile(r"\*\*Dataset\*\*: `(/[^`]+)`\s+```typescript\s+interface \w+ \{(.*?)\n\}", re.DOTALL)
FIELD = re.compile(r"^  (\w+): ([^;{]+|\{.*?^  \}\[\]);", re.MULTILINE | re.DOTALL)
COMMON = ["created_at", "updated_at", "data_freshness"]


def modules():
    for info in pkgutil.walk_packages(transforms.revops.__path__, "transforms.revops."):
        yield importlib.import_module(info.name)


def transforms_by_dataset():
    documented = {}
    for module in modules():
        for value in vars(module).values():
            if isinstance(value, Transform):
                documented.update({spec.alias: (module, value, spec) for spec in value.outputs.values()})
    return documented


def written_as(field: T.StructField) -> str:
    """Return a field's type as the document would write it."""
    return _written(field.dataType, field.metadata.get("values"))


def _written(data_type: T.DataType, values: list[str] | None = None) -> str:
    if isinstance(data_type, T.ArrayType):
        return f"{_written(data_type.elementType)}[]"
    if isinstance(data_type, T.StructType):
        return "{" + " ".join(f"{f.name}: {_written(f.dataType)};" for f in data_type.fields) + "}"
    if values:
        return " | ".join(f'"{value}"' for value in values)
    names = {T.StringType: "string", T.DateType: "Date", T.DoubleType: "number", T.LongType: "number"}
    return names[type(data_type)]


@pytest.mark.parametrize(("dataset", "body"), WIDGET.findall(DOCUMENT), ids=lambda text: text[:60].strip())
def test_each_dataset_of_the_document_has_exactly_its_fields_types_and_enumerations(dataset, body):
    module, _, _ = transforms_by_dataset()[dataset]
    body = re.sub(r"//.*", "", body)
    expected = [
        (name, " ".join(kind.split()).replace("{ ", "{").replace(" }", "}")) for name, kind in FIELD.findall(body)
    ]
    [schema] = [
        value.schema
        for value in vars(module).values()
        if type(value).__name__ == "Contract" and value.schema.fieldNames()[: len(expected)] == [n for n, _ in expected]
    ]
    assert [(f.name, written_as(f)) for f in schema.fields if f.name not in COMMON] == expected
    assert schema.fieldNames()[-3:] == COMMON


DECLARED = re.compile(
    r"\*\*Transform\*\*: `(\w+)\.py`\s+```python\s+@transform\((.*?)\n\)\ndef compute\((.*?)\)", re.DOTALL
)


@pytest.mark.parametrize(("file", "declared", "signature"), DECLARED.findall(DOCUMENT), ids=lambda text: text[:40])
def test_each_transform_of_the_document_has_exactly_its_inputs_output_and_signature(file, declared, signature):
    specs = re.findall(r"(\w+)=(?:Input|Output)\(\"([^\"]+)\"", declared)
    module, transform, _ = transforms_by_dataset()[dict(specs)["output"]]
    assert module.__name__.endswith(f".{file}")
    assert {name: spec.alias for name, spec in {**transform.inputs, **transform.outputs}.items()} == dict(specs)
    code = transform.compute_function.__code__
    assert list(code.co_varnames[: code.co_argcount]) == signature.split(", ")


def test_every_dataset_of_the_pipeline_is_under_contract():
    for dataset, (_, _, spec) in transforms_by_dataset().items():
        names = [check.name for check in spec.checks]
        assert any("has the fields of its contract" in name for name in names), dataset
        assert any("is its key" in name for name in names), dataset
