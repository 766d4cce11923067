from dataclasses import replace

from transforms_api.builds.states import State
from transforms_api.catalog.entries import CheckLine
from transforms_api.expectations.evaluate import CheckResult


def test_a_dataset_under_a_contract_has_its_grain_key_and_columns(shop, contract):
    orders = shop(contract)["/shop/orders"]
    assert (orders.contract, orders.grain, orders.key) == ("Order", "one row per order", ("order_id",))
    assert [column.path for column in orders.columns] == ["order_id", "amount"]
    assert orders.columns_from == "its contract"


def test_a_dataset_without_a_contract_has_the_columns_that_its_checks_demand(shop):
    orders = shop()["/shop/orders"]
    assert (orders.contract, orders.grain, orders.key) == (None, None, ("order_id",))
    assert [(column.path, column.type) for column in orders.columns] == [("order_id", "string"), ("amount", "double")]
    assert orders.columns_from == "its declared checks"


def test_a_dataset_that_was_built_has_the_columns_of_its_table(shop, states, write):
    write("/shop/report", total=[1])
    states["/shop/report"] = replace(states["/shop/report"], state=State.FRESH, rows=1, branch="master")
    report = shop()["/shop/report"]
    assert [(column.path, column.type) for column in report.columns] == [("total", "bigint")]
    assert report.columns_from == "its table"


def test_the_description_of_a_dataset_comes_from_its_output_and_the_docstrings(shop):
    assert shop()["/shop/orders"].about == (
        "What was sold.",
        "A shop: raw orders, orders under a contract, a report of them; as declared, and as entries.",
        "Clean the orders.",
        "In: as the till has them.",
    )


def test_the_location_of_a_transform_is_relative_to_the_project_s_folder(shop, states, tmp_path):
    states["/shop/orders"] = replace(states["/shop/orders"], location=f"{tmp_path}/src/shop/orders.py:7")
    states["/shop/report"] = replace(states["/shop/report"], location="/elsewhere/report.py:9")
    entries = shop()
    assert entries["/shop/orders"].location == "src/shop/orders.py:7"
    assert entries["/shop/report"].location == "/elsewhere/report.py:9"
    assert entries["/shop/raw"].location is None


def test_the_checks_of_a_dataset_are_those_of_its_output_and_of_its_readers(shop, states):
    assert shop()["/shop/orders"].checks == (
        CheckLine("has its fields", "", True, None, ""),
        CheckLine("order_id is its key", "so that nobody pays twice", True, None, ""),
        CheckLine("there are orders", "", False, states["/shop/report"].transform, ""),
    )


def test_a_check_has_its_result_in_the_last_version(shop, states):
    results = [
        CheckResult("/shop/orders", "has its fields", "FAIL", None),
        CheckResult("/shop/orders", "order_id is its key", "FAIL", "2 rows break it"),
    ]
    states["/shop/orders"] = replace(states["/shop/orders"], checks=tuple(results))
    assert [check.outcome for check in shop()["/shop/orders"].checks] == ["holds", "2 rows break it", ""]


def test_a_dataset_knows_what_is_made_from_it_directly_and_indirectly(shop):
    entries = shop()
    assert entries["/shop/raw"].used_by == ("/shop/orders",)
    assert entries["/shop/raw"].after == ("/shop/report",)
    assert entries["/shop/report"].before == ("/shop/raw",)
    assert (entries["/shop/report"].used_by, entries["/shop/report"].after) == ((), ())
