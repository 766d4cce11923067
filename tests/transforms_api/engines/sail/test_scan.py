"""The scan of a transform's code for what Sail lacks or computes differently."""

import json
import sys

import pytest

from transforms_api import Project
from transforms_api.engines import kinds_in_schema, unsupported_on_sail
from transforms_api.engines.sail.scan import scan_source, scan_sql
from transforms_api.project import CodeFingerprints, forget_modules


def names(code):
    return [use.name for use in scan_source(code, "module.py")]


IMPORT = "from pyspark.sql import functions as F\n"


def test_code_of_functions_that_are_equal_has_no_finding():
    assert names(IMPORT + "rows = t.select(F.col('a'), F.upper('b')).where(F.col('a') > 1).groupBy('a').count()") == []


def test_rint_differs_and_is_found_with_its_line():
    (use,) = scan_source(IMPORT + "\nx = F.rint('day')", "module.py")
    assert (use.name, use.status, use.file, use.line) == ("functions.rint", "differs", "module.py", 3)


@pytest.mark.parametrize(
    "code",
    [
        "from pyspark.sql.functions import rint as w\nx = w('day')",
        "import pyspark.sql.functions as G\nx = G.rint('day')",
        "import pyspark.sql.functions\nx = pyspark.sql.functions.rint('day')",
        IMPORT + "x = F.expr('1 + rint(day)')",
        IMPORT + "x = F.call_function('rint', F.col('day'))",
        IMPORT + "RULE = 'rint(day)'\nx = F.expr(RULE)",
        "t.selectExpr('rint(day) AS d')",
        "spark.sql('SELECT rint(day) FROM t')",
        IMPORT + "use = F.rint",
    ],
)
def test_a_function_is_found_however_it_is_written(code):
    assert "functions.rint" in names(code)


def test_a_function_without_a_probe_is_unprobed():
    (use,) = scan_source(IMPORT + "x = F.function_of_a_later_version('a')", "module.py")
    assert (use.name, use.status) == ("functions.function_of_a_later_version", "unprobed")


@pytest.mark.parametrize("code", ["t.rdd.map(f)", "spark.sparkContext.broadcast(1)", "ctx.spark_session.sparkContext"])
def test_rdd_and_spark_context_are_found(code):
    assert names(code)


def test_percentile_is_found_only_with_a_frequency():
    assert names(IMPORT + "x = F.percentile('x', 0.5)") == []
    assert names(IMPORT + "x = F.percentile('x', 0.5, 'k')") == ["functions.percentile [frequency]"]
    assert names(IMPORT + "x = F.percentile('x', 0.5, frequency='k')") == ["functions.percentile [frequency]"]


def test_a_look_ahead_is_found_in_a_constant_and_a_pattern_that_stays_open_counts():
    use = "functions.regexp_replace [look-ahead]"
    assert use not in names(IMPORT + "x = F.regexp_replace('s', 'a+', 'b')")
    assert use in names(IMPORT + "P = 'a(?=b)'\nx = F.regexp_replace('s', P, 'b')")
    assert use in names(IMPORT + "def f(p):\n    return F.regexp_replace('s', p, 'b')")


@pytest.mark.parametrize(
    "code", ["'{}'.format(1)", "import os\nos.rdd", "d = {}\nd.items()", "[1].count(1)", "x = 'a'\nx.replace('a', 'b')"]
)
def test_methods_of_pythons_own_objects_are_no_findings(code):
    assert names(code) == []


def test_sql_that_the_code_computes_is_a_finding():
    assert names(IMPORT + "def f(c):\n    return F.expr(f'{c} + 1')") == ["SQL that the code computes"]


def test_sql_functions_are_found_with_the_line_in_the_statement():
    (use,) = scan_sql("SELECT upper(a),\n  rint(day)\nFROM t WHERE a IN (1, 2)", "q.sql")
    assert (use.name, use.line) == ("functions.rint", 2)


def test_a_star_import_is_a_finding():
    assert names("from pyspark.sql.functions import *") == ["from pyspark.sql.functions import *"]


DIVIDED = IMPORT + "def share(rows):\n    return rows.select(F.col('a') / F.col('b'))\n"


def test_operators_count_only_for_decimals_and_for_the_number_zero():
    assert names(DIVIDED) == []
    assert names(DIVIDED.replace("F.col('a')", "F.col('a').cast('decimal(10,2)')")) == ["Column./ [decimals]"]
    assert names(IMPORT + "x = F.col('a') / 0") == ["Column./ [the number zero]"]
    assert names("x = 'text %s' % 1\ny = 7 / 2\nz = [0] * 3") == []


def test_a_function_that_uses_a_maker_of_decimals_computes_with_decimals():
    maker = "def exact(c):\n    return c.cast('decimal(28,6)')\n"
    user = "def share(c):\n    return exact(c) / F.col('b')\n"
    assert names(IMPORT + maker + user) == ["Column./ [decimals]"]


DECIMAL = "F.col('a').cast('decimal(10,2)')"


@pytest.mark.parametrize(
    "code",
    [
        f"def go(t):\n    return t.select({DECIMAL} * F.col('b'))",
        f"def go(t):\n    a = {DECIMAL}\n    b = a\n    return t.select(a * b)",
        f"def go(t):\n    x = {DECIMAL}\n    x *= 2\n    return t.select(x)",
        "def go(t):\n    return t.select(F.col('a') * F.lit(Decimal('1.1')))",
        "def go(t):\n    return t.select(F.col('a').cast('numeric(10,2)') * 2)",
        "MONEY = 'decimal(18,2)'\ndef go(t):\n    return t.select(F.col('a').cast(MONEY) * 3)",
        "def go(t):\n p = F.col('a').cast(T.DecimalType(10, 2))\n return t.withColumn('p', p).select(F.col('p') * 2)",
        f"def go(t):\n    return t.select(F.when(F.col('x') > 1, {DECIMAL}).otherwise(0) * 2)",
        f"def go(t):\n    t = t.agg(F.sum({DECIMAL}).alias('s'))\n    return t.select(F.col('s') * 2)",
        f"def go(t):\n t = t.withColumn('p', {DECIMAL}).withColumnRenamed('p', 'q')\n return t.select(F.col('q') * 2)",
        "def go(t):\n for c in t.columns:\n  t = t.withColumn(c, t[c].cast('decimal(9,2)'))\n return t.select(t.a * 2)",
        "def go(s):\n t = s.createDataFrame([], 'a int, p decimal(10,2)')\n return t.select(F.col('p') * 2)",
        "def go(t):\n t = t.selectExpr('CAST(a AS DECIMAL(10,2)) AS p')\n return t.select(F.col('p') * 2)",
        "def go(t):\n    return t.select(F.expr('CAST(a AS DECIMAL(10,2)) * 2'))",
        f"money = lambda c: {DECIMAL}\ndef go(t):\n    return t.select(money('a') * money('b'))",
        f"def product(a, b):\n return a * b\ndef go(t):\n return t.select(product({DECIMAL}, F.col('b')))",
        f"def priced(t):\n return t.withColumn('p', {DECIMAL})\ndef total(t):\n return t.select(F.col('p') * t['n'])",
    ],
)
def test_a_product_of_decimals_is_found_however_the_decimal_reaches_it(code):
    head = IMPORT + "from pyspark.sql import types as T\nfrom decimal import Decimal\n"
    assert "Column.* [decimals]" in names(head + code)


@pytest.mark.parametrize(
    "code",
    [
        f"def go(t):\n    d = {DECIMAL}\n    return t.select(F.sum(d).cast('double') / F.count(d))",
        f"def go(t):\n    return t.select({DECIMAL}.cast(T.DoubleType()) * 2)",
        "def go(t):\n    return t.select((F.col('a') * F.coalesce('b', F.lit(0.5))).cast('decimal(10,2)'))",
        "def half(x):\n    return F.coalesce(x / 100, F.lit(0.5))\n"
        "def go(t):\n    return t.select((F.col('a') * half(F.col('b'))).cast('decimal(10,2)'))",
        f"def go(t):\n    return t.select({DECIMAL}.alias('p'), (F.col('x') * F.col('y')).alias('z'))",
        f"def go(t, n: int):\n    return t.select({DECIMAL}.alias('p')).limit(n * 2)",
        f"def go(t):\n    return t.select({DECIMAL}.alias('p'), F.lit('-' * 3))",
    ],
)
def test_operators_on_doubles_and_python_numbers_pass_beside_decimals(code):
    assert names(IMPORT + "from pyspark.sql import types as T\n" + code) == []


@pytest.mark.parametrize(
    "code",
    [
        "def go(t):\n    return t.agg(F.max(F.struct('k', 'v')))",
        "def go(t):\n pair = F.struct('k', 'v')\n return t.agg(F.max(F.when(F.col('a') > 1, pair)).alias('m'))",
        "def go(t):\n    return t.withColumn('pair', F.struct('k', 'v')).agg(F.max('pair'))",
        "def pair():\n    return F.struct('k', 'v')\ndef go(t):\n    return t.agg(F.max(pair()))",
        "def a(t):\n return t.withColumn('pair', F.struct('k', 'v'))\ndef b(t):\n return t.agg(F.max('pair'))",
        "def go(t):\n t = t.withColumn('pair', F.struct('k', 'v'))\n return t.agg(*[F.max(c) for c in ('x', 'pair')])",
        "def go(t):\n t = t.withColumn('pair', F.struct('k', 'v'))\n return t.agg(*map(F.max, t.columns))",
        "def go(t):\n    return t.agg(F.expr('max(struct(k, v))'))",
    ],
)
def test_a_maximum_of_structs_is_found(code):
    assert "functions.max [structs]" in names(IMPORT + code)


@pytest.mark.parametrize(
    "code",
    [
        "def go(t):\n    return t.withColumn('pair', F.struct('k', 'v')).agg(F.max('x'))",
        "N = ('x', 'y')\ndef go(t):\n t = t.withColumn('p', F.struct('k', 'v'))\n return t.agg(*[F.max(c) for c in N])",
        "def go(t):\n return t.agg(F.max_by(F.struct('k', 'v'), 'day'), F.max(F.when(F.col('a') > 1, F.col('b'))))",
        "def days(a, b):\n return F.datediff(a, b)\ndef go(t):\n return t.select(F.struct('k'), F.max(days('a', 'b')))",
    ],
)
def test_a_maximum_of_other_columns_passes_beside_structs(code):
    assert names(IMPORT + code) == []


OUTCOME = "from dataclasses import dataclass\n@dataclass\nclass Outcome:\n    version: str\n"


@pytest.mark.parametrize(
    "code",
    [
        "def go(ctx):\n    return ctx.spark_session.version",
        "def go(spark):\n    return spark.version",
        "from pyspark.sql import SparkSession as S\ndef go(many: list[S]):\n return [one.version for one in many]",
        "from typing import Any\ndef go(sessions: dict[str, Any]):\n return [one.version for one in sessions.values()]",
    ],
)
def test_the_version_of_a_session_is_found(code):
    assert names(code) == ["SparkSession.version"]


@pytest.mark.parametrize(
    "code",
    [
        "def go(outcome: Outcome):\n    return outcome.version",
        "def go(outcome: Outcome | None):\n    return outcome and outcome.version",
        "def go(several: list[Outcome]):\n several = list(several)\n return [one.version for one in several]",
        "def make() -> Outcome:\n    return Outcome('1')\ndef go():\n    return make().version",
        "def go():\n    outcome = Outcome('1')\n    return outcome.version",
    ],
)
def test_an_attribute_of_the_projects_own_classes_is_no_finding(code):
    assert names(OUTCOME + code) == []


@pytest.mark.parametrize(
    "code",
    [
        "class Tables:\n    orders: object\ndef go(tables: Tables):\n    return tables.orders.rdd",
        "from pyspark.sql import DataFrame\nclass Mine(DataFrame):\n pass\ndef go(t: Mine):\n return t.rdd",
        "class Mine:\n def __getattr__(self, name):\n  return getattr(self.t, name)\ndef go(t: Mine):\n return t.rdd",
        "from typing import Protocol\nclass Mine(Protocol):\n rdd: object\ndef go(t: Mine):\n return t.rdd",
        "import functools\ndef go(a, b):\n    t = functools.reduce(join, [a, b])\n    return t.rdd",
    ],
)
def test_an_object_that_may_be_a_frame_of_pyspark_is_found(code):
    assert names(code) == ["DataFrame.rdd"]


def test_isin_of_several_values_passes():
    assert names(IMPORT + "VALUES = ['x', 'y']\nx = F.col('a').isin('x', 'y') | F.col('b').isin(*VALUES)") == []


@pytest.mark.parametrize("pattern", ["A + x", "f'{x}b'", "A + '(?=b)'", "Patterns.AHEAD"])
def test_a_pattern_that_is_put_together_counts(pattern):
    code = f"A = 'a'\nclass Patterns:\n AHEAD = 'a(?=b)'\ndef go(x):\n return F.regexp_replace('s', {pattern}, '')"
    assert "functions.regexp_replace [look-ahead]" in names(IMPORT + code)


def test_sql_with_decimals_or_structs_is_found_only_if_it_makes_or_reads_them():
    product, maximum = "SELECT a * b, count(*), t.* FROM t", "SELECT max(p) FROM t"
    assert scan_sql(product, "q.sql") == scan_sql(maximum, "q.sql") == ()
    assert [use.name for use in scan_sql(product, "q.sql", kinds=["decimal"])] == ["Column.* [decimals]"]
    assert [use.name for use in scan_sql(maximum, "q.sql", kinds=["struct"])] == ["functions.max [structs]"]
    assert [use.name for use in scan_sql("SELECT CAST(a AS DECIMAL(3,1)) * b FROM t", "q.sql")] == [
        "Column.* [decimals]"
    ]


def test_the_unary_minus_of_a_decimal_is_found():
    assert names(IMPORT + f"x = -{DECIMAL}") == ["Column.unary - [decimals]"]
    assert names(IMPORT + "x = -F.col('a') + -1") == []
    uses = scan_sql("SELECT -CAST(a AS DECIMAL(3,1)), a - b, -1 FROM t", "q.sql")
    assert [use.name for use in uses] == ["Column.unary - [decimals]"]


def test_a_double_that_becomes_a_text_is_found_and_other_casts_to_texts_pass():
    expected = ["Column.cast [doubles to texts]"]
    assert names(IMPORT + "x = F.col('a').cast('double').cast('string')") == expected
    assert names(IMPORT + "from pyspark.sql import types as T\nx = (F.col('a') / 2.0).cast(T.StringType())") == expected
    assert (
        names(IMPORT + "def go(t):\n    return t.withColumn('x', F.rand()).select(F.col('x').cast('string'))")
        == expected
    )
    assert (
        names(IMPORT + "x = F.col('a').cast('string')\ny = F.col('a').cast('double').cast('int').cast('string')") == []
    )


def test_a_property_of_a_frame_that_is_called_is_of_a_different_class():
    assert names("def go(t):\n    t.write.parquet('x')") == ["DataFrame.write"]
    assert names("def go(t):\n    t.iceberg().write(1)") == []


def test_the_name_of_a_table_before_those_of_its_columns_is_no_function():
    assert scan_sql("WITH a(id) AS (SELECT 1) SELECT * FROM VALUES (1, 'a') AS regions(id, name)", "q.sql") == ()


def test_functions_that_the_client_corrects_are_findings_in_sql_only():
    assert names(IMPORT + "x = F.datediff('a', 'b')\ny = F.weekday('a')\nz = F.element_at('a', 1)") == []
    assert [use.name for use in scan_sql("SELECT datediff(a, b) FROM t", "q.sql")] == ["sql.datediff()"]
    assert names(IMPORT + "x = F.expr('weekday(day)')\ny = F.call_function('weekday', 'day')") == ["sql.weekday()"] * 2


def test_classes_in_a_pattern_count_and_plain_patterns_do_not():
    assert names(IMPORT + "x = F.regexp_extract('s', '([a-z]+)', 1)") == []
    assert names(IMPORT + r"x = F.regexp_extract('s', '(\\w+)', 1)") == ["functions.regexp_extract [classes]"]


def test_other_modules_of_pyspark_and_settings_of_the_session_are_findings():
    assert names("from pyspark.ml.feature import Tokenizer") == ["module pyspark.ml"]
    assert names("import pyspark.pandas as ps") == ["module pyspark.pandas"]
    assert names("def f(ctx):\n ctx.spark_session.conf.set('spark.sql.ansi.enabled', 'true')") == ["spark.conf.set"]


@pytest.mark.parametrize(
    ("code", "module"),
    [
        ("from pyspark.sql.functions.builtin import rint", "module pyspark.sql.functions.builtin"),
        ("import pyspark.sql.functions.builtin as G", "module pyspark.sql.functions.builtin"),
        ("from pyspark.sql.connect.functions import rint", "module pyspark.sql.connect.functions"),
        ("from pyspark.sql import connect", "module pyspark.sql.connect"),
        ("from pyspark.sql.avro.functions import from_avro", "module pyspark.sql.avro.functions"),
    ],
)
def test_modules_of_pyspark_sql_with_functions_of_their_own_are_findings(code, module):
    assert names(code) == [module]


@pytest.mark.parametrize(
    "code",
    [
        "from pyspark.sql import DataFrame, SparkSession, Window, functions as F, types as T",
        "from pyspark.sql.types import LongType",
        "from pyspark.sql.window import Window",
        "import pyspark.sql.functions as F",
        "import pyspark",
    ],
)
def test_modules_whose_names_the_probes_know_are_no_findings(code):
    assert names(code) == []


@pytest.fixture
def transforms_of(tmp_path):
    """transforms_of(module=code, …) → name of a transform → names that its scan finds."""
    opened = []

    def scan(input_kinds=None, **modules):
        package = tmp_path / "repository" / "shop"
        package.mkdir(parents=True, exist_ok=True)
        (package / "__init__.py").touch()
        for name, code in modules.items():
            (package / f"{name}.py").write_text(code)
        forget_modules([tmp_path])
        project = Project.open(tmp_path / "repository")
        opened.append(project)
        return {
            transform.__name__: [use.name for use in unsupported_on_sail(transform, project.fingerprints, input_kinds)]
            for transform in project.transforms
        }

    scan.opened = opened
    yield scan
    forget_modules([tmp_path])
    sys.path[:] = [path for path in sys.path if not path.startswith(str(tmp_path))]


TWO_TRANSFORMS = """
from pyspark.sql import functions as F
from transforms.api import transform_df, Input, Output
from shop import rules


@transform_df(Output("/A/one"), rows=Input("/A/rows"))
def one(rows):
    return rows.select(rules.upper("name"))


@transform_df(Output("/A/two"), rows=Input("/A/rows"))
def two(rows):
    return rows.select(rules.rounded("x"))
"""
RULES = """
import functools
from pyspark.sql import functions as F


def upper(name):
    return F.upper(name)


def rounded(name):
    return _twice(F.round(name, 2))


def _twice(column):
    return column * 2
"""


def test_only_functions_that_a_transform_may_run_count(transforms_of):
    assert transforms_of(transforms=TWO_TRANSFORMS, rules=RULES) == {
        "one": [],
        "two": ["functions.round [halves that doubles cannot represent]"],
    }


def test_a_function_whose_decorator_may_register_it_counts_for_all(transforms_of):
    registry = "RULES = []\n\n\ndef rule(function):\n    RULES.append(function)\n    return function\n\n\n"
    transforms = transforms_of(
        transforms=TWO_TRANSFORMS, rules=RULES.replace("def rounded", registry + "@rule\ndef rounded")
    )
    assert transforms["one"] == ["functions.round [halves that doubles cannot represent]"]


def test_code_outside_of_functions_counts_for_all(transforms_of):
    transforms = transforms_of(transforms=TWO_TRANSFORMS, rules=RULES + "\nRULE = functools.partial(rounded, 'x')\n")
    assert transforms["one"] == ["functions.round [halves that doubles cannot represent]"]


def test_a_library_that_uses_pyspark_is_a_finding(transforms_of):
    code = TWO_TRANSFORMS.replace("from shop import rules", "import chispa\nfrom shop import rules")
    assert "the library chispa, which uses PySpark" in transforms_of(transforms=code, rules=RULES)["one"]


def test_columns_of_inputs_count_by_their_names(transforms_of):
    code = TWO_TRANSFORMS.replace('rules.upper("name")', 'F.col("price") * 2').replace(
        'rules.rounded("x")', 'F.col("x") * 2'
    )
    assert transforms_of({"decimal": frozenset({"price"})}, transforms=code, rules=RULES) == {
        "one": ["Column.* [decimals]"],
        "two": [],
    }


def test_a_decimal_of_a_function_in_another_module_is_found(transforms_of):
    rules = RULES + "\n\ndef exact(name):\n    return F.col(name).cast('decimal(28,6)')\n"
    code = TWO_TRANSFORMS.replace('rules.upper("name")', 'rules.exact("price") * 2').replace(
        "rules.rounded", "rules.upper"
    )
    assert transforms_of(transforms=code, rules=rules) == {"one": ["Column.* [decimals]"], "two": []}


def test_the_names_of_decimals_and_structs_in_a_schema():
    schema = {"type": "struct", "fields": [
        {"name": "price", "type": "decimal(10,2)"},
        {"name": "lines", "type": {"type": "array", "elementType": {"type": "struct", "fields": [
            {"name": "quantity", "type": "decimal(5,0)"}, {"name": "note", "type": "string"}
        ]}}},
    ]}  # fmt: skip
    assert kinds_in_schema(json.dumps(schema)) == {"decimal": {"price", "quantity"}, "struct": {"lines"}}


def test_sail_may_compute_every_transform_of_the_demo():
    project = Project.open()
    refused = {job.reference: unsupported_on_sail(job, project.fingerprints) for job in project.transforms}
    assert {name: uses for name, uses in refused.items() if uses} == {}


def test_a_transform_is_scanned_once_for_the_same_inputs(transforms_of, monkeypatch):
    transforms_of(transforms=TWO_TRANSFORMS, rules=RULES)
    project = transforms_of.opened[-1]
    monkeypatch.setattr("transforms_api.engines.sail.scan.used_units", None)
    assert [len(unsupported_on_sail(job, project.fingerprints)) for job in project.transforms] == [0, 1]


def test_the_scan_reads_the_syntax_trees_that_the_fingerprints_have_read(transforms_of, monkeypatch):
    transforms_of(transforms=TWO_TRANSFORMS, rules=RULES)
    project = transforms_of.opened[-1]
    fingerprints = CodeFingerprints(project.roots)
    fingerprints.keeps_syntax = True
    for job in project.transforms:
        fingerprints.of(job)
    monkeypatch.setattr("transforms_api.project.fingerprint.parse_python", None)
    assert [len(unsupported_on_sail(job, fingerprints)) for job in project.transforms] == [0, 1]
