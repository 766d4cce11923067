from dataclasses import dataclass, replace

import pyarrow
import pytest
from deltalake import write_deltalake

from revops_dashboards.tables import MissingDataset, Tables
from transforms_api.errors import StoreError
from transforms_api.warehouse import Warehouse

DEALS = "/RevOps/deals"


def test_a_query_names_datasets_and_values(tables, write):
    write(DEALS, [{"team": "Lee", "amount": 5.0}, {"team": "Torres", "amount": 7.0}])
    assert tables.query("SELECT amount FROM deals WHERE team = $team", {"team": "Lee", "other": 1}, deals=DEALS) == [
        {"amount": 5.0}
    ]


def test_a_query_sees_the_last_version_alone(tables, write):
    write(DEALS, [{"amount": 5.0}])
    write(DEALS, [{"amount": 6.0}])
    assert tables.query("FROM deals", deals=DEALS) == [{"amount": 6.0}]


def test_a_value_is_no_sql(tables, write):
    write(DEALS, [{"team": "x' OR '1'='1"}])
    assert tables.query("FROM deals WHERE team = $team", {"team": "y' OR '1'='1"}, deals=DEALS) == []


def test_a_partitioned_table_has_its_partitions_values(tables, warehouse):
    rows = pyarrow.Table.from_pylist([{"team": "Lee", "amount": 5.0}])
    write_deltalake(str(warehouse.table(DEALS)), rows, partition_by=["team"])
    assert tables.query("SELECT team, amount FROM deals", deals=DEALS) == [{"team": "Lee", "amount": 5.0}]


def test_a_dataset_called_like_a_pattern_of_files_is_itself(tables, write):
    write("/RevOps/deals[1]*", [{"amount": 5.0}])
    assert tables.query("FROM deals", deals="/RevOps/deals[1]*") == [{"amount": 5.0}]


def test_a_branch_shows_what_it_lacks_from_the_branch_it_falls_back_to(warehouse, write):
    write(DEALS, [{"amount": 5.0}])
    branch = replace(warehouse, branch="feature", fallback_branches=("master",))
    assert Tables(branch).query("FROM deals", deals=DEALS) == [{"amount": 5.0}]


def test_a_dataset_that_was_never_built_is_said_by_its_path(tables):
    with pytest.raises(MissingDataset, match=r"/RevOps/deals has not been built yet\."):
        tables.query("FROM deals", deals=DEALS)


def test_a_column_that_a_table_lacks_is_an_error_that_names_the_dataset(tables, write):
    write(DEALS, [{"amount": 5.0}])
    with pytest.raises(StoreError, match=r"/RevOps/deals cannot be shown: .*team"):
        tables.query("SELECT team FROM deals", deals=DEALS)


def test_a_lost_file_is_an_error_that_names_it(tables, write, warehouse):
    write(DEALS, [{"amount": 5.0}])
    for file in warehouse.table(DEALS).glob("*.parquet"):
        file.unlink()
    with pytest.raises(StoreError, match="is missing"):
        tables.query("FROM deals", deals=DEALS)


def test_rows_are_objects_of_the_class_whose_fields_are_columns(tables, write):
    @dataclass(frozen=True)
    class Deal:
        amount: float

    write(DEALS, [{"team": "Lee", "amount": 5.0}, {"team": "Torres", "amount": 7.0}])
    assert tables.select(Deal, "FROM deals WHERE team = 'Torres'", deals=DEALS) == [Deal(7.0)]


@pytest.mark.parametrize("most_in_memory", [0, 10**9], ids=["read from files", "kept in memory"])
def test_each_new_version_is_read_and_old_ones_leave_the_memory(tables, write, monkeypatch, most_in_memory):
    monkeypatch.setattr("revops_dashboards.tables._IN_MEMORY", most_in_memory)
    for amount in (5.0, 6.0, 7.0, 8.0):
        write(DEALS, [{"amount": amount}])
        assert tables.query("FROM deals", deals=DEALS) == [{"amount": amount}]
    assert len(tables.query("SELECT table_name FROM information_schema.tables WHERE table_name LIKE 'opened%'")) == 2


def test_a_table_that_has_not_changed_is_not_opened_again(tables, write, monkeypatch):
    monkeypatch.setattr("revops_dashboards.tables._SETTLED", -1)
    write(DEALS, [{"amount": 5.0}])
    tables.query("FROM deals", deals=DEALS)
    monkeypatch.setattr(Warehouse, "latest", None)  # a call would fail
    assert tables.query("FROM deals", deals=DEALS) == [{"amount": 5.0}]
