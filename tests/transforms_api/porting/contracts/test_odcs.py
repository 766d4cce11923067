import yaml
from pyspark.sql import types as T

from transforms_api.porting.notations import odcs


def test_all_datasets_are_tables_of_one_document_and_shared_types_part_of_them(deals, stamps):
    document = yaml.safe_load(odcs([deals, stamps], {"Deal": ["/Sales/deals"]}, "sales.contracts"))
    assert (document["apiVersion"], document["kind"]) == ("v3.1.0", "DataContract")
    assert (document["id"], document["status"]) == ("sales.contracts", "active")
    [table] = document["schema"]
    assert (table["name"], table["physicalName"], table["physicalType"]) == ("Deal", "/Sales/deals", "table")
    assert table["dataGranularityDescription"] == "one row per deal"
    assert [column["name"] for column in table["properties"]][-1] == "fresh_on"


def test_columns_have_types_keys_nulls_enumerations_and_limits(deals, stamps):
    [table] = yaml.safe_load(odcs([deals, stamps], {}, "sales"))["schema"]
    columns = {column.pop("name"): column for column in table["properties"]}
    text = {"logicalType": "string", "physicalType": "string"}
    assert columns["deal_id"] == {
        "description": "what it is called", **text, "required": True, "primaryKey": True, "primaryKeyPosition": 1,
    }  # fmt: skip
    assert columns["count"] == {
        "description": "people; null: nobody counted", "logicalType": "integer", "physicalType": "bigint",
        "required": False,
    }  # fmt: skip
    check = {"type": "library", "metric": "invalidValues", "arguments": {"validValues": ["good", "bad"]}, "mustBe": 0}
    assert columns["band"] == {**text, "quality": [check], "required": True}
    assert columns["flags"]["items"]["quality"][0]["arguments"] == {"validValues": ["STUCK", "DARK"]}
    assert columns["notes"]["logicalTypeOptions"] == {"maxItems": 3}
    assert [part["name"] for part in columns["notes"]["items"]["properties"]] == ["by", "score"]


def test_the_version_changes_when_and_only_when_a_promise_does(deals, stamps):
    def version():
        return yaml.safe_load(odcs([deals, stamps], {}, "sales"))["version"]

    before = version()
    assert version() == before
    deals.schema = T.StructType([*deals.schema.fields, T.StructField("more", T.LongType())])
    assert version() != before
