"""Commands on a repository of SQL alone. Those that need no data start no Spark."""

import json

import pytest

ORDERS = """\
-- Orders that count, one row per order
CREATE TABLE `/Shop/clean/orders` AS
SELECT id, UPPER(country) AS country, amount
FROM `/Shop/raw/orders`
WHERE amount > 0
"""
TOTALS = """\
CREATE TABLE `/Shop/totals` AS
SELECT country, SUM(amount) AS amount
FROM `/Shop/clean/orders`
GROUP BY country
"""


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "shop"
    sql = folder / "transforms-sql" / "src" / "main" / "sql"
    sql.mkdir(parents=True)
    (sql / "orders.sql").write_text(ORDERS)
    (sql / "totals.sql").write_text(TOTALS)
    return folder


@pytest.fixture
def sql(repository):
    return repository / "transforms-sql" / "src" / "main" / "sql"


@pytest.fixture
def run(command, repository, warehouse):
    """run(argument, …) → (exit code, stdout, stderr) on the repository and the test's own warehouse."""
    return lambda *arguments: command(*arguments, "--repo", repository, "--warehouse", warehouse.root)


def test_list_has_file_inputs_and_outputs_in_build_order(run, sql):
    code, printed, _ = run("list", "--json")
    listed = json.loads(printed)["transforms"]
    assert code == 0
    assert [transform["transform"] for transform in listed] == [
        "transforms-sql/src/main/sql/orders.sql",
        "transforms-sql/src/main/sql/totals.sql",
    ]
    assert (listed[0]["file"], listed[0]["inputs"]) == (f"{sql / 'orders.sql'}:2", ["/Shop/raw/orders"])


@pytest.mark.parametrize(
    "target", ["orders", "orders.sql", "transforms-sql/src/main/sql/orders.sql", "/Shop/clean/orders", "*/orders.sql"]
)
def test_a_statement_goes_by_its_dataset_its_file_and_the_path_of_the_file(run, write, target):
    write("/Shop/raw/orders", id=[1], country=["de"], amount=[1.0])
    assert "/Shop/clean/orders has not been built yet" in run("why", target)[1]


def test_a_statement_goes_by_the_path_of_its_file_from_the_current_folder(run, write, sql, monkeypatch):
    write("/Shop/raw/orders", id=[1], country=["de"], amount=[1.0])
    monkeypatch.chdir(sql.parent)
    assert "/Shop/clean/orders has not been built yet" in run("why", "sql/orders.sql")[1]


def test_a_statement_goes_by_the_last_folders_of_its_path_but_not_by_a_part_of_a_folders_name(run, write):
    write("/Shop/raw/orders", id=[1], country=["de"], amount=[1.0])
    assert "/Shop/clean/orders has not been built yet" in run("why", "main/sql/orders.sql")[1]
    assert "No dataset or transform is called 'ql/orders.sql'" in run("why", "ql/orders.sql")[2]


def test_an_unknown_target_is_answered_with_the_nearest_name(run):
    assert "Did you mean orders.sql" in run("why", "order.sql")[2]


def test_docs_show_statement_and_description(run, tmp_path):
    code, _, _ = run("docs", tmp_path / "pages")
    [page] = (tmp_path / "pages" / "datasets").glob("*clean.orders*")
    text = page.read_text()
    assert code == 0
    assert "Orders that count, one row per order" in text
    assert "WHERE amount &gt; 0" in text


def test_the_graph_has_both_statements(run):
    assert "/Shop/totals" in run("graph")[1]


def test_faults_have_the_line_of_the_file_and_stop_what_reads_its_dataset(run, sql):
    (sql / "orders.sql").write_text("\nCREATE TABLE `/Shop/clean/orders` (id INT)")
    printed = json.loads(run("list", "--json")[1])
    [fault] = printed["faults"]
    assert fault["location"] == f"{sql / 'orders.sql'}:2"
    assert fault["stops"] == ["transforms-sql/src/main/sql/totals.sql"]


def test_lint_finds_what_foundry_refuses(command, repository, sql):
    (sql / "totals.sql").write_text(f"{TOTALS};\nCREATE TABLE `/Shop/more` AS SELECT 1 AS id")
    code, printed, _ = command("lint", "--repo", repository)
    assert code == 1
    assert "totals.sql:6:1 F701 Foundry takes one statement a file" in printed


def test_an_export_has_the_files_as_they_are_and_checks_them(command, repository, sql, tmp_path):
    out = tmp_path / "out"
    assert command("export", out, "--from", repository)[0] == 0
    exported = out / "transforms-sql" / "src" / "main" / "sql" / "orders.sql"
    assert exported.read_text() == ORDERS
    assert "lang.sql" in (out / "transforms-sql" / "build.gradle").read_text()
    assert command("export", out, "--from", repository, "--check")[0] == 0
    (sql / "orders.sql").write_text(ORDERS.replace("UPPER", "LOWER"))
    code, printed, _ = command("export", out, "--from", repository, "--check")
    assert (code, "transforms-sql/src/main/sql/orders.sql differs" in printed) == (1, True)


def test_a_folder_inside_belongs_to_the_project_with_transforms_sql(command, repository, monkeypatch):
    monkeypatch.chdir(repository / "transforms-sql" / "src")
    _, printed, chosen = command("list", "--json")
    assert len(json.loads(printed)["transforms"]) == 2
    assert "it has transforms-sql/" in chosen


def test_a_build_reports_each_job_and_that_sql_is_never_incremental(spark, run, write):
    write("/Shop/raw/orders", id=[1, 2, 3], country=["de", "de", "fr"], amount=[1.0, 2.0, -1.0])
    code, printed, _ = run("build", "--json")
    jobs = json.loads(printed)["jobs"]
    assert (code, [job["state"] for job in jobs]) == (0, ["completed", "completed"])
    assert jobs[0]["notes"] == ["reads its inputs in full at each run: SQL transforms are never incremental"]
    assert jobs[0]["rows"] == {"/Shop/clean/orders": 2}


def test_a_build_shows_spark_s_error_with_the_line_of_the_file(spark, run, write, sql):
    write("/Shop/raw/orders", id=[1], country=["de"], amount=[1.0])
    (sql / "orders.sql").write_text(ORDERS.replace("amount > 0", "amout > 0"))
    code, printed, _ = run("build", "orders.sql")
    assert code == 1
    assert f"{sql / 'orders.sql'}:5\n    WHERE amout > 0\n[UNRESOLVED_COLUMN" in printed


def test_a_preview_reads_the_rows_for_which_a_condition_holds(spark, run, write):
    write("/Shop/raw/orders", id=[1, 2], country=["de", "fr"], amount=[1.0, 2.0])
    code, printed, _ = run("preview", "orders.sql", "--where", "orders: country = 'fr'", "--json")
    [output] = json.loads(printed)["outputs"]
    assert (code, output["sample"]) == (0, [{"id": 2, "country": "FR", "amount": 2.0}])


def test_a_filter_that_fits_no_input_is_an_error(run, write):
    write("/Shop/raw/orders", id=[1], country=["de"], amount=[1.0])
    code, _, error = run("preview", "orders.sql", "--filter", "no_such_shop:recent")
    assert code == 2
    assert "The module of filters 'no_such_shop' cannot be imported" in error
