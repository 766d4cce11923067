"""`build --param NAME=VALUE`: values of transforms' parameters from the command line."""

import json

import pytest

from transforms_api.cli import app

TRANSFORM = """
import polars as pl
from transforms.api import BooleanParam, FloatParam, IntegerParam, Output, StringParam, transform

@transform.using(
    shop=StringParam("main", allowed_values={"main", "7"}),
    count=IntegerParam(1),
    share=FloatParam(0.5),
    open=BooleanParam(False),
    out=Output("/Shop/settings"),
)
def settings(shop, count, share, open, out):
    out.write_table(pl.DataFrame({"shop": shop.value, "count": count.value, "share": share.value, "open": open.value}))
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """A repository with one transform, imported once: Python knows its module by its name."""
    folder = tmp_path_factory.mktemp("repository")
    (folder / "src" / "shop_settings").mkdir(parents=True)
    (folder / "src" / "shop_settings" / "settings.py").write_text(TRANSFORM)
    return folder


@pytest.fixture
def build(capsys, tmp_path, repository):
    """build(NAME=VALUE, …) → (exit code, the parameters that the transform received, stderr in one line)."""

    def run(command, *arguments):
        with pytest.raises(SystemExit) as ended:
            app.main([command, *arguments, "--repo", str(repository), "--warehouse", str(tmp_path), "--json"])
        return ended.value.code, capsys.readouterr()

    def build_and_show(*parameters):
        code, printed = run("build", *[argument for parameter in parameters for argument in ("--param", parameter)])
        error = " ".join(printed.err.replace("│", " ").split())
        if code:
            return code, None, error
        [settings] = json.loads(run("show", "/Shop/settings")[1].out)["sample"]
        return code, settings, error

    return build_and_show


def test_values_have_the_types_that_the_transform_declares(build):
    code, settings, _ = build("shop=7", "count=12", "share=2", "open=true")
    assert (code, settings) == (0, {"shop": "7", "count": 12, "share": 2.0, "open": True})


def test_parameters_that_are_not_stated_have_their_defaults(build):
    assert build("count=12")[1] == {"shop": "main", "count": 12, "share": 0.5, "open": False}


def test_the_last_of_several_values_holds(build):
    assert build("count=2", "count=3")[1]["count"] == 3


@pytest.mark.parametrize(
    ("parameter", "problem"),
    [
        ("count=many", "'count': IntegerParam takes int, not 'many'"),
        ("count=1.5", "'count': IntegerParam takes int, not 1.5"),
        ("open=1", "'open': BooleanParam takes bool, not 1"),
        ("shop=other", "'shop': 'other' is none of 7, main"),
        ("color=red", "No transform has a parameter 'color'"),
        ("count", "'count' has no value: write --param count=VALUE"),
    ],
)
def test_a_wrong_value_or_name_is_wrong_use_and_builds_nothing(build, tmp_path, parameter, problem):
    code, _, error = build(parameter)
    assert code == 2
    assert problem in error
    assert not (tmp_path / "master").exists()
