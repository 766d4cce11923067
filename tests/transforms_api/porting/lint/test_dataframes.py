import ast

import pytest

from transforms_api.porting.lint.dataflow import has_few_rows, is_frame


@pytest.fixture
def frame(module, imports):
    """frame(code) → a module and the argument of its only call of `it(…)`."""

    def find(code):
        read = module(code, imports)
        [call] = [node for node in read.all_of(ast.Call) if ast.unparse(node.func) == "it"]
        return read, call.args[0]

    return find


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("def f(df: DataFrame):\n    it(df.select('a'))", True),
        ("def f(df: 'DataFrame'):\n    it(df)", True),
        ("def f(df: pd.DataFrame):\n    it(df)", False),
        ("def f(df):\n    it(df)", False),
        ("@transform_df(Output('/a'), df=Input('/b'))\ndef f(ctx, df):\n    it(df)", True),
        ("@transform_df(Output('/a'), df=Input('/b'))\ndef f(ctx, df):\n    it(ctx)", False),
        ("it(deals.dataframe())", True),
        ("rows = deals.dataframe()\nit(rows.where('a'))", True),
    ],
)
def test_an_expression_is_a_frame_by_its_annotation_or_origin(frame, code, expected):
    assert is_frame(*frame(code)) is expected


@pytest.mark.parametrize(
    "code",
    [
        "it(df.limit(10))",
        "it(df.limit(10).where('a').withColumn('b', F.lit(1)))",
        "df = df.limit(10)\ndf = df.where('a')\nit(df)",
        "it(df.agg(F.max('a')))",
        "it(df.groupBy().agg(F.max('a')))",
        "it(df.select(F.max('a').alias('b'), F.count('*')))",
        "it(df.select('a').distinct())",
        "it(spark.createDataFrame([(1,)], 'a int'))",
        "it(spark.sql('SHOW TABLES'))",
        "it(big.join(small, 'a').limit(1))",
        "it(source.filesystem().files('*.csv'))",
        "it(sc.parallelize([1]).map(f))",
    ],
)
def test_few_rows_are_those_of_a_limit_an_aggregate_or_the_code(frame, code):
    assert has_few_rows(*frame(code))


@pytest.mark.parametrize(
    "code",
    [
        "it(df)",
        "it(df.where('a'))",
        "it(df.groupBy('a').agg(F.max('b')))",
        "it(df.limit(1).join(big, 'a'))",
        "it(df.select('a', 'b').distinct())",
        "it(df.select(F.max('a'), 'b'))",
        "it(df.select(*columns).distinct())",
        "it(df)\ndf = df.limit(10)",
        "def f(df):\n    df = df.limit(1)\ndef g(df):\n    it(df)",
        "it(spark.sql('select * from deals'))",
    ],
)
def test_a_frame_without_a_limit_or_an_aggregate_may_have_any_number_of_rows(frame, code):
    assert not has_few_rows(*frame(code))
