"""Which modules count for which rule, and that our own pipeline has no findings."""

from pathlib import Path

from transforms_api.porting.lint.check import find_violations
from transforms_api.project.discovery import discover

PROJECT = Path(__file__).parents[4]
ORDERS = """
from transforms.api import Output, transform_df

from shop.common import rules

@transform_df(Output("/Shop/orders"))
def orders(ctx):
    return rules.since(ctx.spark_session.range(1))
"""
CLOCK = "from datetime import date\n\ndef since(df):\n    return df.where(f'day > {date.today()}')\n"


def test_our_own_pipeline_works_here_and_on_foundry():
    findings, files = find_violations(discover("transforms.revops"), PROJECT)
    assert findings == []
    assert files > 50


def test_a_clock_counts_in_what_a_transform_imports(linted):
    files = {"src/shop/orders.py": ORDERS, "src/shop/common/rules.py": CLOCK}
    assert linted(files) == ["src/shop/common/rules.py:4 F201"]


def test_a_clock_counts_in_the_module_of_a_transform_that_another_decorator_makes(linted):
    ours = "from transforms.api import Output, transform_df\n\ndaily = transform_df(Output('/Shop/a'))"
    text = "import time\nfrom ours import daily\n\n@daily\ndef orders(ctx):\n    return ctx.rows(time.time())"
    assert linted({"src/ours.py": ours, "src/orders.py": text}) == ["src/orders.py:6 F201"]


def test_a_clock_beside_what_transforms_import_is_left_alone(linted):
    files = {"src/shop/orders.py": ORDERS, "src/shop/common/rules.py": "def since(df): ...", "src/shop/tool.py": CLOCK}
    assert linted(files) == []


def test_imports_count_in_all_that_the_discovery_imports(linted):
    files = {"src/shop/tool.py": "import transforms_api", "src/shop/test_tool.py": "import transforms_api"}
    assert linted(files) == ["src/shop/tool.py:1 F102"]


def test_imports_of_a_script_that_foundry_never_imports_are_left_alone(linted):
    pipeline = "from transforms.api import Pipeline\nimport shop.datasets\np = Pipeline()"
    files = {"src/shop/__init__.py": "", "src/shop/pipeline.py": pipeline, "src/shop/datasets/__init__.py": ""}
    assert linted({**files, "src/shop/run_here.py": "import transforms_api"}) == []


def test_findings_are_in_the_order_of_files_lines_and_columns_and_each_is_there_once(linted):
    text = ORDERS.replace("from shop.common import rules", "import time, random, transforms_api")
    body = "    for _ in range(1):\n        draw = random.random() < time.time()\n    return draw"
    files = {"src/b.py": text.replace("    return rules.since(ctx.spark_session.range(1))", body), "src/a.py": text}
    assert linted(files) == ["src/a.py:4 F102", "src/b.py:4 F102", "src/b.py:9 F203", "src/b.py:9 F201"]
