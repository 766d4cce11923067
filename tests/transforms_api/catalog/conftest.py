"""A shop: raw orders, orders under a contract, a report of them; as declared, and as entries."""

from types import SimpleNamespace

import pytest
from pyspark.sql import types as T

from transforms import expectations as E
from transforms.api import Check, Input, Output, transform_df
from transforms_api.builds.states import DatasetState, State
from transforms_api.catalog.entries import collect_entries
from transforms_api.project.graph import build_graph

SCHEMA = T.StructType(
    [
        T.StructField("order_id", T.StringType(), False, {"comment": "what it is called"}),
        T.StructField("amount", T.DoubleType(), True, {"comment": "USD", "null_reason": "not priced yet"}),
    ]
)
CHECKS = [
    Check(E.schema().equals({field.name: field.dataType for field in SCHEMA.fields}), "has its fields"),
    Check(E.primary_key("order_id"), "order_id is its key", description="so that nobody pays twice"),
]


@transform_df(Output("/shop/orders", checks=CHECKS, description="What was sold."), raw=Input("/shop/raw"))
def orders(raw):
    """Clean the orders.

    In: as the till has them.
    """


@transform_df(
    Output("/shop/report"), orders=Input("/shop/orders", checks=Check(E.count().gt(0), "there are orders", "WARN"))
)
def report(orders): ...


GRAPH = build_graph([orders, report])


@pytest.fixture
def contract():
    """The contract of /shop/orders."""
    return SimpleNamespace(name="Order", grain="one row per order", primary_key=("order_id",), schema=SCHEMA)


@pytest.fixture
def states():
    """The shop as it is before anything was built."""
    return {
        "/shop/raw": DatasetState("/shop/raw", State.MISSING, "import it"),
        "/shop/orders": DatasetState(
            "/shop/orders", State.MISSING, "not built", orders.reference, orders.location, ("/shop/raw",)
        ),
        "/shop/report": DatasetState(
            "/shop/report", State.MISSING, "not built", report.reference, report.location, ("/shop/orders",)
        ),
    }


@pytest.fixture
def shop(states, warehouse, tmp_path):
    """shop(contract, …) → dataset → its entry."""
    return lambda *contracts: collect_entries(GRAPH, states, contracts, warehouse, tmp_path)
