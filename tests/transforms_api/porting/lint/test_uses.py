import ast

import pytest

from transforms_api.porting.lint.dataflow import is_dropped, is_logged, is_recorded, uses_of


@pytest.fixture
def the_value(module):
    """the_value(function, code) → what a function of this module says of the call `value()` in a code."""

    def ask(function, code):
        read = module(code, "from pyspark.sql import functions as F\nfrom pyspark.sql.functions import lit as value")
        [call] = [node for node in read.all_of(ast.Call) if ast.unparse(node.func) == "value"]
        return function(read, call)

    return ask


@pytest.mark.parametrize(
    ("code", "logged"),
    [
        ("print(f'{value()}')", True),
        ("logger.info('at %s', value())", True),
        ("self.log.warning(str(value()))", True),
        ("df.filter(value())", False),
        ("x = value()", False),
    ],
)
def test_a_value_is_logged_where_it_is_part_of_the_message(the_value, code, logged):
    assert the_value(is_logged, code) is logged


@pytest.mark.parametrize(
    ("code", "recorded"),
    [
        ("df.withColumn('a', value())", True),
        ("df.withColumn('a', F.lit(value()).cast('date'))", True),
        ("value().alias('a')", True),
        ("x = value()\ny = x\ndf.withColumn('a', y)", True),
        ("x = value()", False),
        ("x = value()\nx = x + 1", False),
        ("df.withColumn('a', value() + 1)", False),
        ("df.withColumn('a', F.greatest(value(), 'b'))", False),
        ("value().alias", False),
    ],
)
def test_a_column_is_recorded_where_nothing_is_computed_with_it(the_value, code, recorded):
    assert the_value(is_recorded, code) is recorded


@pytest.mark.parametrize(
    ("code", "dropped"),
    [
        ("df.withColumn('a', value() * 10).join(b, 'a').drop('b', 'a')", True),
        ("df.withColumn('a', value()).drop('b')", False),
        ("def f():\n    return df.withColumn('a', value())\ndef g():\n    return df.drop('a')", False),
        ("df.repartition(8, value())", True),
    ],
)
def test_a_column_is_dropped_where_its_function_drops_it_by_name(the_value, code, dropped):
    assert the_value(is_dropped, code) is dropped


def test_uses_are_those_in_the_function_around(module):
    read = module("def f():\n    x = 1\n    return x + x\ndef g(x):\n    return x")
    [assignment] = read.all_of(ast.Assign)
    assert [use.lineno for use in uses_of(read, assignment)] == [4, 4]
