"""How the pipeline's tests run a transform: in memory, on the rows that they state. `built` has run it as a job."""

import importlib
import pkgutil

import duckdb
import pytest
from deltalake import DeltaTable


@pytest.fixture(scope="session")
def run(compute_transform):
    """run(transform, name=rows or parameter value, …) → the rows that it writes to its only output.

    Datasets that the transform does not read may be among the rows: every transform is called with all of the story's.
    """

    def run_on(transform, **given):
        inputs = {name: given[name] for name in transform.inputs}
        parameters = {name: given[name] for name in transform.parameters if name in given}
        return compute_transform(transform, inputs, **parameters).only

    return run_on


@pytest.fixture(scope="session")
def run_job(run_transform):
    """run_job(transform, name=rows, …) → the same as a job of a build writes it: to files, and read from them."""

    def run_on(transform, **given):
        inputs = {name: given[name] for name in transform.inputs}
        parameters = {name: given[name] for name in transform.parameters if name in given}
        return run_transform(transform, inputs, checks=False, **parameters).only

    return run_on


@pytest.fixture(scope="session")
def story(run):
    """The demo scenario at its usual 500 opportunities: dataset path → DataFrame."""
    datasets = {}
    for package in ("scenario", "reference"):
        folder = importlib.import_module(f"transforms.revops.{package}")
        for module in pkgutil.iter_modules(folder.__path__, f"{folder.__name__}."):
            compute = getattr(importlib.import_module(module.name), "compute", None)
            if compute is not None:
                [output] = compute.outputs.values()
                datasets[output.alias] = run(compute).localCheckpoint()
    return datasets


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
        return sorted((str(key), one, other) for key, (one, other) in pairs.items() if not alike(one, other))

    return compare


def alike(one, other):
    """Return whether two figures are equal, numbers to a millionth."""
    if isinstance(one, int | float) and isinstance(other, int | float):
        return abs(one - other) <= 1e-6 * max(1, abs(one), abs(other))
    return one == other
