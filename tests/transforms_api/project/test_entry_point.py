import pytest

from transforms_api.project.layouts import entry_point_in

IN_SETUP_PY = {
    "a list": "setup(entry_points={'transforms.pipelines': ['other = a:b', 'root = shop.pipeline:p']})",
    "one text": "setuptools.setup(entry_points={'transforms.pipelines': 'root=shop.pipeline:p'})",
    "a variable": "ENTRY = {'transforms.pipelines': ['root = shop.pipeline:p']}\nsetup(entry_points=ENTRY)",
    "the text of an INI file": "setup(entry_points='[transforms.pipelines]\\nroot = shop.pipeline:p\\n')",
}


@pytest.mark.parametrize("text", IN_SETUP_PY.values(), ids=IN_SETUP_PY)
def test_setup_py_declares_the_entry_point_in_each_of_these_forms(folder, text):
    assert entry_point_in(folder({"setup.py": text})) == "shop.pipeline:p"


def test_setup_py_is_not_run(folder):
    text = "raise SystemExit\nsetup(name=os.environ['PKG_NAME'], entry_points={'transforms.pipelines': ['root = a:b']})"
    assert entry_point_in(folder({"setup.py": text})) == "a:b"


def test_an_entry_point_that_setup_py_computes_is_not_read(folder):
    assert entry_point_in(folder({"setup.py": "setup(entry_points=read('entry_points.txt'))"})) is None


def test_setup_cfg_declares_the_entry_point(folder):
    text = "[options.entry_points]\ntransforms.pipelines =\n    root = shop.pipeline:p\n"
    assert entry_point_in(folder({"setup.cfg": text})) == "shop.pipeline:p"


@pytest.mark.parametrize("table", ["project.entry-points", "tool.poetry.plugins"])
def test_pyproject_declares_the_entry_point(folder, table):
    text = f'[{table}."transforms.pipelines"]\nroot = "shop.pipeline:p"\n'
    assert entry_point_in(folder({"pyproject.toml": text})) == "shop.pipeline:p"


def test_a_module_alone_is_enough(folder):
    assert (
        entry_point_in(folder({"setup.cfg": "[options.entry_points]\ntransforms.pipelines = root = shop\n"})) == "shop"
    )


def test_a_file_that_cannot_be_parsed_leaves_the_next_to_declare_it(folder):
    files = {"setup.py": "setup(:", "setup.cfg": "[options.entry_points]\ntransforms.pipelines = root = shop:p\n"}
    assert entry_point_in(folder(files)) == "shop:p"


def test_entry_points_of_other_groups_are_none_of_ours(folder):
    assert entry_point_in(folder({"setup.py": "setup(entry_points={'console_scripts': ['root = a:b']})"})) is None
