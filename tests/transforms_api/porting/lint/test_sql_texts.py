import pytest

from transforms_api.porting.lint.dataflow import sql_calls


@pytest.mark.parametrize(
    ("code", "codes"),
    [
        ("df.where('a < NOW()')", [("now", False)]),
        ("df.selectExpr('a', 'now() as b')", [("now", True)]),
        ("spark.sql('select now() as a, f(now()) as b')", [("now", True), ("now", False)]),
        ("F.expr('now ( )')", [("now", False)]),
        ("F.expr('know()')", []),
        ("F.expr('now(a)')", []),
        ("print('now()')", []),
        ("df.where(f'a < {b}')", []),
    ],
)
def test_calls_are_found_in_strings_that_spark_reads_as_sql(module, code, codes):
    read = module(code, "from pyspark.sql import functions as F")
    assert [(name, is_column) for _, name, is_column in sql_calls(read, frozenset({"now"}), "")] == codes
