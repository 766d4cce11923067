"""Tasks of an export for plain Spark: which transforms become one, their names, and what stays behind."""

import pytest

from transforms_api.errors import ExportError
from transforms_api.porting import ExportForm

ORDERS = """
from transforms.api import Input, Output, transform_df

@transform_df(Output("/Shop/clean orders"), raw=Input("/Shop/raw"))
def orders(raw):
    return raw.where("amount > 0")
"""


def with_orders(text):
    return {"shop/__init__.py": "", "shop/orders.py": ORDERS, "shop/more.py": text}


def left(planned):
    """Return function → file name:line and reason, of the transforms that stayed behind."""
    return {
        task.transform.rpartition(":")[2]: f"{task.location.rpartition('/')[2]} {task.text}"
        for task in planned.tasks.left_behind
    }


def test_a_table_is_called_as_its_path_in_lower_case_with_underscores(departure):
    planned = departure({"shop/__init__.py": "", "shop/orders.py": ORDERS})
    [task] = planned.tasks.tasks
    assert task.name == "shop_clean_orders"
    assert planned.inputs == {"shop_raw": "inputs/shop_raw"}


def test_two_paths_that_give_one_name_get_different_names(departure):
    text = ORDERS.replace("/Shop/clean orders", "/Shop/clean-orders").replace("def orders", "def again")
    planned = departure(with_orders(text))
    assert {task.name for task in planned.tasks.tasks} == {"shop_clean_orders", "shop_clean_orders_2"}


def test_a_task_runs_after_the_tasks_whose_tables_it_reads(departure):
    text = ORDERS.replace("/Shop/clean orders", "/Shop/b").replace("/Shop/raw", "/Shop/clean orders")
    planned = departure(with_orders(text))
    assert [(task.name, task.after) for task in planned.tasks.tasks] == [
        ("shop_clean_orders", ()),
        ("shop_b", ("shop_clean_orders",)),
    ]


def test_a_transform_with_an_external_source_stays_behind_with_its_line(departure):
    planned = departure(
        with_orders("""
from transforms.api import Output, transform
from transforms.external.systems import Source, external_systems

@external_systems(web=Source("ri.magritte..source.1"))
@transform(out=Output("/Shop/names"))
def names(web, out): ...
""")
    )
    assert left(planned) == {
        "names": "more.py:5 it reads an external source that Foundry connects; read it in a script of your own."
    }
    assert [task.name for task in planned.tasks.tasks] == ["shop_clean_orders"]


def test_a_transform_whose_module_imports_what_only_foundry_has_stays_behind_with_the_line_of_the_import(departure):
    planned = departure(
        with_orders("""
from transforms.api import Output, transform_df
from transforms.mediasets import MediaSetInput

@transform_df(Output("/Shop/pictures"))
def pictures(ctx): ...
""")
    )
    [(function, reason)] = left(planned).items()
    assert function == "pictures"
    assert reason.startswith("more.py:3 shop.more imports transforms.mediasets.MediaSetInput, which only Foundry")


def test_an_import_whose_failure_the_module_handles_keeps_no_transform_behind(departure):
    text = "try:\n    import palantir_models\nexcept ImportError:\n    palantir_models = None\n"
    assert left(departure({"shop/__init__.py": "", "shop/orders.py": text + ORDERS})) == {}


def test_what_a_transform_that_stays_behind_would_write_becomes_an_input(departure):
    planned = departure(
        with_orders("""
from transforms.api import Input, Output, transform_df, transform_polars

@transform_polars(Output("/Shop/small"), raw=Input("/Shop/raw"))
def small(raw): ...

@transform_df(Output("/Shop/large"), small=Input("/Shop/small"))
def large(small): ...
"""),
        ExportForm.SPARK_PIPELINES,
    )
    assert "small" in left(planned)
    assert planned.inputs["shop_small"] == "inputs/shop_small"


@pytest.mark.parametrize(
    "body, line, reason",
    [
        ("raw.count()\n    return raw.limit(raw.first()[0])", 7, ".first, but there are no rows"),
        ("raw.createOrReplaceTempView('raw')\n    return raw", 6, ".createOrReplaceTempView, but a definition may"),
    ],
)
def test_a_function_that_needs_rows_or_changes_the_session_cannot_be_a_definition(departure, body, line, reason):
    text = ORDERS.replace("/Shop/clean orders", "/Shop/b").replace('return raw.where("amount > 0")', body)
    planned = departure(with_orders(text), ExportForm.SPARK_PIPELINES)
    assert left(planned)["orders"].startswith(f"more.py:{line} it uses {reason}")


def test_a_function_that_works_on_files_cannot_be_a_definition_but_a_script(departure):
    text = """
from transforms.api import Input, Output, transform

@transform(raw=Input("/Shop/files"), out=Output("/Shop/lines"))
def lines(raw, out):
    out.write_dataframe(raw.filesystem().files())
"""
    assert left(departure(with_orders(text), ExportForm.SPARK_PIPELINES)) == {
        "lines": "more.py:6 it uses files; a definition makes a table of rows."
    }


def test_an_incremental_transform_is_exported_with_a_remark(departure):
    planned = departure(
        with_orders("""
from transforms.api import Input, Output, incremental, transform

@incremental()
@transform(raw=Input("/Shop/raw"), out=Output("/Shop/all"))
def everything(raw, out): ...
""")
    )
    [remark] = planned.tasks.remarks
    assert remark.text == "it is incremental on Foundry; here each run reads all rows and replaces the table."


def test_a_project_of_which_nothing_can_be_exported_is_an_error_with_the_reasons(departure):
    text = "from transforms.api import Output, transform_polars\n@transform_polars(Output('/Shop/a'))\ndef a(): ...\n"
    with pytest.raises(ExportError, match=r"(?s)No transform can be exported as spark-pipelines.*without Spark"):
        departure({"shop/__init__.py": "", "shop/a.py": text}, ExportForm.SPARK_PIPELINES)
