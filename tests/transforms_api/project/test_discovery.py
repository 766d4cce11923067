import pytest
from pyspark import SparkContext

from transforms_api.project.discovery import discover, discover_repository
from transforms_api.project.graph import build_graph
from transforms_api.project.layouts import read_repository

pytestmark = pytest.mark.usefixtures("imports_undone")

DATASET = "from transforms.api import Output, transform_df\nx = transform_df(Output('/{0}'))(lambda: None)\n"


def found_in(folder, package=None):
    """Return the datasets that a repository writes, and its faults."""
    discovery = discover_repository(read_repository(folder), package)
    return [dataset for transform in discovery.transforms for dataset in transform.writes], discovery.faults


@pytest.mark.parametrize(
    "layout, datasets",
    [
        ("template", ["/Shop/orders", "/Shop/revenue"]),
        ("src_alone", ["/Weather/stations"]),
        ("modules_alone", ["/Books/long", "/Books/raw"]),
        ("two_projects", ["/Sales/all", "/Sales/south", "/Sales/sql"]),
        ("generated", ["/People/removed ids", "/People/DE", "/People/FR", "/People/IT"]),
        ("rids", ["/Bank/accounts", "/Bank/balances"]),
        ("clinic", ["/Clinic/parsed/visits", "/Clinic/parsed/wards", "/Clinic/totals"]),
    ],
)
def test_a_repository_is_discovered_as_it_stands(layouts, layout, datasets):
    assert found_in(layouts / layout) == (datasets, [])


def test_a_dataset_named_by_path_here_and_by_rid_there_is_one(layouts):
    graph = build_graph(discover_repository(read_repository(layouts / "rids")).transforms)
    assert [transform.reference for transform in graph.upstream(graph.writers["/Bank/balances"])] == [
        "bank.accounts:compute"
    ]


def test_of_two_sub_projects_with_one_package_the_second_is_left_out_and_reported(layouts):
    datasets, [fault] = found_in(layouts / "clash")
    assert datasets == ["/Clash/one"]
    assert "both have a 'shared' at their top" in fault.text
    assert fault.hides == {"/Clash/two"}


def test_every_module_that_fails_is_a_fault_with_its_line_and_the_rest_is_found(layouts):
    datasets, faults = found_in(layouts / "faulty")
    assert "/Faulty/sound" in datasets
    assert [(fault.kind, fault.location.rpartition("/")[2]) for fault in faults] == [
        ("DiscoveryError", "cannot_import.py:3"),
        ("DiscoveryError", "exits.py:4"),
        ("DatasetPathError", "relative_path.py:3"),
        ("DiscoveryError", "syntax_error.py:1"),
        ("BindingError", "wrong_declaration.py:4"),
    ]


def test_a_pipeline_that_discovers_a_broken_module_keeps_the_others(folder):
    pipeline = "from transforms.api import Pipeline\nimport p.d\nP = Pipeline()\nP.discover_transforms(p.d)\n"
    files = {"p/pipeline.py": pipeline, "p/__init__.py": "", "p/d/__init__.py": "", "p/d/a.py": "1 / 0\n"}
    datasets, [fault] = found_in(folder({**files, "p/d/b.py": DATASET.format("b")}))
    assert datasets == ["/b"]
    assert fault.location.endswith("p/d/a.py:1")


def test_an_iterator_that_raises_is_a_fault_with_its_line_and_keeps_what_it_gave_before(folder):
    make = DATASET.replace("x = ", "def make(n): return ").replace("'/{0}'", "f'/{{1 // n}}'").format()
    datasets, [fault] = found_in(folder({"a.py": make + "ALL = (make(n) for n in [1, 0])\n"}))
    assert datasets == ["/1"]
    assert fault.location.endswith("a.py:2")
    assert "a.py:2: Module a: iterating over its 'ALL' raised ZeroDivisionError after 1 object:" in fault.text


def test_a_broken_module_that_several_import_is_one_fault(folder):
    helper = "import transforms.api\n1 / 0\n"
    _, [fault] = found_in(folder({"helper.py": helper, "a.py": "import helper\n", "b.py": "import helper\n"}))
    assert "helper.py:2: ZeroDivisionError: division by zero. It keeps a, b, helper from being imported" in fault.text


MAKE = (
    "from transforms.api import Output, transform_df\ndef make(n):\n    return transform_df(Output(n))(lambda: None)\n"
)


@pytest.mark.parametrize(
    "factory, module",
    [
        ({"factory.py": MAKE}, "from factory import make"),
        ({"p/factory.py": MAKE}, "from p.factory import make"),
        ({"p/__init__.py": MAKE}, "from p import make"),
        ({"p/a.py": MAKE, "p/b.py": "from .a import make"}, "import p.b\nmake = p.b.make"),
        ({"p/tests/factory.py": MAKE}, "from p.tests.factory import make"),
        ({"factory.py": MAKE}, "import importlib\nmake = importlib.import_module('factory').make"),
        ({"factory.py": MAKE}, "make = __import__('fac' + 'tory').make"),
    ],
)
def test_a_module_that_gets_its_transforms_from_a_helper_of_the_project_is_found(folder, factory, module):
    assert found_in(folder({**factory, "made.py": f"{module}\nt = make('/made')\n"})) == (["/made"], [])


def test_a_module_without_a_word_of_foundry_that_needs_python_alone_is_not_run(folder):
    script = "import sys, os.path\nfrom p.other import X\nsys.exit(3)\n"
    files = {
        "a.py": DATASET.format("a"),
        "p/script.py": script,
        "p/other.py": "import json\nfrom . import script\nX = 1\n",
    }
    assert found_in(folder(files)) == (["/a"], [])


@pytest.mark.parametrize("script", ["import a_library_that_nobody_has\n", "x = (\n"])
def test_an_error_in_a_module_among_libraries_is_a_warning(folder, script):
    datasets, [fault] = found_in(folder({"a.py": DATASET.format("a"), "sdk/script.py": script}))
    assert datasets == ["/a"]
    assert fault.is_warning


@pytest.mark.parametrize(
    "parent", ["repo/transforms/quality/rules.py", "repo/sdk/quality.py", "library/src/quality/__init__.py",
              "library/transforms-python/src/quality/__init__.py"]
)  # fmt: skip
def test_of_a_module_that_is_missing_the_folder_in_sight_that_has_it_is_named(folder, parent):
    module = "from transforms.api import Input\nimport quality\n"
    root = folder({"repo/src/a.py": module, parent: "", "other/src/b.py": ""})
    _, [fault] = found_in(root / "repo")
    above = root / parent.partition("/quality")[0]
    assert f"The folder {above} has 'quality': set PYTHONPATH={above} and try again." in fault.text


def test_of_a_module_that_lies_above_the_project_the_folder_to_give_is_named(folder):
    root = folder({"repo/quality/a.py": "import transforms.api, quality.deep.b\n", "repo/quality/deep/b.py": ""})
    _, [fault] = found_in(root / "repo" / "quality")
    assert f"{root / 'repo'} has 'quality': give --repo {root / 'repo'}." in fault.text


def test_a_part_of_a_namespace_that_lies_elsewhere_is_found_too(folder):
    module = "import transforms.api\nfrom shared import rules\n"
    root = folder({"repo/src/a.py": module, "repo/src/shared/b.py": "", "library/src/shared/rules.py": ""})
    _, [fault] = found_in(root / "repo")
    assert f"{root}/library/src has 'shared.rules': set PYTHONPATH={root}/library/src" in fault.text


def test_a_module_that_is_nowhere_in_sight_gets_no_advice(folder):
    _, [fault] = found_in(folder({"a.py": "import transforms.api, nowhere.at_all\n"}))
    assert fault.text.endswith("It keeps a from being imported.")


def test_an_unresolved_merge_conflict_in_a_module_is_named_with_its_line(folder):
    conflict = "import transforms.api\n<<<<<<< HEAD\nX = 1\n=======\nX = 0b7\n>>>>>>> 7abc\n"
    _, [fault] = found_in(folder({"a.py": conflict}))
    assert fault.location.endswith("a.py:2")
    assert "a.py:2: the module has a merge conflict that is not resolved. It keeps a from" in fault.text


@pytest.mark.parametrize("code", ["F.col('id') > 1", "F.lit(1)", "F.udf(lambda x: x, 'double')", "F.broadcast(None)"])
def test_a_module_that_needs_spark_at_import_is_a_fault_that_says_to_move_the_code_into_a_function(
    folder, code, monkeypatch
):
    monkeypatch.setattr(SparkContext, "_active_spark_context", None)  # of an earlier test
    module = f"from transforms.api import Input\nfrom pyspark.sql import functions as F\nX = {code}\n"
    _, [fault] = found_in(folder({"a.py": module}))
    assert "a.py:3: " in fault.text
    assert "It needs Spark, which does not run while modules are imported" in fault.text


def test_an_assertion_of_the_user_s_is_not_taken_for_one_of_spark(folder):
    _, [fault] = found_in(folder({"a.py": "import transforms.api\nassert False\n"}))
    assert "Spark" not in fault.text


@pytest.mark.parametrize("package", ["p", None])
def test_where_a_package_is_discovered_every_module_is_run_and_its_errors_are_faults(folder, package):
    pipeline = {
        "p/pipeline.py": "from transforms.api import Pipeline\nimport p\nP = Pipeline()\nP.discover_transforms(p)\n"
    }
    files = {"p/__init__.py": "", "p/script.py": "1 / 0\n", **({} if package else pipeline)}
    _, [fault] = found_in(folder(files), package)
    assert not fault.is_warning


@pytest.mark.parametrize(
    "entry_point, problem",
    [("m:P", "'P' of .*m.py is no Pipeline"), ("m:nothing", "'nothing' of .* is no Pipeline"), ("m", "m.py has none")],
)
def test_an_entry_point_that_names_no_pipeline_is_a_fault(folder, entry_point, problem):
    setup = f"setup(entry_points={{'transforms.pipelines': ['root = {entry_point}']}})"
    _, [fault] = found_in(folder({"src/setup.py": setup, "src/m.py": "P = 1\n"}))
    with pytest.raises(type(fault.error), match=problem):
        raise fault.error


def test_a_pipeline_py_without_a_pipeline_is_a_module_like_others(folder):
    assert found_in(folder({"p/pipeline.py": DATASET.format("a")})) == (["/a"], [])


def test_a_module_whose_name_python_uses_for_a_different_module_is_a_fault(folder):
    datasets, [fault] = found_in(folder({"json.py": DATASET.format("a")}))
    assert datasets == []
    assert "Python has another 'json' already" in fault.text


def test_a_package_of_one_s_own_choice_goes_before_the_entry_point(layouts):
    assert found_in(layouts / "template", "shop.datasets.orders") == (["/Shop/orders"], [])


def test_a_package_that_does_not_exist_is_a_fault():
    discovery = discover("a_package_that_nobody_has")
    assert (discovery.transforms, [fault.kind for fault in discovery.faults]) == ([], ["DiscoveryError"])
