import ast

import yaml

from transforms_api.porting.export import texts
from transforms_api.porting.export.texts import Requirements
from transforms_api.project.layouts import entry_point_in

NOTHING = Requirements((), {}, ())


def test_the_entry_point_of_the_setup_is_found_where_foundry_looks_for_it(tmp_path):
    (tmp_path / "setup.py").write_text(texts.setup("shop.pipeline:my_pipeline", ["prices"], has_data=True))
    assert entry_point_in(tmp_path) == "shop.pipeline:my_pipeline"


def test_the_setup_packs_modules_alone_and_data_where_there_are_any():
    assert "py_modules" not in texts.setup("a:b", [], has_data=False)
    assert "package_data" not in texts.setup("a:b", [], has_data=False)
    both = texts.setup("a:b", ["prices"], has_data=True)
    assert 'py_modules=["prices"],' in both
    assert 'package_data={"": ["*"]},' in both


def test_the_pipeline_discovers_packages_in_one_or_at_the_top():
    inside, at_the_top = texts.pipeline(["b", "a"], "shop"), texts.pipeline(["shop", "books"], None)
    assert "from shop import a, b\n" in inside and ".discover_transforms(a, b)\n" in inside
    assert "import books, shop\n" in at_the_top and ".discover_transforms(books, shop)\n" in at_the_top
    ast.parse(inside), ast.parse(at_the_top)


def test_the_recipe_pins_what_modules_need_and_then_what_only_tests_do():
    run = Requirements(("transforms-verbs",), {"faker": "30.1"}, ())
    test = Requirements((), {"chispa": "0.10", "faker": "30.1"}, ())
    recipe = yaml.safe_load(texts.meta("3.11", run, test))
    assert recipe["package"] == {"name": "{{ PACKAGE_NAME }}", "version": "{{ PACKAGE_VERSION }}"}
    assert recipe["requirements"]["build"] == ["python 3.11.*", "setuptools"]
    assert recipe["requirements"]["run"] == [
        "python 3.11.*", "transforms {{ PYTHON_TRANSFORMS_VERSION }}", "transforms-verbs", "faker 30.1",
    ]  # fmt: skip
    assert recipe["test"]["requires"] == ["chispa 0.10"]


def test_the_recipe_names_what_has_to_be_added_by_hand():
    unknown = Requirements((), {}, ("only_on_foundry",))
    assert "by hand: only_on_foundry." in texts.meta("3.11", unknown, NOTHING)
    assert "by hand" not in texts.meta("3.11", NOTHING, NOTHING)


def test_the_default_branch_is_in_gradle_properties():
    assert "\ntransformsDefaultBranchName = develop\n" in texts.gradle_properties("develop")


def test_the_explanation_lists_what_was_added_renamed_and_left_out():
    text = texts.about(["src/setup.py"], ["`test_a.py`: it reads files."], [("transforms.shop", "shop")])
    assert "\n- `src/setup.py`\n" in text
    assert "\n- `test_a.py`: it reads files.\n" in text
    assert "`transforms.shop` is written `shop`" in text
    assert "stayed behind" not in texts.about([], [], [])
