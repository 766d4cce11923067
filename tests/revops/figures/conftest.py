"""The demo's warehouse in DuckDB, and how a recomputed figure is compared with the published one."""

import duckdb
import pytest
from deltalake import DeltaTable


@pytest.fixture(scope="module")
def figures(built):
    """The demo's warehouse in DuckDB: a view for each dataset, by the last part of its path, and `today` with its day.

    Macros: half_up(x) rounds halves up, clamp(x) keeps x between 0 and 1. Tests recompute figures here, in SQL of their
    own, by the definitions of docs/metrics.md.
    """
    database = duckdb.connect()
    for log in sorted((built[0] / "master" / "RevOps").glob("*/*/_delta_log")):
        files = ", ".join(f"'{file}'" for file in DeltaTable(str(log.parent)).file_uris())
        if files:
            database.execute(f"CREATE VIEW {log.parent.name} AS FROM read_parquet([{files}], union_by_name = true)")
    database.execute("CREATE VIEW today AS SELECT max(data_freshness) AS day FROM opportunities")
    database.execute("CREATE MACRO half_up(x) AS floor(round(x, 6) + 0.5)")
    database.execute("CREATE MACRO clamp(x) AS greatest(0, least(1, x))")
    yield database
    database.close()


@pytest.fixture(scope="module")
def recomputed(figures, request):
    """The demo's warehouse with the views of the definitions: those that the module of the test has in `VIEWS`."""
    figures.execute(request.module.VIEWS)
    return figures


@pytest.fixture(scope="session")
def differences():
    """differences(database, recomputed, published) → the rows in which two queries differ, as (key, one, other).

    Both have a key in all columns but the last, and the figure in the last. Numbers may differ by a millionth.
    """

    def rows_of(database, query):
        return {tuple(row[:-1]): row[-1] for row in database.execute(query).fetchall()}

    def compare(database, recomputed, published):
        ours, theirs = rows_of(database, recomputed), rows_of(database, published)
        assert ours, "the recomputation has no row"
        missing = object()
        pairs = {key: (ours.get(key, missing), theirs.get(key, missing)) for key in ours.keys() | theirs.keys()}
        return sorted((str(key), actual, other) for key, (actual, other) in pairs.items() if not alike(actual, other))

    return compare


def alike(value, other):
    """Return whether two figures are equal, numbers to a millionth."""
    if isinstance(value, int | float) and isinstance(other, int | float):
        return abs(value - other) <= 1e-6 * max(1, abs(value), abs(other))
    return value == other
