import ast

import pytest

from transforms_api.porting.lint.module import read_module


@pytest.mark.parametrize(
    ("code", "origin"),
    [
        ("from datetime import datetime\ndatetime.now()", "datetime.datetime.now"),
        ("import datetime as dt\ndt.datetime.now()", "datetime.datetime.now"),
        ("import pyspark.sql.functions\npyspark.sql.functions.rand()", "pyspark.sql.functions.rand"),
        ("from pyspark.sql.functions import rand as chance\nchance()", "pyspark.sql.functions.rand"),
        ("from pyspark.sql.functions import *\nrand()", "pyspark.sql.functions.rand"),
        ("from pyspark.sql.functions import *\ndef rand(): pass\nrand()", None),
        ("from .clock import now\nnow()", ".clock.now"),
        ("import random\ndef draw(random):\n    return random.random()", None),
        ("make()()", None),
    ],
)
def test_a_call_is_of_what_its_name_was_imported_from(module, code, origin):
    read = module(code)
    [call, *_] = read.all_of(ast.Call)
    assert read.origin(call.func) == origin


@pytest.mark.parametrize(
    ("condition", "runs"),
    [("__name__ == '__main__'", False), ("TYPE_CHECKING", False), ("typing.TYPE_CHECKING", False), ("DEBUG", True)],
)
def test_code_that_runs_only_as_a_program_or_for_a_type_checker_is_none(module, condition, runs):
    assert bool(list(module(f"if {condition}:\n    work()").all_of(ast.Call))) is runs


def test_the_else_of_if_type_checking_is_code(module):
    assert list(module("if TYPE_CHECKING:\n    pass\nelse:\n    work()").all_of(ast.Call))


def test_columns_count_characters_from_1(module):
    read = module("größe = work()")
    [call] = read.all_of(ast.Call)
    assert read.finding(call, "F201", "").column == 9


def test_a_file_is_read_in_the_encoding_that_it_names(tmp_path):
    file = tmp_path / "old.py"
    file.write_bytes("# coding: latin-1\nname = 'Müller'\n".encode("latin-1"))
    assert "Müller" in read_module(file).text


def test_a_chain_of_many_methods_is_read(module):
    assert len(list(module(f"x = y{'.strip()' * 500}").all_of(ast.Call))) == 500
