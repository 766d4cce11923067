"""What lint finds in SQL files."""

from pathlib import Path

import pytest

from transforms_api.porting.lint.check import check_sql
from transforms_api.project.sql_files import parse_sql


def findings(query, head="CREATE TABLE `/S/x` AS\n"):
    return [
        (finding.line, finding.column, finding.code) for finding in check_sql(parse_sql(Path("x.sql"), head + query))
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT 1 AS id\nWHERE day > current_date()", [(3, 13, "F202")]),
        ("SELECT DATEDIFF(CURRENT_DATE, day) AS age FROM `/S/a`", [(2, 17, "F202")]),
        ("SELECT current_timestamp() AS built_at, now() n, CURRENT_DATE FROM `/S/a`", []),
        ("SELECT unix_timestamp(day) - 1 AS seconds FROM `/S/a`", []),
        ("SELECT rand() AS r, rand(7) AS s, uuid() AS u FROM `/S/a`", [(2, 8, "F204"), (2, 35, "F204")]),
        ("SELECT monotonically_increasing_id() AS id FROM `/S/a`", [(2, 8, "F205")]),
        ("SELECT try_parse_json(text) AS j FROM `/S/a`", [(2, 8, "F401")]),
        ("SELECT 'now() rand()' AS t, `rand` FROM `/S/a` -- rand()", []),
    ],
)
def test_clocks_draws_and_new_functions_are_found_at_their_place(query, expected):
    assert findings(query) == expected


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("CREATE TABLE `/S/x` AS SELECT 1 AS id;\nCREATE TABLE `/S/y` AS SELECT 1 AS id", 2),
        ("CREATE TABLE `/S/x` AS\nSELECT * FROM /S/a", 2),
        ("CREATE OR REPLACE TABLE `/S/x` AS SELECT 1 AS id", 1),
    ],
)
def test_what_foundry_refuses_is_found(text, line):
    assert (line, 1, "F701") in findings(text, head="")


def test_a_comment_suppresses_a_finding_on_its_line_and_one_that_suppresses_nothing_is_found():
    assert findings("SELECT rand() AS r -- lint: ignore[F204]") == []
    assert findings("SELECT 1 AS r -- lint: ignore[F204]") == [(2, 15, "F901")]


def test_a_statement_as_foundry_has_them_has_no_findings():
    assert findings("SELECT /*+ REPARTITION(1) */ * FROM `/S/a` LIMIT 5;") == []
