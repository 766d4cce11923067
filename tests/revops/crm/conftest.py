"""Exports as the engine hands them to the loader, from CSV files and from rows that a test states."""

import copy
import csv
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def exported(spark):
    """exported(columns, *rows) → a file of the export: text columns and `_row_number`."""

    def file_of(columns, *rows):
        schema = ", ".join(f"`{name}` string" for name in columns) + ", _row_number long"
        return spark.createDataFrame([(*row, number) for number, row in enumerate(rows, start=1)], schema)

    return file_of


@pytest.fixture(scope="session")
def read_folder(exported):
    """read_folder(folder) → the `read` of the loader, for the CSV files of a folder."""

    def reader(folder):
        def read(file_name):
            with open(folder / file_name, newline="", encoding="utf-8") as lines:
                columns, *rows = csv.reader(lines)
            return exported(columns, *rows)

        return read

    return reader


@pytest.fixture(scope="session")
def _maven():
    try:
        import tomllib
    except ModuleNotFoundError:
        import tomli as tomllib
    return tomllib.loads((REPOSITORY / "conf/import/maven_crm.toml").read_text(encoding="utf-8"))


@pytest.fixture
def maven(_maven):
    """The mapping conf/import/maven_crm.toml, to change as a test likes."""
    return copy.deepcopy(_maven)


@pytest.fixture(scope="session")
def export(_maven):
    """The same mapping, parsed: today is 2017-12-31, the quota 85,000 USD."""
    from transforms.revops.crm.mapping import parse_mapping

    return parse_mapping(_maven)


@pytest.fixture(scope="session")
def sample_folder():
    """Real rows of the export, and 3 deals made up to be odd but usable, 18 rows made up to be unusable."""
    return REPOSITORY / "tests/data/crm_sample"


@pytest.fixture(scope="session")
def full_folder():
    """The whole export: 8,800 deals."""
    folder = REPOSITORY.parent / "shared/data/crm_sales_opportunities"
    if not folder.is_dir():
        pytest.skip(f"The export is not at {folder}: download it as docs/your-crm.md says and unpack it there.")
    return folder


@pytest.fixture(scope="session")
def text_rows(spark):
    """text_rows(section, {field: text, …}, …) → rows as `named_rows` returns them, `row` being 'row 1', 'row 2' …"""
    from transforms.revops.crm.rows import fields, no_rows

    def rows_of(section, *rows):
        cells = [tuple(row.get(field) for field in fields(section)) for row in rows]
        numbered = [(number, f"row {number}", text) for number, text in enumerate(cells, start=1)]
        return spark.createDataFrame(numbered, no_rows(spark, section).schema)

    return rows_of
