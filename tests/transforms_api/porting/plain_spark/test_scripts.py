"""An export as plain scripts: their text, and a run of a small project in this process."""

import json
import os
import runpy

import pytest

from transforms_api.porting import write_export

SHOP = {
    "shop/__init__.py": "",
    "shop/rules.py": 'LEAST = "amount > 0"\n',
    "shop/rates.json": '{"EUR": 2.0}',
    "shop/orders.py": """
import json
from pathlib import Path

from pyspark.sql import functions as F
from transforms import expectations as E
from transforms.api import Check, FloatParam, Input, Output, transform, transform_df

from .rules import LEAST

RATES = json.loads(Path(__file__).with_name("rates.json").read_text())

@transform_df(
    Output("/Shop/clean", checks=[
        Check(E.primary_key("id"), "one row per order"),
        Check(E.col("amount").gt(0), "positive amounts"),
        Check(E.count().gt(100), "many orders", on_error="WARN"),
    ]),
    raw=Input("/Shop/raw"),
    factor=FloatParam(1.0),
)
def clean(raw, factor):
    return raw.where(LEAST).withColumn("amount", F.col("amount") * RATES["EUR"] * factor.value)

@transform(orders=Input("/Shop/clean"), large=Output("/Shop/large"), notes=Output("/Shop/notes"))
def split(ctx, orders, large, notes):
    large.write_dataframe(orders.dataframe().where("amount >= 10"))
    with notes.filesystem().open("notes.txt", "w") as file:
        file.write(f"incremental: {getattr(ctx, 'is_incremental', False)}")
""",
    "shop/single.py": """
from transforms.api import Input, Output, transform, transform_polars

@transform_polars(Output("/Shop/customers"), orders=Input("/Shop/clean"))
def customers(orders):
    return orders.group_by("customer").len().with_columns(orders=__import__("polars").col("len").cast(int)).drop("len")

@transform.using(orders=Input("/Shop/clean"), total=Output("/Shop/total"))
def total(ctx, orders, total):
    total.write_table(ctx.duckdb().conn.sql("select sum(amount) as amount from orders"))
""",
    "shop/generated.py": """
from transforms.api import Input, Output, transform_df

def of(customer):
    @transform_df(Output(f"/Shop/of/{customer}"), orders=Input("/Shop/clean"))
    def orders_of(orders):
        return orders.where(orders.customer == customer)
    return orders_of

TRANSFORMS = [of("Ada"), of("Bob")]
""",
    "reports/best.sql": "CREATE TABLE `/Shop/best` AS\nSELECT customer, max(amount) AS amount FROM `/Shop/clean`\n"
    "GROUP BY customer",
}
RAW = [(1, "Ada", 3.0), (2, "Ada", 6.0), (3, "Bob", -1.0), (4, "Bob", 1.0)]


@pytest.fixture
def raw(spark):
    return spark.createDataFrame(RAW, "id int, customer string, amount double")


@pytest.fixture
def shop(departure):
    return departure(SHOP)


def test_the_modules_and_the_files_beside_them_are_exported_byte_for_byte(shop):
    files = {path: text for path, text in SHOP.items() if path.startswith("shop/")}
    assert {path: shop.export.files[f"src/{path}"].decode() for path in files} == files


def test_a_script_reads_tables_calls_the_function_and_writes_its_table(shop):
    assert (
        shop.export.files["scripts/shop_clean.py"].decode()
        == '''\
"""Writes /Shop/clean: src/shop/orders.py, line 13."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[1] / "src")]
from exported.checks import key, rows, total  # noqa: E402
from exported.tables import Input, Output, parameter, publish, run  # noqa: E402
from shop.orders import clean as compute  # noqa: E402

CHECKS = [
    key("one row per order", "id"),
    rows("positive amounts", "coalesce(amount > 0, true)"),
    total("many orders", "coalesce(count(1) > 100, true)", on_error="WARN"),
]


def main():
    inputs = {
        "raw": Input("shop_raw", "/Shop/raw"),
    }
    output = Output("shop_clean", "/Shop/clean", CHECKS)
    parameters = {
        "factor": parameter("factor", 1.0),
    }
    rows = compute(**parameters, raw=inputs["raw"].dataframe())
    output.write_dataframe(rows)
    publish(output)


if __name__ == "__main__":
    run(main)
'''
    )


def test_the_graph_as_data_says_what_each_script_reads_and_writes_and_what_runs_before_it(shop):
    tasks = {task["task"]: task for task in json.loads(shop.export.files["dag.json"])["tasks"]}
    assert tasks["shop_large"] == {
        "task": "shop_large",
        "file": "scripts/shop_large.py",
        "reads": ["shop_clean"],
        "writes": ["shop_large", "shop_notes"],
        "after": ["shop_clean"],
        "datasets": {"shop_large": "/Shop/large", "shop_notes": "/Shop/notes"},
    }


def test_all_scripts_run_without_this_package_and_write_every_table(shop, run_scripts, raw, capsys, tmp_path):
    files = shop.export.files
    assert b"transforms_api" not in b"".join(files.values())
    planned = run_scripts(shop, {"shop_raw": raw}, without=("shop_notes",))
    assert planned == {
        "shop_best": [("Ada", 12.0), ("Bob", 2.0)],
        "shop_clean": [(1, "Ada", 6.0), (2, "Ada", 12.0), (4, "Bob", 2.0)],
        "shop_customers": [("Ada", 2), ("Bob", 1)],
        "shop_large": [(2, "Ada", 12.0)],
        "shop_of_ada": [(1, "Ada", 6.0), (2, "Ada", 12.0)],
        "shop_of_bob": [(4, "Bob", 2.0)],
        "shop_total": [(20.0,)],
    }
    notes = tmp_path / "export" / "tables" / "shop_notes" / "notes.txt"
    assert notes.read_text() == "incremental: False"
    assert "warning: /Shop/clean: many orders: it does not hold" in capsys.readouterr().out


def test_a_parameter_of_config_json_replaces_its_default(shop, run_scripts, raw, tmp_path):
    write_export(shop.export, tmp_path / "export")
    file = tmp_path / "export" / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "parameters": {"factor": 10.0}}))
    result = run_scripts(shop, {"shop_raw": raw}, names=["shop_clean"], write=False)
    assert result["shop_clean"][0] == (1, "Ada", 60.0)


def test_rows_that_break_a_check_leave_the_table_as_it_was_and_the_error_names_the_check(shop, run_scripts, raw):
    run_scripts(shop, {"shop_raw": raw}, names=["shop_clean"])
    with pytest.raises(Exception, match="/Shop/clean: one row per order: 3 rows break it"):
        run_scripts(shop, {"shop_raw": raw.unionAll(raw)}, names=["shop_clean"])
    result = run_scripts(shop, names=["shop_total"])
    assert result["shop_clean"] == [(1, "Ada", 6.0), (2, "Ada", 12.0), (4, "Bob", 2.0)]


def test_an_input_that_is_not_there_is_an_error_with_its_path(shop, run_scripts):
    with pytest.raises(FileNotFoundError, match=r"inputs/shop_raw does not exist: config.json names this path"):
        run_scripts(shop, names=["shop_clean"])


def test_a_table_that_no_script_writes_is_an_error_with_the_tables_there_are(shop, tmp_path):
    write_export(shop.export, tmp_path / "export")
    main = runpy.run_path(os.fspath(tmp_path / "export" / "run_all.py"))["main"]
    with pytest.raises(SystemExit, match="No script writes nothing; the tables are shop_clean, "):
        main(["nothing"])


def test_the_readme_says_how_to_run_what_is_read_and_what_is_different(shop):
    readme = shop.export.files["README.md"].decode()
    assert "python run_all.py" in readme
    assert "- `shop_raw` (/Shop/raw): `inputs/shop_raw`" in readme
    assert "- `factor`: 1.0" in readme


TABLES = {
    "shop/__init__.py": "",
    "shop/tables.py": """
import polars as pl
from transforms.api import Input, Output, transform, transform_df
from transforms.tables import IcebergTable, TableInput, TableLightweightInput, TableOutput

@transform.using(raw=Input("/Shop/raw"), large=TableOutput("/Shop/large", "ri.source", IcebergTable("large", "lake")))
def large(raw, large):
    large.iceberg().write(raw.polars().filter(pl.col("amount") > 2).to_arrow())

@transform.using(large=TableInput("/Shop/large"), names=Output("/Shop/names"))
def names(large: TableLightweightInput, names):
    names.write_table(large.iceberg().table().scan(selected_fields=("customer",)).to_polars().unique())

@transform_df(TableOutput("/Shop/count"), large=TableInput("/Shop/large"))
def count(large):
    return large.groupBy("customer").count()
""",
}


def test_iceberg_tables_are_tables_like_any_other(departure, run_scripts, raw):
    assert run_scripts(departure(TABLES), {"shop_raw": raw}) == {
        "shop_count": [("Ada", 2)],
        "shop_large": [(1, "Ada", 3.0), (2, "Ada", 6.0)],
        "shop_names": [("Ada",)],
    }


def test_a_filter_of_a_scan_is_an_error_that_says_what_to_do(departure, run_scripts, raw):
    files = {name: text.replace("scan(sel", 'scan("amount > 3", sel') for name, text in TABLES.items()}
    with pytest.raises(NotImplementedError, match="no filters, snapshots and limits here: filter the rows"):
        run_scripts(departure(files), {"shop_raw": raw})
