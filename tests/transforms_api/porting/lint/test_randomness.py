import pytest

from transforms_api.porting.lint.computation import (
    PartitionNumbers,
    PythonRandomness,
    SparkRandomness,
)


@pytest.mark.parametrize(
    "code",
    [
        "random.choice(names)",
        "rng = random.Random()",
        "np.random.normal(size=3)",
        "rng = np.random.default_rng()",
        "key = str(uuid.uuid4())",
        "import secrets\nkey = secrets.token_hex()",
    ],
)
def test_a_draw_of_python_without_a_seed_is_a_finding(code_of, code):
    assert code_of(PythonRandomness, code) == "F203"


@pytest.mark.parametrize(
    "code",
    [
        "rng = random.Random(7)\nrng.random()",
        "rng = np.random.default_rng(seed=7)",
        "random.seed(7)\nrandom.choice(names)",
        "np.random.seed(7)\nnp.random.normal()",
        "key = uuid.uuid5(uuid.NAMESPACE_URL, deal)",
        "print('run', uuid.uuid4())",
        "from random import Random\ndef draw(rng: Random):\n    return rng.random()",
    ],
)
def test_a_draw_with_a_seed_and_one_that_is_just_logged_is_left_alone(code_of, code):
    assert code_of(PythonRandomness, code) is None


@pytest.mark.parametrize(
    "code",
    [
        "df.withColumn('draw', F.rand())",
        "df.orderBy(F.rand()).limit(10)",
        "df.withColumn('key', F.expr('uuid()'))",
        "df.withColumn('parts', F.shuffle('parts'))",
        "def some(df: DataFrame):\n    return df.sample(0.1)",
        "def some(df: DataFrame):\n    return df.sample(False, 0.1)",
        "df.randomSplit([0.8, 0.2])",
    ],
)
def test_a_draw_of_spark_without_a_seed_is_a_finding(code_of, code):
    assert code_of(SparkRandomness, code) == "F204"


@pytest.mark.parametrize(
    "code",
    [
        "df.withColumn('draw', F.rand(7))",
        "df.withColumn('draw', F.randn(seed=7))",
        "def some(df: DataFrame):\n    return df.sample(0.1, 7)",
        "def some(df: DataFrame):\n    return df.sample(False, 0.1, seed=7)",
        "def some(words: list):\n    return words.sample(0.1)",
        "df.randomSplit([0.8, 0.2], 7)",
        "df.repartition(8, F.rand())",
        "def join(a, b):\n    return a.withColumn('salt', F.rand()).join(b, 'salt').drop('salt')",
    ],
)
def test_a_draw_with_a_seed_and_one_that_just_spreads_rows_is_left_alone(code_of, code):
    assert code_of(SparkRandomness, code) is None


@pytest.mark.parametrize(
    ("code", "codes"),
    [
        ("df.withColumn('id', F.monotonically_increasing_id())", "F205"),
        ("df.select(F.monotonically_increasing_id().alias('id'))", "F205"),
        ("df.selectExpr('monotonically_increasing_id() as id')", "F205"),
        ("def f(df):\n    return df.withColumn('id', F.monotonically_increasing_id()).drop('id')", None),
        ("df.withColumn('id', F.row_number().over(Window.orderBy('key')))", None),
    ],
)
def test_numbers_by_partition_are_a_finding_where_they_are_kept(code_of, code, codes):
    assert code_of(PartitionNumbers, code) == codes
