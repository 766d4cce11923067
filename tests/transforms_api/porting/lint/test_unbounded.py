import pytest

from transforms_api.porting.lint.computation import FetchedRows


@pytest.mark.parametrize(
    "code",
    [
        "rows = deals.dataframe().collect()",
        "names = [row.name for row in df.where('a').collect()]",
        "frame = df.toPandas()",
        "df.collect()[0]",
        "values = df.rdd.map(f).collect()",
        "values = df.rdd.flatMap(lambda row: row).collect()",
        "values = df.select('region').distinct().rdd.flatMap(lambda row: range(row[0])).collect()",
        "def f(df):\n    df = df.where('a')\n    return df.toPandas()",
    ],
)
def test_all_rows_in_the_driver_are_a_finding(code_of, code):
    assert code_of(FetchedRows, code) == "F402"


@pytest.mark.parametrize(
    "code",
    [
        "def f(df):\n    df = df.limit(100)\n    return df.toPandas()",
        "newest = df.agg(F.max('day')).collect()[0][0]",
        "regions = [row[0] for row in df.select('region').distinct().collect()]",
        "regions = df.select('region').distinct().rdd.flatMap(lambda row: row).collect()",
        "regions = df.select('region').distinct().rdd.flatMap(list).collect()",
        "regions = df.select('region').distinct().rdd.map(lambda row: row[0]).collect()",
        "import polars as pl\nframe = pl.scan_parquet(path).collect()",
        "import gc\ngc.collect()",
    ],
)
def test_few_rows_and_those_of_polars_are_left_alone(code_of, code):
    assert code_of(FetchedRows, code) is None


def test_without_spark_nothing_is_fetched(module, project_of):
    read = module("import gc\ngc.collect()\nlazy.collect()")
    assert not list(FetchedRows().check(read, project_of(read)))
