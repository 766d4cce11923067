# ruff: noqa: E501  (messages as they are printed)
"""Mappings: what they may say, and the messages about mistakes."""

import re
import tomllib
from datetime import date
from pathlib import Path

import pytest

from transforms.revops.crm.mapping_file import parse_mapping, reference


def message_of(text):
    with pytest.raises(ValueError) as error:
        parse_mapping(tomllib.loads(text), text, "mine.toml")
    return str(error.value)


def test_the_shipped_mapping_of_the_maven_export_is_right(maven):
    mapping = parse_mapping(maven)
    assert (mapping.today, mapping.date_format, mapping.quota) == (date(2017, 12, 31), "M/D/YYYY", 85_000.0)
    assert set(mapping.sources()) == {"opportunities", "reps", "accounts", "products"}


def test_reps_accounts_products_and_the_quota_may_be_missing(maven):
    for key in ("reps", "accounts", "products", "quota"):
        del maven[key]
    assert set(parse_mapping(maven).sources()) == {"opportunities"}


MISTAKES = {
    "today is no date": ("today = 2017-12-31", 'today = "31.12."', 9, "today: is '31.12.'"),
    "an unknown date format": ('date_format = "M/D/YYYY"', 'date_format = "MM.DD"', 10, "date_format: is 'MM.DD': choose one of"),
    "a quota of nothing": ("quota = 85000", "quota = 0", 11, "quota: is 0: input should be greater than 0"),
    "an unknown key": ("quota = 85000", "colour = 1", 11, "colour: means nothing here: remove it, or choose one of loader"),
    "a column that is a number": ('id = "opportunity_id"', "id = 7", 24, "opportunities.columns.id: has to be a column's name"),
    "an unknown field": ('id = "opportunity_id"', 'id = "opportunity_id"\ncolour = "x"', 25, "opportunities.columns.colour: means nothing here: remove it, or choose one of id, stage"),
    "an unknown stage of ours": ('Engaging = "Discovery"', 'Engaging = "Talking"', 38, "opportunities.stages.Engaging: is 'Talking': choose one of 'Prospecting'"),
    "a field that is missing": ('id = "opportunity_id"', "", 23, "opportunities.columns.id: is missing: add it"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_reported_with_file_line_and_key(maven_text, mistake):
    right, wrong, line, expected = MISTAKES[mistake]
    text = maven_text.replace(right, wrong, 1)
    assert f"mine.toml:{line}: {expected}" in message_of(text)


def test_all_mistakes_are_reported_at_once(maven_text):
    text = maven_text.replace("quota = 85000", "quota = 0").replace('date_format = "M/D/YYYY"', 'date_format = "?"')
    assert len(message_of(text).splitlines()) == 2


def test_list_prices_without_a_product_of_deals_are_a_mistake(maven):
    del maven["opportunities"]["columns"]["product"], maven["opportunities"]["corrections"]
    with pytest.raises(ValueError, match=re.escape("opportunities.columns.product is missing: [products] is of use")):
        parse_mapping(maven)


def test_the_reference_names_every_field_of_a_deal():
    text = reference()
    assert "| `stage` | needed; stage, a key of [opportunities.stages] |" in text
    assert all(
        f"### [{name}" in text for name in ("opportunities", "activities", "stage_history", "contacts", "quotas")
    )


def test_the_page_of_the_documentation_has_the_reference():
    page = Path(__file__).parents[3] / "docs/crm-mapping.md"
    assert reference() in page.read_text(encoding="utf-8")
