import pytest

from transforms_api.porting.lint.computation import PythonClock, SparkClock


@pytest.mark.parametrize(
    "code",
    [
        "today = date.today()",
        "df.where(F.col('day') < datetime.now().date())",
        "since = datetime.now() - timedelta(days=7)",
        "stamp = time.time()",
        "cutoff = time.time() - 86400",
        "df.withColumn('at', F.lit(datetime.utcnow()))",
        "year = pd.Timestamp.now().year",
        "month = time.localtime().tm_mon",
    ],
)
def test_python_s_clock_is_a_finding(code_of, code):
    assert code_of(PythonClock, code) == "F201"


@pytest.mark.parametrize(
    "code",
    [
        "datetime(2024, 1, 1)",
        "datetime.strptime(text, '%Y')",
        "time.localtime(seconds)",
        "print(datetime.now())",
        "log.info('begins at %s', datetime.now())",
        "started = time.perf_counter()",
        "def build():\n    began = time.time()\n    work()\n    print(time.time() - began)",
        "def build():\n    began = time.time()\n    work()\n    seconds = time.time() - began",
        "def build(date):\n    return date.today()",
        "if __name__ == '__main__':\n    build(date.today())",
    ],
)
def test_a_time_that_is_fixed_logged_or_measured_is_left_alone(code_of, code):
    assert code_of(PythonClock, code) is None


@pytest.mark.parametrize(
    "code",
    [
        "df.where(F.col('day') < F.current_date())",
        "df.withColumn('age', F.datediff(F.current_date(), 'born_on'))",
        "df.select(F.datediff(F.current_date(), 'born_on').alias('age'))",
        "def today():\n    return F.current_date()",
        "now = F.current_timestamp()\ndf.withColumn('at', now).where(F.col('day') < now)",
        "df.where('day < current_date()')",
        "df.selectExpr('datediff(CURRENT_DATE(), born_on) AS age')",
        "df.withColumn('age', F.expr('datediff(now(), born_on)'))",
        "spark.sql('select * from deals where closes_on > current_date()')",
    ],
)
def test_a_value_computed_with_spark_s_clock_is_a_finding(code_of, code):
    assert code_of(SparkClock, code) == "F202"


@pytest.mark.parametrize(
    "code",
    [
        "df.withColumn('built_at', F.current_timestamp())",
        "df.withColumn('built_on', F.to_date(F.current_timestamp()))",
        "df.withColumn('built_at', F.current_timestamp().cast('string'))",
        "df.withColumns({'built_at': F.current_timestamp()})",
        "df.select('*', F.current_timestamp().alias('built_at'))",
        "now = F.current_timestamp()\ndf.withColumn('built_at', now)",
        "df.withColumn('built_at', F.expr('current_timestamp()'))",
        "df.selectExpr('*', 'current_timestamp() as built_at')",
        "spark.sql('select *, current_timestamp() as built_at from deals')",
        "df.withColumn('seconds', F.unix_timestamp('at'))",
        "df.where('unix_timestamp(at) > 0')",
    ],
)
def test_a_column_that_just_records_the_build_is_left_alone(code_of, code):
    assert code_of(SparkClock, code) is None
