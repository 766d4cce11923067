"""The scan of a transform's code for what Sail lacks or computes differently."""

import sys

import pytest

from transforms_api import Project
from transforms_api.engines import unsupported_on_sail
from transforms_api.engines.sail.scan import scan_source, scan_sql
from transforms_api.project import forget_modules


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
    assert names("def f(ctx):\n    ctx.spark_session.conf.set('spark.sql.ansi.enabled', 'true')") == ["spark.conf.set"]


@pytest.fixture
def transforms_of(tmp_path):
    """transforms_of(module=code, …) → name of a transform → names that its scan finds."""
    opened = []

    def scan(**modules):
        package = tmp_path / "repository" / "shop"
        package.mkdir(parents=True, exist_ok=True)
        (package / "__init__.py").touch()
        for name, code in modules.items():
            (package / f"{name}.py").write_text(code)
        forget_modules([tmp_path])
        project = Project.open(tmp_path / "repository")
        opened.append(project)
        return {
            transform.__name__: [use.name for use in unsupported_on_sail(transform, project.fingerprints)]
            for transform in project.transforms
        }

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
