import pytest
from pyspark.sql import types as T

from transforms import expectations as E
from transforms.api import Check
from transforms_api.catalog.entries import Column, key_of, of_checks, of_contract, of_table


def field(name, data_type, nullable=True, **metadata):
    return T.StructField(name, data_type, nullable, metadata)


def checks(*expectations, on_error="FAIL"):
    return [Check(expectation, f"check {n}", on_error) for n, expectation in enumerate(expectations)]


ORDER_ID = field("order_id", T.StringType())


@pytest.mark.parametrize(
    ("promised", "column"),
    [
        (field("n", T.LongType(), False, comment="people"), Column("n", 0, "bigint", "people", null="never")),
        (field("n", T.LongType(), null_reason="open"), Column("n", 0, "bigint", null="open")),
        (field("n", T.LongType()), Column("n", 0, "bigint", null="not known")),
        (field("s", T.StringType(), False, values=["a", "b"]), Column("s", 0, "string", "", ("a", "b"), null="never")),
        (
            field("s", T.ArrayType(T.StringType()), False, most=3),
            Column("s", 0, "array<string>", "", (), 3, null="never"),
        ),
        (
            field("m", T.MapType(T.StringType(), T.DateType()), False),
            Column("m", 0, "map<string,date>", null="never"),
        ),
    ],
)
def test_a_contract_s_field_says_its_type_unit_values_and_when_it_is_null(promised, column):
    assert of_contract(T.StructType([promised])) == (column,)


def test_the_parts_of_structs_are_columns_below_them():
    note = T.StructType([field("by", T.StructType([field("name", T.StringType(), False)]), False)])
    columns = of_contract(T.StructType([field("notes", T.ArrayType(note), False)]))
    assert [(column.path, column.depth, column.type) for column in columns] == [
        ("notes", 0, "array<struct>"),
        ("notes.by", 1, "struct"),
        ("notes.by.name", 2, "string"),
    ]


def test_a_table_s_column_says_nothing_of_nulls_unless_a_check_does():
    schema = T.StructType([ORDER_ID, field("amount", T.DoubleType(), comment="USD"), field("band", T.StringType())])
    promises = checks(E.primary_key("order_id"), E.all(E.col("band").non_null(), E.col("band").is_in("a", "b", None)))
    assert of_table(schema, promises) == (
        Column("order_id", 0, "string", null="never"),
        Column("amount", 0, "double", "USD"),
        Column("band", 0, "string", "", ("a", "b"), null="never"),
    )


@pytest.mark.parametrize(
    "promises",
    [checks(E.col("order_id").non_null(), on_error="WARN"), checks(E.any(E.col("order_id").non_null(), E.false()))],
)
def test_a_check_that_may_be_broken_promises_nothing(promises):
    assert of_table(T.StructType([ORDER_ID]), promises) == (Column("order_id", 0, "string"),)


def test_without_a_table_the_columns_are_those_that_checks_name():
    promises = checks(E.schema().contains({"order_id": T.StringType()}), E.col("amount").gte(0))
    assert of_checks(promises) == (Column("order_id", 0, "string"), Column("amount", 0, ""))


def test_the_key_is_that_of_the_check():
    assert key_of(checks(E.count().gt(0), E.primary_key("a", "b"))) == ("a", "b")
    assert key_of([]) == ()
