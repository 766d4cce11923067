"""tests/data/warehouse_0_1 was written by version 0.1.0 before commits and records had types of their own.

Its history: /Shop/deals was imported (10 + 5), appended to (7), replaced by a wrong file (-1) and restored; after each
step /Shop/totals was built from it. On the branch `feature` both datasets continue those of master by a deal of 1. The
last build on `feature` was killed between the record of its commit and the commit.
"""

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import polars
import pytest

from transforms.api import Check, Input, Output, incremental, transform
from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.job import run_job
from transforms_api.builds.plan import why_stale
from transforms_api.expectations import builders as E
from transforms_api.project import CodeFingerprint
from transforms_api.warehouse.history import read_history
from transforms_api.warehouse.multi_table_commit import recover
from transforms_api.warehouse.provenance import InputVersion, ParentVersion
from transforms_api.warehouse.transaction import StagedCommit
from transforms_api.warehouse.warehouse import Warehouse

WRITTEN = Path(__file__).parents[2] / "data" / "warehouse_0_1"
RECORDED = CodeFingerprint({"shop": "6b122a25c96182d0"}, {"transforms": "0.1.0"})


@incremental()
@transform.using(
    deals=Input("/Shop/deals"),
    out=Output("/Shop/totals", checks=Check(E.col("amount").gte(0), "amount is not negative", on_error="WARN")),
)
def totals(deals, out):
    out.write_table(deals.polars().group_by("stage").agg(polars.col("amount").sum()).sort("stage"))


totals.__module__ = "shop"


@pytest.fixture
def master(tmp_path):
    return Warehouse(Path(shutil.copytree(WRITTEN, tmp_path / "warehouse")))


@pytest.fixture
def feature(master):
    return replace(master, branch="feature", fallback_branches=("master",))


@dataclass(frozen=True)
class Logic:
    """Stands for the project's code: every transform has this fingerprint."""

    fingerprint: CodeFingerprint

    def of(self, _):
        return self.fingerprint


def environment(warehouse, logic=RECORDED):
    return BuildEnvironment(lambda: pytest.fail("Spark was started"), warehouse, "a-build", logic=Logic(logic))


def rows(version):
    return sorted(polars.read_parquet(version.files).rows())


def kinds(warehouse, dataset):
    history = read_history(warehouse.latest(dataset))
    return [
        (entry.commit.branch, entry.commit.type.value, entry.commit.provenance.kind, entry.rows) for entry in history
    ]


def test_its_rows_are_read(master, feature):
    assert rows(master.latest("/Shop/deals")) == [("A", "won", 10), ("B", "lost", 5), ("C", "won", 7)]
    assert rows(master.latest("/Shop/totals")) == [("lost", 5), ("won", 17)]
    assert rows(feature.latest("/Shop/totals")) == [("lost", 5), ("open", 1), ("won", 17)]


def test_its_history_is_read_back_into_the_parent_branch(feature):
    assert kinds(feature, "/Shop/totals") == [
        ("feature", "UPDATE", "build", 3),
        ("master", "SNAPSHOT", "build", 2),
        ("master", "SNAPSHOT", "build", 1),
        ("master", "UPDATE", "build", 3),
        ("master", "SNAPSHOT", "build", 2),
    ]


def test_an_import_and_its_restore_are_read(master):
    assert kinds(master, "/Shop/deals") == [
        ("master", "SNAPSHOT", "import", 3),
        ("master", "SNAPSHOT", "import", 1),
        ("master", "APPEND", "import", 3),
        ("master", "SNAPSHOT", "import", 2),
    ]
    made = master.latest("/Shop/deals").commit.provenance
    assert (made.folder, made.restored) == ("second.csv", 1)


def test_the_provenance_of_a_build_is_read(feature):
    commit = feature.latest("/Shop/totals").commit
    read = feature.table("/Shop/deals") / "_delta_log" / f"{0:020}.json"
    imported = json.loads(json.loads(read.read_text().splitlines()[0])["commitInfo"]["userMetadata"])
    assert commit.inputs == {
        "/Shop/deals": InputVersion(branch="feature", version=0, transaction=imported["transaction"])
    }
    assert [(check.name, check.problem) for check in commit.checks] == [("amount is not negative", None)]
    assert (commit.transform, commit.provenance.semantic_version) == ("shop:totals", 1)
    assert commit.continues == ParentVersion(table="../../../master/Shop/totals", branch="master", version=3)


def test_a_violated_check_is_read(master):
    [wrong] = [entry for entry in read_history(master.latest("/Shop/totals")) if entry.commit.version == 2]
    assert [check.problem for check in wrong.commit.checks] == ["1 row breaks it"]


def test_a_dataset_built_from_the_same_code_and_inputs_is_fresh(master):
    assert why_stale(totals, environment(master)) is None


def test_a_dataset_built_from_other_code_is_stale(master):
    changed = replace(RECORDED, modules={"shop": "0000000000000000"})
    assert why_stale(totals, environment(master, changed)) == "shop has changed"


def test_a_dataset_whose_input_changed_since_is_stale(feature):
    assert why_stale(totals, environment(feature)) == "/Shop/deals has changed: version 1, was 0"


def test_its_killed_job_is_completed(feature):
    assert recover(feature.root) == ["a killed job has been completed: feature/Shop/totals"]
    assert rows(feature.latest("/Shop/totals")) == [("lost", 5), ("open", 1), ("open", 2), ("won", 17)]
    assert feature.latest("/Shop/totals").commit.build == "b5f10d20-e838-4fe1-a47e-9d8b5166d886"
    assert why_stale(totals, environment(feature)) is None


def test_an_incremental_build_completes_the_killed_job_and_has_nothing_to_add(feature):
    outcome = run_job(totals, environment(feature))
    assert outcome.notes[-1] == "ran incrementally"
    assert outcome.rows == {"/Shop/totals": 0}
    assert rows(feature.latest("/Shop/totals")) == [("lost", 5), ("open", 1), ("open", 2), ("won", 17)]


# What this version writes is what version 0.1.0 reads


def metadata(version):
    log = version.table / "_delta_log" / f"{version.version:020}.json"
    lines = map(json.loads, log.read_text().splitlines())
    return json.loads(next(line["commitInfo"]["userMetadata"] for line in lines if "commitInfo" in line))


def test_a_build_writes_the_fields_that_version_0_1_wrote(master):
    before = metadata(master.latest("/Shop/totals"))
    run_job(totals, environment(master))
    after = metadata(master.latest("/Shop/totals"))
    assert after.keys() - before.keys() == {"columns"}
    assert after["inputs"] == before["inputs"]
    assert after["checks"] == before["checks"]
    assert after["logic"] == before["logic"]


def test_a_record_is_written_as_version_0_1_wrote_it(feature):
    [record] = (feature.root / "_jobs").iterdir()
    [entry] = json.loads(record.read_text())["transactions"]
    staged = StagedCommit.model_validate(entry, context={"root": feature.root})
    assert staged.table == feature.table("/Shop/totals")
    written = staged.model_dump(mode="json", by_alias=True, exclude_unset=True, context={"root": feature.root})
    assert written == entry
