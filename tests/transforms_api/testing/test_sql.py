"""SQL files in the test kit, without anything of their repository but the file and its names."""

import pytest

from transforms_api.errors import DeclarationError, TrialError
from transforms_api.testing import compute_transform, run_transform

RID = "ri.foundry.main.dataset.c0000000-0000-0000-0000-000000000001"
SHRINKWRAP = f"mappings:\n  - {{alias: /Shop/regions, rid: {RID}, path: /deprecated-field, modes: [READ]}}\n"
STATEMENT = f"""\
CREATE TABLE `/Shop/named` AS
SELECT o.id, r.name FROM `/Shop/orders` o JOIN `{RID}` r ON r.id = o.region
"""
ORDERS, REGIONS = [{"id": 1, "region": 7}], [{"id": 7, "name": "North"}]


@pytest.fixture
def file(tmp_path):
    (tmp_path / "transforms-shrinkwrap.yml").write_text(SHRINKWRAP)
    file = tmp_path / "transforms-sql" / "src" / "main" / "sql" / "named.sql"
    file.parent.mkdir(parents=True)
    file.write_text(STATEMENT)
    return file


@pytest.mark.parametrize("run", [run_transform, compute_transform])
@pytest.mark.parametrize("regions", ["/Shop/regions", RID])
def test_a_file_runs_on_rows_for_its_datasets_by_any_of_their_names(spark_session, file, run, regions):
    outputs = run(str(file), {"/Shop/orders": ORDERS, regions: REGIONS})
    assert outputs.rows() == [{"id": 1, "name": "North"}]
    assert outputs["/Shop/named"].count() == 1


def test_a_path_from_the_current_folder_is_found(spark_session, file, monkeypatch):
    monkeypatch.chdir(file.parents[4])
    outputs = run_transform("transforms-sql/src/main/sql/named.sql", {"/Shop/orders": ORDERS, RID: REGIONS})
    assert outputs.only.count() == 1


def test_a_missing_or_an_unknown_input_is_named(file):
    with pytest.raises(TrialError, match=f"There are no rows for the input '{RID}'"):
        run_transform(str(file), {"/Shop/orders": ORDERS})
    with pytest.raises(TrialError, match=r"'/Shop/order' is no input .* Did you mean /Shop/orders"):
        run_transform(str(file), {"/Shop/order": ORDERS, "/Shop/orders": ORDERS, RID: REGIONS})


def test_a_file_that_is_missing_or_no_transform_is_an_error_with_its_line(file):
    with pytest.raises(DeclarationError, match=r"There is no SQL file .*other\.sql"):
        run_transform(str(file.with_name("other.sql")), {})
    file.write_text("-- none\nCREATE TABLE `/Shop/named` (id INT)")
    with pytest.raises(DeclarationError, match=r"named\.sql:2: CREATE TABLE without AS SELECT"):
        run_transform(str(file), {})


def test_one_of_several_statements_of_a_file_is_named_after_a_colon(spark_session, file):
    file.write_text("CREATE TABLE `/S/one` AS SELECT 1 AS id; CREATE TABLE `/S/two` AS SELECT 2 AS id")
    assert run_transform(f"{file}:two", {}).rows() == [{"id": 2}]
    with pytest.raises(DeclarationError, match=r"has 2 transforms.* Name one of them: named\.sql:one, named\.sql:two"):
        run_transform(str(file), {})
