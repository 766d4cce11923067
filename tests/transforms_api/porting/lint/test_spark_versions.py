import pytest

from transforms_api.porting.lint.computation import Spark4Names


@pytest.mark.parametrize(
    "code",
    [
        "F.parse_json('payload')",
        "F.uuid()",
        "from pyspark.sql.functions import listagg",
        "T.VariantType()",
        "from pyspark.sql.datasource import DataSource",
        "import pyspark.pipelines",
        "from pyspark import pipelines",
        "F.col('a').try_cast('int')",
        "df.groupBy('a').applyInArrow(f, schema)",
        "def f(df: DataFrame):\n    return df.transpose()",
    ],
)
def test_a_feature_that_came_with_spark_4_is_a_finding(code_of, code):
    assert code_of(Spark4Names, code) == "F401"


@pytest.mark.parametrize(
    "code",
    [
        "F.from_json('payload', schema)",
        "F.expr('uuid()')",
        "T.VarcharType(3)",
        "pd.DataFrame().transpose()",
        "Path('a').exists()",
        "def f(df: pd.DataFrame):\n    return df.transpose()",
        "def f(quote):\n    return quote()",
    ],
)
def test_a_feature_that_spark_3_5_has_or_that_is_not_spark_s_is_left_alone(code_of, code):
    assert code_of(Spark4Names, code) is None
