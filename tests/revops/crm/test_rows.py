"""Rows of a file: named, then used or rejected."""

import json
import re

import pytest
from chispa import assert_df_equality
from pyspark.sql import functions as F

from transforms.revops.crm.mapping import SourceFile
from transforms.revops.crm.rows import judged, key_rules, named_rows, no_rows, rejected, usable

REPS = SourceFile("reps", "team.csv", {"id": "Rep No.", "region": "Area"}, {"region": {"Wset": "West"}})


def test_cells_come_under_our_names_trimmed_corrected_and_null_without_a_column(exported):
    file = exported(["Rep No.", "Area", "Car"], ("7 ", "Wset", "red"))
    [row] = named_rows(file, REPS).collect()
    assert row.text.asDict() == {"id": "7", "name": None, "manager": None, "region": "West"}


def test_a_row_keeps_its_number_and_all_its_cells_as_they_were_read(exported):
    file = exported(["Rep No.", "Area", "Car"], ("7", "West", "red"), ("8 ", "Wset", None))
    last = named_rows(file, REPS).where("row_number = 2").collect()[0]
    assert json.loads(last.row) == {"Rep No.": "8 ", "Area": "Wset", "Car": None}


def test_a_column_that_the_file_lacks_is_named_with_those_it_has(exported):
    file = exported(["Rep No.", "Territory"], ("7", "West"))
    message = (
        "reps.columns.region names the column 'Area', which team.csv does not have: choose one of Rep No., Territory"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        named_rows(file, REPS)


def test_a_missing_file_stands_in_as_one_without_rows(spark, exported):
    given = named_rows(exported(["Rep No.", "Area"]), REPS)
    assert_df_equality(no_rows(spark, "reps"), given, ignore_nullable=True)


def test_of_rows_with_one_id_the_first_is_used_and_rows_without_id_are_not(text_rows):
    rows = text_rows("reps", {"id": "a"}, {"id": None}, {"id": "a"}, {"id": "b"}, {"id": None})
    reasons = {row.row_number: row.reason for row in judged(rows, key_rules()).collect()}
    assert reasons == {
        1: None,
        2: "it has no id",
        3: "an earlier row has the same id",
        4: None,
        5: "it has no id",
    }


def test_the_first_rule_that_a_row_breaks_is_its_reason(text_rows):
    unknown = F.lit(None).cast("boolean")
    rules = [(F.lit(False), "never"), (unknown, "perhaps"), (F.lit(True), "this"), (F.lit(True), "that")]
    assert [row.reason for row in judged(text_rows("reps", {"id": "a"}), rules).collect()] == ["this"]


def test_every_row_is_either_usable_or_rejected(text_rows, export):
    rows = judged(text_rows("reps", {"id": "a"}, {"id": "a"}, {"id": "b"}), key_rules())
    assert (usable(rows).count(), rejected(rows, REPS, export).count()) == (2, 1)


def test_a_reject_says_where_it_stood_and_what_was_in_it(spark, text_rows, export):
    rows = judged(text_rows("reps", {"id": "a"}, {"id": "a"}), key_rules())
    expected = spark.createDataFrame(
        [("team.csv", 2, "an earlier row has the same id", "row 2", *[export.today] * 3)],
        "source_file string, row_number long, reason string, row string, "
        "created_at date, updated_at date, data_freshness date",
    )
    assert_df_equality(rejected(rows, REPS, export), expected, ignore_nullable=True)
