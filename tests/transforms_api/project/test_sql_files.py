"""What a SQL file says, read without Spark."""

import textwrap
from pathlib import Path

import pytest

from transforms_api.project.sql_files import parse_sql, read_sql_file

RID = "ri.foundry.main.dataset.11111111-2222-3333-4444-555555555555"


def parsed(text, name="totals.sql"):
    return parse_sql(Path(name), textwrap.dedent(text))


def statement(text, name="totals.sql"):
    file = parsed(text, name)
    assert file.problems == ()
    [sql_statement] = file.statements
    return sql_statement


def problem(text):
    file = parsed(text)
    assert file.statements == ()
    [sql_problem] = file.problems
    return sql_problem


def reads(text):
    return [(reference.name, reference.line) for reference in statement(text).inputs]


def deviations(text):
    return [(deviation.line, deviation.text) for deviation in parsed(text).deviations]


def test_the_statement_is_called_as_its_file_and_writes_the_table_that_it_creates():
    table = statement("CREATE TABLE `/Shop/totals` AS SELECT * FROM `/Shop/orders`", "monthly totals.sql")
    assert (table.name, table.output.name, table.output.line) == ("monthly totals", "/Shop/totals", 1)


def test_inputs_are_the_paths_and_rids_in_backticks_with_their_lines_each_once():
    text = f"""\
        create table `/Shop/totals` as
        with orders as (select * from `/Shop/raw/Bestellungen: Größe & Co. [neu]`)
        select o.*, r.name
        from orders o
          left join `{RID}` r on r.id = o.region
          left join `/Shop/raw/Bestellungen: Größe & Co. [neu]` again on again.id = o.id
        """
    assert reads(text) == [("/Shop/raw/Bestellungen: Größe & Co. [neu]", 2), (RID, 5)]


def test_a_table_after_a_comma_is_an_input_and_a_column_that_looks_like_a_path_is_none():
    text = """\
        CREATE TABLE `/S/x` AS
        SELECT a.id, a.n / b.n AS `/ratio`, `/S/b`.id AS other FROM `/S/a` a, `/S/b`
        """
    assert reads(text) == [("/S/b", 2), ("/S/a", 2)]


def test_a_table_expression_that_is_called_like_a_path_is_no_input():
    text = "CREATE TABLE `/S/x` AS WITH `/S/local` AS (SELECT * FROM `/S/a`) SELECT * FROM `/S/local`"
    assert reads(text) == [("/S/a", 1)]


def test_table_expressions_are_known_by_any_spelling_of_their_names():
    query = "WITH `my part` (id) AS (SELECT 1), Other AS (SELECT 2) SELECT * FROM `My Part`, other"
    assert reads(f"CREATE TABLE `/S/x` AS {query}") == []


@pytest.mark.parametrize(
    "query",
    [
        "TABLE `/S/a`",
        "FROM `/S/a` SELECT id",
        "(SELECT * FROM (`/S/a`))",
        "SELECT * FROM (FROM `/S/a` SELECT id) x, LATERAL (SELECT x.id) y",
        "WITH x AS (WITH y AS (TABLE `/S/a`) SELECT * FROM y) SELECT * FROM x",
        "SELECT x.id FROM`/S/a`x NATURAL JOIN (VALUES (1)) v (id)",
        "SELECT r'\\d', \"it's\", 'multi\nline x', 1L, X'1F' FROM `/S/a` TABLESAMPLE (5 ROWS) -- it's `/S/b`",
    ],
)
def test_a_table_is_found_in_every_form_of_a_query(query):
    [read] = reads(f"CREATE TABLE `/S/x` AS {query}")
    assert read[0] == "/S/a"


def test_names_in_comments_and_texts_are_no_inputs():
    text = """\
        /* FROM `/S/old` */
        CREATE TABLE `/S/x` AS -- JOIN `/S/older`
        SELECT 'FROM `/S/text`' AS t, "it's `/S/quoted`; -- no" AS u FROM `/S/a`
        """
    assert reads(text) == [("/S/a", 3)]


def test_functions_with_from_and_functions_of_tables_name_no_tables():
    text = """\
        CREATE TABLE `/S/x` AS
        SELECT EXTRACT(YEAR FROM day) AS y, TRIM(BOTH ' ' FROM name) AS n, a IS DISTINCT FROM b AS d
        FROM `/S/a` JOIN range(10) LATERAL VIEW explode(tags) t AS tag
        """
    assert reads(text) == [("/S/a", 3)]


def test_inputs_of_sql_that_sqlglot_cannot_parse_are_the_names_where_tables_stand():
    text = """\
        CREATE TABLE `/S/x` AS
        SELECT TRANSFORM (a, `/S/b`.id) USING 'cat' ) AS (x) FROM `/S/a`, `/S/b`
        """
    assert reads(text) == [("/S/a", 2), ("/S/b", 2)]


def test_the_query_stays_at_its_lines_and_columns():
    text = "-- totals\nCREATE TABLE `/S/x` AS SELECT 1 AS id;\n-- end\n"
    assert statement(text).query == f"{' ' * 9}\n{' ' * 23}SELECT 1 AS id"


@pytest.mark.parametrize("end", ["", ";", " ;\n\n", ";;\n-- done", ";\n/* done */"])
def test_a_semicolon_and_comments_at_the_end_are_no_part_of_the_statement(end):
    assert statement(f"CREATE TABLE `/S/x` AS SELECT 1 AS id{end}").source.endswith("AS id")


def test_hints_are_part_of_the_query_and_of_the_normalised_text():
    table = statement("CREATE TABLE `/S/x` AS SELECT /*+ REPARTITION(1) */ * FROM `/S/a`")
    assert "/*+ REPARTITION(1) */" in table.query
    assert "/*+ REPARTITION(1) */" in table.normalised


def test_comments_and_layout_do_not_change_the_normalised_text():
    written = statement("CREATE TABLE `/S/x` AS SELECT a.id,1L AS n FROM `/S/a` a WHERE t='x  y'")
    laid_out = statement(
        """\
        -- what this is for
        CREATE TABLE `/S/x` AS
        SELECT
            a.id, -- the key
            1L AS n
        FROM `/S/a` a /* all of
            them */
        WHERE t = 'x  y';
        """
    )
    assert laid_out.normalised == written.normalised


@pytest.mark.parametrize("changed", ["'x y'", "'X  y'", "`x  y`", '"x  y"', "'x  y' OR true"])
def test_another_literal_changes_the_normalised_text(changed):
    before = statement("CREATE TABLE `/S/x` AS SELECT * FROM `/S/a` WHERE t = 'x  y'")
    after = statement(f"CREATE TABLE `/S/x` AS SELECT * FROM `/S/a` WHERE t = {changed}")
    assert after.normalised != before.normalised


@pytest.mark.parametrize(
    "clause",
    [
        "TBLPROPERTIES (foundry_transform_profiles = 'A, B')",
        "tblproperties ( 'foundry_transform_profile' = 'A,B' )",
        "TBLPROPERTIES (\"foundry_transform_profiles\" 'A , B', owner = 'me')",
    ],
)
def test_profiles_are_those_of_either_table_property(clause):
    assert statement(f"CREATE TABLE `/S/x` {clause} AS SELECT 1 AS id").profiles == ("A", "B")


def test_clauses_of_the_table_are_recorded():
    table = statement(
        """\
        CREATE TABLE `/S/x`
        USING CSV OPTIONS (header = 'true', a.b = 1, compact true)
        PARTITIONED BY (day, `the region`) CLUSTERED BY (id) INTO 4 BUCKETS LOCATION '/tmp' COMMENT 'Daily totals'
        TBLPROPERTIES (owner = 'me')
        AS SELECT * FROM `/S/a`
        """
    )
    assert (table.format, table.options) == ("csv", {"header": "true", "a.b": "1", "compact": "true"})
    assert (table.partitions, table.properties) == (("day", "the region"), {"owner": "me"})
    assert table.description == "Daily totals"


def test_the_comment_before_the_statement_describes_it():
    assert statement("/*\n * Totals.\n * One row a day.\n */\nCREATE TABLE `/S/x` AS SELECT 1 AS id").description == (
        "Totals.\nOne row a day."
    )


@pytest.mark.parametrize(
    "query", ["SELECT 1 AS id", "AS (SELECT 1 AS id)", "(SELECT 1 AS id)", "AS WITH a AS (SELECT 1) SELECT * FROM a"]
)
def test_the_query_may_be_in_parentheses_or_without_as(query):
    assert statement(f"CREATE TABLE `/S/x` {query}").query.strip() == query.removeprefix("AS ")


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(tmp_path):
    plain, windows = tmp_path / "plain" / "x.sql", tmp_path / "windows" / "x.sql"
    text = "CREATE TABLE `/S/x` AS\nSELECT 1 AS id\nFROM `/S/größe`\n"
    for file, content in ((plain, text.encode()), (windows, text.replace("\n", "\r\n").encode("utf-8-sig"))):
        file.parent.mkdir()
        file.write_bytes(content)
    assert read_sql_file(windows).statements == read_sql_file(plain).statements


def test_a_file_in_utf_16_is_read_and_one_in_latin_1_is_a_problem_with_its_line(tmp_path):
    file = tmp_path / "x.sql"
    file.write_bytes("CREATE TABLE `/S/x` AS SELECT 'ä' AS a".encode("utf-16"))
    assert len(read_sql_file(file).statements) == 1
    file.write_bytes("CREATE TABLE `/S/x` AS\nSELECT 'ä' AS a".encode("latin-1"))
    [sql_problem] = read_sql_file(file).problems
    assert (sql_problem.line, "UTF-8" in sql_problem.text) == (2, True)


@pytest.mark.parametrize("text", ["", "\n\n", "-- only this\n", "/* CREATE TABLE `/S/x` AS SELECT 1 */", ";;"])
def test_a_file_without_a_statement_has_neither_statements_nor_problems(text):
    file = parsed(text)
    assert (file.statements, file.problems) == ((), ())


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("-- x\nCREATE TABLE `/S/x` (id INT, name STRING)", 2, "without AS SELECT"),
        ("CREATE TABLE `/S/x`", 1, "without AS SELECT"),
        ("CREATE TABLE `/S/x` AS", 1, "without AS SELECT"),
        ("CREATE TABLE `/S/x`\n(id INT)\nAS SELECT 1", 2, "takes no list of columns"),
        ("CREATE TABLE `/S/x` AS\nSELECT * FROM `/S/../a`", 2, "would leave its folder"),
        ("CREATE TABLE `/S/x` AS\nSELECT *\nFROM `ri.foundry.main.folder`", 3, "is no Foundry path"),
        ("CREATE TABLE `/S/x` AS\nSELECT *\nFROM orders", 3, "FROM orders names no dataset"),
        ("CREATE TABLE `/S/x` AS\nSELECT *\nFROM `S/orders`", 3, "FROM `S/orders` names no dataset"),
        ("CREATE TABLE `/S/x` AS\nSELECT *\nFROM parquet.`/S/orders`", 3, "FROM parquet.`/S/orders` names no dataset"),
        ("CREATE TABLE `/S/x` AS WITH a AS (SELECT 1)\nSELECT * FROM b", 2, "The statement defines a."),
    ],
)
def test_a_statement_that_is_no_transform_is_a_problem_at_its_line_and_hides_its_output(text, line, part):
    sql_problem = problem(text)
    assert (sql_problem.line, sql_problem.hides) == (line, {"/S/x"})
    assert part in sql_problem.text


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("CREATE TABLE\norders AS SELECT 1", 2, "orders is not the name of a dataset"),
        ("CREATE TABLE `S/orders` AS SELECT 1", 1, "`S/orders` is not the name of a dataset"),
        ("CREATE TABLE db.`/S/orders` AS SELECT 1", 1, "db is not the name"),
        ("CREATE TABLE", 1, "ends without the name"),
        ("\n\nSELECT 'open\n FROM x", 3, "quote ' in this line is not closed"),
        ("SELECT 1\n/* open\n\n", 2, "comment in this line is not closed"),
        ("CREATE TABLE `/S/x` AS\nSELECT * FROM `/S/open", 2, "quote ` in this line is not closed"),
        ("CREATE TABLE `/S/x` AS\nSELECT * FROM {{ ref('orders') }}", 2, "template (Jinja)"),
        ("{% macro a() %}\nCREATE TABLE `/S/x` AS SELECT 1", 1, "template (Jinja)"),
        ("DROP TABLE orders", 1, "DROP TABLE is no transform"),
    ],
)
def test_a_file_without_a_table_to_create_is_a_problem_at_its_line(text, line, part):
    sql_problem = problem(text)
    assert (sql_problem.line, part in sql_problem.text) == (line, True), sql_problem


def test_braces_in_texts_and_comments_are_no_template():
    assert statement("-- {{ x }}\nCREATE TABLE `/S/x` AS SELECT '{{ y }}' AS t, \"{% z %}\" AS u").name == "totals"


def test_another_statement_about_a_dataset_hides_it():
    assert problem("INSERT INTO `/S/x` SELECT 1").hides == {"/S/x"}


def test_a_query_by_itself_is_a_warning():
    sql_problem = problem("\nSELECT * FROM `/S/a`")
    assert (sql_problem.line, sql_problem.is_warning) == (2, True)


def test_several_statements_in_a_file_are_several_transforms_called_as_their_outputs():
    file = parsed("CREATE TABLE `/S/x` AS SELECT 1 AS id;\nCREATE TABLE `/S/the y` AS SELECT 2 AS id;")
    assert [(sql_statement.name, sql_statement.line) for sql_statement in file.statements] == [("x", 1), ("the y", 2)]
    assert [deviation.line for deviation in file.deviations] == [2]


def test_statements_that_prepare_the_session_belong_to_the_statements_after_them():
    table = statement(
        """\
        SET spark.sql.ansi.enabled = true;
        CREATE OR REPLACE TEMPORARY VIEW recent AS SELECT * FROM `/S/a`;
        CREATE TABLE `/S/x` AS SELECT * FROM recent JOIN `/S/b` USING (id);
        """
    )
    assert [text.strip().split()[0] for text in table.preparation] == ["SET", "CREATE"]
    assert [reference.name for reference in table.inputs] == ["/S/a", "/S/b"]
    assert table.normalised.startswith("SET spark . sql . ansi . enabled = true; CREATE OR REPLACE")


def test_unquoted_names_of_datasets_work_here_and_are_deviations():
    text = f"CREATE TABLE /S/x AS\nSELECT a.n / b.n AS r FROM /S/raw-data/a a JOIN {RID} b"
    table = statement(text)
    assert (table.output.name, [input_.name for input_ in table.inputs]) == ("/S/x", ["/S/raw-data/a", RID])
    assert table.query.strip() == f"SELECT a.n / b.n AS r FROM `/S/raw-data/a` a JOIN `{RID}` b"
    assert [line for line, _ in deviations(text)] == [1, 2, 2]


@pytest.mark.parametrize(
    "verb", ["CREATE OR REPLACE TABLE", "CREATE TABLE IF NOT EXISTS", "CREATE VIEW", "CREATE EXTERNAL TABLE"]
)
def test_other_ways_to_create_a_table_work_here_and_are_deviations(verb):
    text = f"{verb} `/S/x` AS SELECT 1 AS id"
    assert statement(text).output.name == "/S/x"
    [(line, message)] = deviations(text)
    assert (line, message.startswith(f"{verb} makes a dataset")) == (1, True)


@pytest.mark.parametrize(
    ("query", "inputs"),
    [
        ("WITH `/S/a` AS (SELECT * FROM `/S/a` WHERE id > 1) SELECT * FROM `/S/a`", ["/S/a"]),
        ("SELECT * FROM (WITH `/S/b` AS (SELECT 1 AS id) SELECT * FROM `/S/b`) one JOIN `/S/b` USING (id)", ["/S/b"]),
        ("WITH `/S/b` AS (SELECT 1 AS id), c AS (SELECT * FROM `/S/B`) SELECT * FROM c", []),
        ("WITH c AS (SELECT * FROM `/S/b`), `/S/b` AS (SELECT 1 AS id) SELECT * FROM c JOIN `/S/b`", ["/S/b"]),
        ("WITH RECURSIVE `/S/r` AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM `/S/r`) SELECT * FROM `/S/r`", []),
        ("WITH `/S/r` (SELECT 1 AS n) SELECT * FROM `/S/r`", []),
        ("WITH r (SELECT * FROM `/S/a`) SELECT * FROM r", ["/S/a"]),
    ],
)
def test_a_table_expression_hides_a_dataset_of_its_name_only_where_it_is_visible(query, inputs):
    assert [name for name, _ in reads(f"CREATE TABLE `/S/x` AS {query}")] == inputs


@pytest.mark.parametrize(
    "tables", ["/S/a, /S/b", "(/S/a) JOIN (/S/b)", "/S/a/* first */ JOIN /S/b-- second", "/S/a/ x, /S/b/ y"]
)
def test_names_without_backticks_are_inputs_in_every_position_of_a_table(tables):
    names = [name.rstrip("/") for name, _ in reads(f"CREATE TABLE `/S/x` AS SELECT 1 / 2 AS half FROM {tables}")]
    assert names == ["/S/a", "/S/b"]


@pytest.mark.parametrize("variable", ["${day}", "${hivevar:day}"])
def test_a_variable_without_a_value_is_a_problem_because_spark_would_read_nothing_in_its_place(variable):
    sql_problem = problem(f"CREATE TABLE `/S/x` AS\nSELECT *\nFROM `/S/a` WHERE day = '{variable}'")
    assert (sql_problem.line, sql_problem.hides) == (3, {"/S/x"})
    assert sql_problem.text.startswith(f"nothing gives {variable} a value") and "SET day = …" in sql_problem.text


@pytest.mark.parametrize(
    "text",
    [
        "SET day = 2024; CREATE TABLE `/S/x` AS SELECT '${day}' AS day",
        "SET hivevar:day = 2024; CREATE TABLE `/S/x` AS SELECT ${hivevar:day} AS day",
        "SET spark.sql.variable.substitute = false; CREATE TABLE `/S/x` AS SELECT '${day}' AS day",
        "CREATE TABLE `/S/x` AS SELECT '${spark.sql.session.timeZone}' AS zone -- not ${day}",
        "CREATE TABLE `/S/x` AS SELECT regexp_replace(name, '[$]{2}$', '{}') AS name FROM `/S/a`",
    ],
)
def test_variables_with_a_value_and_signs_that_are_none_are_no_problem(text):
    assert statement(text).output.name == "/S/x"


@pytest.mark.parametrize("name", ["/S/${env}/a", "/S/{{ env }}/a"])
@pytest.mark.parametrize(
    "text", ["CREATE TABLE `/S/x` AS\nSELECT * FROM `{}`", "\nCREATE TABLE `{}` AS SELECT 1 AS id"]
)
def test_names_of_datasets_take_no_variables_and_no_templates(text, name):
    assert problem("SET env = test;" + text.replace("{}", name)).line == 2


@pytest.mark.parametrize("name", ["'/S/a'", '"/S/a"', '"ri.foundry.main.dataset.1-2"'])
def test_a_dataset_in_quotes_instead_of_backticks_is_a_problem(name):
    sql_problem = problem(f"CREATE TABLE `/S/x` AS\nSELECT trim(LEADING '/' FROM '/b') AS b FROM\n{name}")
    assert (sql_problem.line, sql_problem.text.partition(" is a text")[0]) == (3, name)


@pytest.mark.parametrize(
    ("query", "inputs"),
    [
        ("SELECT a >>> 3, `/n`, f(`/m`, `/S/a`.id) FROM `/S/a` WHERE `/k` IN (1, `/l`)", ["a"]),
        (
            "SELECT a >>> 3 FROM `/S/a` a, `/S/b`, (SELECT x, `/n` FROM `/S/c`) c, `/S/d` ORDER BY x, `/m`",
            ["a", "b", "c", "d"],
        ),
        (
            "SELECT 8>>>3 FROM (`/S/a` JOIN `/S/b` ON `/n`), LATERAL (SELECT 1), `/S/c` UNION SELECT `/m` FROM `/S/d`",
            ["a", "b", "c", "d"],
        ),
    ],
)
def test_a_column_that_looks_like_a_path_is_no_input_in_sql_that_only_spark_can_parse(query, inputs):
    assert [name.removeprefix("/S/") for name, _ in reads(f"CREATE TABLE `/S/x` AS {query}")] == inputs
