import pytest

from transforms_api.porting.lint.foundry_rules import DatasetPaths
from transforms_api.porting.lint.project import declared_transforms


@pytest.mark.parametrize(
    "code",
    [
        "Input('raw/orders')",
        "Output(alias='orders')",
        "Output('/Shop/../orders')",
        "InputSet(['/Shop/a', 'b'])",
    ],
)
def test_a_path_that_does_not_begin_at_the_root_is_a_finding(code_of, code):
    assert code_of(DatasetPaths, code) == "F501"


@pytest.mark.parametrize(
    "code",
    [
        "Input('/Shop/orders')",
        "Input('ri.foundry.main.dataset.1-2-3')",
        "Input()",
        "Input(path)",
        "Input(f'{root}/orders')",
        "InputSet(aliases=['/Shop/a', '/Shop/b'])",
        "open('orders')",
    ],
)
def test_paths_rids_and_what_the_code_does_not_say_is_left_alone(code_of, code):
    assert code_of(DatasetPaths, code) is None


@pytest.mark.parametrize(
    ("decorator", "is_transform"),
    [
        ("@transform_df(Output('/a'))", True),
        ("@transform(a=Output('/a'))", True),
        ("@transform.using(a=Output('/a')).with_resources(cpu_cores=1)", True),
        ("@transform.spark.using(a=Output('/a')).with_config(profiles=[])", True),
        ("@lightweight\n@transform(a=Output('/a'))", True),
        ("@F.udf", False),
        ("@df.transform(f)", False),
        ("@transform(a=Output('/a'))\n@unknown", False),
    ],
)
def test_transforms_are_functions_directly_below_foundry_s_decorators(module, imports, decorator, is_transform):
    declared = declared_transforms(module(f"{decorator}\ndef f(a):\n    pass", imports))
    assert bool(list(declared)) is is_transform


PIPELINE = (
    "from transforms.api import Pipeline\nimport shop.datasets\np = Pipeline()\np.discover_transforms(shop.datasets)"
)
ORDERS = (
    "from transforms.api import Output, transform_df\n\n@transform_df(Output('/Shop/orders'))\ndef orders(ctx): ..."
)


@pytest.mark.parametrize("code", ["Input('/Shop//orders')", "Output('/Shop/orders\\n')", "Input('/Shop/orders/')"])
def test_a_path_that_has_to_be_spelled_otherwise_is_a_finding_although_it_is_read(code_of, code):
    assert code_of(DatasetPaths, code) == "F501"


PROJECT = {"src/shop/__init__.py": "", "src/shop/datasets/__init__.py": "", "src/shop/pipeline.py": PIPELINE}
GENERATOR = """
from transforms.api import Output, transform_df

def generate(country):
    @transform_df(Output(f"/Shop/{country}"))
    def compute(ctx): ...
    return compute

"""


def test_a_transform_that_the_pipeline_discovers_is_no_finding(linted):
    assert linted({**PROJECT, "src/shop/datasets/orders.py": ORDERS}) == []


@pytest.mark.parametrize("folder", ["src/shop/orders.py", "src/shop/datasets/raw/orders.py"])
def test_a_transform_beside_what_the_pipeline_discovers_or_without_an_init_is_never_found(linted, folder):
    assert linted({**PROJECT, folder: ORDERS}) == [f"{folder}:4 F502"]


@pytest.mark.parametrize(
    ("result", "codes"),
    [
        ("ALL = [generate('DE'), generate('FR')]", []),
        ("DE = generate('DE')", []),
        ("ALL = {'DE': generate('DE')}", []),
        ("ALL = (generate(country) for country in ['DE'])", []),
        ("generate('DE')", ["src/shop/datasets/raw.py:6 F502"]),
    ],
)
def test_transforms_made_by_a_function_are_linted_if_a_module_keeps_them(linted, result, codes):
    assert linted({**PROJECT, "src/shop/datasets/raw.py": GENERATOR + result}) == codes


def test_a_transform_whose_name_another_takes_is_never_found(linted):
    twice = ORDERS + ORDERS.partition("\n")[2].replace("/Shop/orders", "/Shop/more")
    assert linted({**PROJECT, "src/shop/datasets/orders.py": twice}) == ["src/shop/datasets/orders.py:4 F502"]


def test_a_transform_without_datasets_is_found_too(linted):
    unbound = ORDERS.replace("'/Shop/orders'", "")
    assert linted({**PROJECT, "src/shop/datasets/orders.py": unbound}) == []


def test_a_module_that_cannot_be_imported_is_reported_and_no_transform_as_lost(linted):
    broken = {"src/shop/datasets/broken.py": "import not_installed_anywhere", "src/shop/lost.py": ORDERS}
    assert linted({**PROJECT, **broken}) == ["src/shop/datasets/broken.py:1 F503"]


def test_a_file_that_is_no_python_is_reported_once(linted):
    assert linted({**PROJECT, "src/shop/datasets/broken.py": "def f(:"}) == ["src/shop/datasets/broken.py:1 F503"]


def test_an_unresolved_merge_conflict_is_reported_once_with_its_line(linted):
    conflict = "X = 0\n<<<<<<< HEAD\nX = 1\n=======\nX = 2\n>>>>>>> main\n"
    assert linted({**PROJECT, "src/shop/datasets/broken.py": conflict}) == ["src/shop/datasets/broken.py:2 F503"]


def test_a_line_with_another_finding_is_not_reported_again_as_the_reason_of_a_failed_import(linted):
    relative = ORDERS.replace("/Shop/orders", "orders")
    assert linted({**PROJECT, "src/shop/datasets/orders.py": relative}) == ["src/shop/datasets/orders.py:3 F501"]
