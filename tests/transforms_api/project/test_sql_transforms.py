"""SQL statements as transforms: what they declare, and what a job of one does."""

from pathlib import Path

import pytest

from transforms_api.errors import ComputeError, SqlError
from transforms_api.project.sql_files import parse_sql
from transforms_api.project.sql_transforms import SqlTransform, sql_error
from transforms_api.testing import run_transform

FILE = Path("/repo/transforms-sql/src/main/sql/totals.sql")
PLACE = "transforms-sql/src/main/sql/totals.sql"


def transforms_in(text):
    file = parse_sql(FILE, text)
    assert file.problems == ()
    return [SqlTransform(statement, FILE, PLACE) for statement in file.statements]


def transform(text):
    [sql_transform] = transforms_in(text)
    return sql_transform


def test_a_statement_declares_its_datasets_profiles_and_place():
    sql_transform = transform(
        "-- One row a day\nCREATE TABLE `/S/totals` TBLPROPERTIES (foundry_transform_profiles = 'A, B')\n"
        "AS SELECT * FROM `/S//a/` JOIN `/S/b`"
    )
    assert (sql_transform.__name__, sql_transform.reference, sql_transform.location) == ("totals", PLACE, f"{FILE}:2")
    assert (sql_transform.reads, sql_transform.writes, sql_transform.profiles) == (
        ["/S/a", "/S/b"],
        ["/S/totals"],
        ("A", "B"),
    )
    assert (sql_transform.__doc__, sql_transform.outputs["/S/totals"].description) == ("One row a day", "One row a day")
    assert (sql_transform.incremental, sql_transform.is_bound) == (None, True)


def test_transforms_of_one_file_have_references_of_their_own():
    several = transforms_in("CREATE TABLE `/S/a` AS SELECT 1 AS id; CREATE TABLE `/S/b` AS SELECT 1 AS id;")
    assert [sql_transform.reference for sql_transform in several] == [f"{PLACE}:a", f"{PLACE}:b"]


def test_comments_and_layout_do_not_change_the_version():
    first, second = "CREATE TABLE `/S/a` AS SELECT 1 AS id", "create table `/S/a` AS\n-- one\nSELECT 1 AS id;"
    assert transform(first).version == transform(second.replace("create table", "CREATE TABLE")).version
    assert transform(first).version != transform(first.replace("1", "2")).version


def test_the_statement_computes_its_output_from_the_rows_of_its_inputs(spark):
    sql_transform = transform(
        """\
        CREATE TABLE `/S/out` AS
        WITH ranked AS (
            SELECT `/S/Größe & Co`.id, n, ROW_NUMBER() OVER (PARTITION BY id ORDER BY n DESC) AS place
            FROM `/S/Größe & Co`
        )
        SELECT /*+ REPARTITION(1) */ r.id, r.n, names.name FROM ranked r
        LEFT JOIN `ri.foundry.main.dataset.1-2` names ON names.id = r.id
        WHERE place = 1
        UNION ALL SELECT 0, 0, 'nobody'
        """
    )
    outputs = run_transform(
        sql_transform,
        {
            "/S/Größe & Co": [{"id": 1, "n": 5}, {"id": 1, "n": 7}],
            "ri.foundry.main.dataset.1-2": [{"id": 1, "name": "A"}],
        },
    )
    assert sorted(row["name"] for row in outputs.rows()) == ["A", "nobody"]
    assert {"id": 1, "n": 7, "name": "A"} in outputs.rows()


def test_names_that_differ_by_upper_and_lower_case_are_different_datasets(spark):
    sql_transform = transform(
        "CREATE TABLE `/S/out` AS SELECT `/S/A`.id FROM `/S/a` JOIN `/S/A` ON `/S/a`.id < `/S/A`.id"
    )
    assert run_transform(sql_transform, {"/S/a": [{"id": 1}], "/S/A": [{"id": 2}]}).rows() == [{"id": 2}]


def test_statements_before_it_prepare_the_session_of_its_job_alone(spark):
    sql_transform = transform(
        "CREATE TEMPORARY VIEW few AS SELECT * FROM `/S/a` LIMIT 1; SET spark.sql.ansi.enabled = true;\n"
        "CREATE TABLE `/S/out` AS SELECT id FROM few"
    )
    assert run_transform(sql_transform, {"/S/a": [{"id": 1}]}).rows() == [{"id": 1}]
    assert spark.conf.get("spark.sql.ansi.enabled") == "false"
    assert not spark.catalog.tableExists("few")


def test_partitions_are_written_and_options_of_other_formats_do_not_reach_parquet(spark):
    sql_transform = transform(
        "CREATE TABLE `/S/out` USING csv OPTIONS (compression = 'bzip2') PARTITIONED BY (DAY)\nAS SELECT * FROM `/S/a`"
    )
    outputs = run_transform(sql_transform, {"/S/a": [{"id": 1, "day": "monday"}]})
    assert outputs.rows() == [{"id": 1, "day": "monday"}]


@pytest.mark.parametrize(
    ("query", "line", "part"),
    [
        ("SELECT id\nFROM `/S/a`\nWHERE idd = 1", 4, "`idd` cannot be resolved. Did you mean"),
        ("SELECT id,,\n n FROM `/S/a`", 2, "Syntax error at or near ','"),
        ("SELECT id,\n  no_such(id) AS x\nFROM `/S/a`", 3, "no_such"),
        ("SELECT id FROM `/S/a`\nUNION SELECT 1, 2", 2, "same number of columns"),
    ],
)
def test_an_error_of_spark_has_the_line_of_the_file_and_no_plan(spark, query, line, part):
    with pytest.raises(SqlError) as raised:
        run_transform(transform(f"CREATE TABLE `/S/out` AS\n{query}"), {"/S/a": [{"id": 1}]})
    written = f"CREATE TABLE `/S/out` AS\n{query}".splitlines()[line - 1].strip()
    assert raised.value.location == f"{FILE}:{line}\n    {written}"
    assert part in str(raised.value)
    assert "Project" not in str(raised.value) and "== SQL" not in str(raised.value)


def test_an_error_on_a_row_has_the_line_of_the_expression(spark):
    text = "SET spark.sql.ansi.enabled = true;\nCREATE TABLE `/S/out` AS\nSELECT id,\n  id / zero AS x\nFROM `/S/a`"
    with pytest.raises(SqlError, match=r"^\[DIVIDE_BY_ZERO\]") as raised:
        run_transform(transform(text), {"/S/a": [{"id": 1, "zero": 0}]})
    assert raised.value.location.startswith(f"{FILE}:4\n")


@pytest.mark.parametrize(
    ("text", "location", "message"),
    [
        (
            "[UNRESOLVED_COLUMN] A column `x` cannot be resolved. SQLSTATE: 42703; line 2 pos 7;\n'Project ['x]\n",
            f"{FILE}:2\n    SELECT x",
            "[UNRESOLVED_COLUMN] A column `x` cannot be resolved. SQLSTATE: 42703",
        ),
        (
            "\n[PARSE_SYNTAX_ERROR] Syntax error at or near ','. SQLSTATE: 42601 (line 2, pos 9)\n\n== SQL ==\n…\n",
            f"{FILE}:2\n    SELECT x",
            "[PARSE_SYNTAX_ERROR] Syntax error at or near ','. SQLSTATE: 42601",
        ),
        (
            "An error occurred while calling o1.parquet.\n: org.apache.spark.SparkException: [SCALAR_SUBQUERY] More "
            "than one row.\n== SQL (line 2, position 8) ==\nSELECT x\n",
            f"{FILE}:2\n    SELECT x",
            "[SCALAR_SUBQUERY] More than one row.",
        ),
        (
            '[MISSING_AGGREGATION] The expression "n" is not grouped.;\nAggregate [id#0], [id#0, n#1]\n',
            f"{FILE}:1",
            '[MISSING_AGGREGATION] The expression "n" is not grouped.',
        ),
    ],
)
def test_texts_of_both_lines_of_spark_are_understood(text, location, message):
    error = type("AnalysisException", (Exception,), {})(text)
    statement = transform("CREATE TABLE `/S/out` AS\nSELECT x").statement
    problem = sql_error(error, statement, FILE)
    assert (problem.location, str(problem)) == (location, message)


def test_an_error_that_is_not_about_the_statement_stays_as_it_is():
    assert (
        sql_error(OSError("No space left on device"), transform("CREATE TABLE `/S/x` AS SELECT 1").statement, FILE)
        is None
    )


def test_an_error_of_the_statement_is_one_of_the_compute_function():
    assert issubclass(SqlError, ComputeError)
