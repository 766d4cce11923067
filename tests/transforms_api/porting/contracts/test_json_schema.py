import json

from pyspark.sql import types as T

from transforms_api.porting.notations import json_schema


def test_each_contract_is_a_definition_and_a_dataset_has_no_further_fields(deals, stamps):
    content = json.loads(json_schema([deals, stamps], {"Deal": ["/Sales/deals"]}))
    assert content["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    deal = content["$defs"]["Deal"]
    assert deal["description"] == "one row per deal; dataset /Sales/deals; key deal_id"
    assert deal["allOf"] == [{"$ref": "#/$defs/Stamps"}]
    assert deal["required"] == ["deal_id", "count", "band", "is_won", "flags", "notes"]
    assert deal["unevaluatedProperties"] is False
    assert "unevaluatedProperties" not in content["$defs"]["Stamps"]


def test_fields_have_types_enumerations_and_limits(deals, stamps):
    note = {
        "type": "object",
        "properties": {"by": {"type": "string"}, "score": {"type": "number"}},
        "required": ["by", "score"],
        "additionalProperties": False,
    }
    flag = {"type": "string", "enum": ["STUCK", "DARK"]}
    assert json.loads(json_schema([deals, stamps], {}))["$defs"]["Deal"]["properties"] == {
        "deal_id": {"description": "what it is called", "type": "string"},
        "count": {"description": "people; null: nobody counted", "type": ["integer", "null"]},
        "band": {"type": "string", "enum": ["good", "bad"]},
        "is_won": {"type": "boolean"},
        "flags": {"description": "what is wrong", "type": "array", "items": flag},
        "notes": {"type": "array", "items": note, "maxItems": 3},
    }


def test_an_enumeration_that_can_be_null_lists_null(stamps):
    stamps.schema = T.StructType([T.StructField("band", T.StringType(), True, {"values": ["good"]})])
    [field] = json.loads(json_schema([stamps], {}))["$defs"]["Stamps"]["properties"].values()
    assert (field["type"], field["enum"]) == (["string", "null"], ["good", None])
