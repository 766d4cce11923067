"""The scan of a transform's code for what Sail lacks or computes differently."""

import pytest

from transforms_api.engines.sail.scan import scan_source, scan_sql


def names(code):
    return [found.name for found in scan_source(code, "module.py")]


IMPORT = "from pyspark.sql import functions as F\n"


def test_code_of_functions_that_are_equal_has_no_finding():
    assert names(IMPORT + "rows = t.select(F.col('a'), F.upper('b')).where(F.col('a') > 1).groupBy('a').count()") == []


def test_weekday_differs_and_is_found_with_its_line():
    (found,) = scan_source(IMPORT + "\nx = F.weekday('day')", "module.py")
    assert (found.name, found.status, found.file, found.line) == ("functions.weekday", "differs", "module.py", 3)


@pytest.mark.parametrize(
    "code",
    [
        "from pyspark.sql.functions import weekday as w\nx = w('day')",
        "import pyspark.sql.functions as G\nx = G.weekday('day')",
        "import pyspark.sql.functions\nx = pyspark.sql.functions.weekday('day')",
        IMPORT + "x = F.expr('1 + weekday(day)')",
        IMPORT + "x = F.call_function('weekday', F.col('day'))",
        IMPORT + "RULE = 'weekday(day)'\nx = F.expr(RULE)",
        "t.selectExpr('weekday(day) AS d')",
        "spark.sql('SELECT weekday(day) FROM t')",
        IMPORT + "use = F.weekday",
    ],
)
def test_a_function_is_found_however_it_is_written(code):
    assert "functions.weekday" in names(code)


def test_a_function_without_a_probe_is_unprobed():
    (found,) = scan_source(IMPORT + "x = F.function_of_a_later_version('a')", "module.py")
    assert (found.name, found.status) == ("functions.function_of_a_later_version", "unprobed")


@pytest.mark.parametrize("code", ["t.rdd.map(f)", "spark.sparkContext.broadcast(1)", "ctx.spark_session.sparkContext"])
def test_rdd_and_spark_context_are_found(code):
    assert names(code)


def test_percentile_is_found_only_with_a_frequency():
    assert names(IMPORT + "x = F.percentile('x', 0.5)") == []
    assert names(IMPORT + "x = F.percentile('x', 0.5, 'k')") == ["functions.percentile [frequency]"]
    assert names(IMPORT + "x = F.percentile('x', 0.5, frequency='k')") == ["functions.percentile [frequency]"]


def test_a_look_ahead_is_found_in_a_constant_and_a_pattern_that_stays_open_counts():
    found = "functions.regexp_replace [look-ahead]"
    assert found not in names(IMPORT + "x = F.regexp_replace('s', 'a+', 'b')")
    assert found in names(IMPORT + "P = 'a(?=b)'\nx = F.regexp_replace('s', P, 'b')")
    assert found in names(IMPORT + "def f(p):\n    return F.regexp_replace('s', p, 'b')")


@pytest.mark.parametrize(
    "code", ["'{}'.format(1)", "import os\nos.rdd", "d = {}\nd.items()", "[1].count(1)", "x = 'a'\nx.replace('a', 'b')"]
)
def test_methods_of_pythons_own_objects_are_no_findings(code):
    assert names(code) == []


def test_sql_that_the_code_computes_is_a_finding():
    assert names(IMPORT + "def f(c):\n    return F.expr(f'{c} + 1')") == ["SQL that the code computes"]


def test_sql_functions_are_found_with_the_line_in_the_statement():
    (found,) = scan_sql("SELECT upper(a),\n  weekday(day)\nFROM t WHERE a IN (1, 2)", "q.sql")
    assert (found.name, found.line) == ("functions.weekday", 2)


def test_a_star_import_is_a_finding():
    assert names("from pyspark.sql.functions import *") == ["from pyspark.sql.functions import *"]
