"""Which SQL files of a repository are transforms."""

import pytest

from transforms.api import Input, Output, transform_df
from transforms_api.errors import UnknownTargetError
from transforms_api.project.discovery import discover_repository
from transforms_api.project.graph import build_graph
from transforms_api.project.layouts import read_repository
from transforms_api.project.problems import missing_inputs
from transforms_api.project.sql_transforms import discover_sql, sql_sources

TABLE = "CREATE TABLE `/S/{}` AS SELECT 1 AS id"


@pytest.fixture
def discovered(folder):
    """discovered({path: text}) → the SQL transforms of a repository of these files, and their faults."""

    def discover(files):
        root = folder(files)
        return discover_sql(root, sql_sources(root))

    return discover


def writes(discovery):
    return sorted(dataset for transform in discovery.transforms for dataset in transform.writes)


@pytest.mark.parametrize(
    "path",
    [
        "transforms-sql/src/main/sql/a/b/x.sql",
        "transform-sql/src/x.sql",
        "transforms-sql-sales/src/main/sql/x.SQL",
        "team/north/transforms-sql/src/main/sql/x.sql",
        "warehouse-queries/src/main/sql/x.sql",
        "src/main/sql/x.sql",
        "transforms-sql/x.sql",
        "anywhere/else/x.sql",
        "transforms-sql/src/main/sql/tests/build/dist/x.sql",
    ],
)
def test_sql_transforms_are_discovered_in_every_folder_and_called_by_their_path(discovered, path):
    discovery = discovered({path: TABLE.format("x")})
    assert [transform.reference for transform in discovery.transforms] == [path]
    assert discovery.faults == ()


@pytest.mark.parametrize(
    "path",
    [
        "transforms-sql/src/test/sql/x.sql",
        "transforms-sql/build/resources/main/x.sql",
        "transforms-python/src/test/x.sql",
        ".git/x.sql",
        "node_modules/a/x.sql",
        "transforms-sql/src/main/sql/x.sql.bak",
    ],
)
def test_copies_tests_and_other_peoples_files_are_no_transforms(discovered, path):
    assert discovered({path: TABLE.format("x")}).transforms == ()


def test_several_sub_projects_of_sql_are_discovered(discovered):
    discovery = discovered({f"{name}/transforms-sql/src/main/sql/x.sql": TABLE.format(name) for name in ("a", "b")})
    assert writes(discovery) == ["/S/a", "/S/b"]


@pytest.mark.parametrize(
    "text", ["SELECT 1", "CREATE TABLE users (id INT);", "CREATE INDEX i ON users (id)", "{{ x }}"]
)
def test_other_sql_beside_the_modules_of_a_package_is_no_concern(discovered, text):
    discovery = discovered({"transforms-python/src/shop/query.sql": text})
    assert (discovery.transforms, discovery.faults, discovery.files) == ((), (), ())


def test_a_broken_statement_in_a_sub_project_is_a_fault_with_its_line_and_what_it_hides(discovered, tmp_path):
    [fault] = discovered({"transforms-sql/src/main/sql/x.sql": "-- x\n\nCREATE TABLE `/S/x` (id INT)"}).faults
    assert fault.location == f"{tmp_path}/transforms-sql/src/main/sql/x.sql:3"
    assert fault.text.startswith(f"{fault.location}: CREATE TABLE without AS SELECT")
    assert (fault.hides, fault.is_warning) == ({"/S/x"}, False)


def test_a_broken_statement_about_a_dataset_is_a_fault_in_every_folder(discovered):
    [fault] = discovered({"queries/x.sql": "CREATE TABLE `/S/x` (id INT)"}).faults
    assert fault.hides == {"/S/x"}


def test_a_query_without_a_table_is_a_warning_in_a_sub_project(discovered):
    [fault] = discovered({"transforms-sql/src/main/sql/x.sql": "SELECT * FROM `/S/a`"}).faults
    assert fault.is_warning


def test_an_empty_file_is_neither_a_transform_nor_a_fault(discovered):
    discovery = discovered({"transforms-sql/src/main/sql/x.sql": "-- to be written\n"})
    assert (discovery.transforms, discovery.faults, len(discovery.files)) == ((), (), 1)


@transform_df(Output("/S/orders"), raw=Input("/S/raw"))
def orders(raw): ...


def test_two_writers_of_a_dataset_in_two_languages_are_a_fault(discovered, tmp_path):
    discovery = discovered({"transforms-sql/src/x.sql": "CREATE TABLE `/S/orders` AS SELECT 1 AS id"})
    graph = build_graph([orders, *discovery.transforms])
    [fault] = graph.faults
    assert fault.kind == "DuplicateOutputError"
    assert fault.text.startswith(f"2 transforms write /S/orders: {orders.location} (orders) and ")
    assert f"{tmp_path}/transforms-sql/src/x.sql:1 (x)" in fault.text


def test_a_circle_through_two_languages_is_a_fault(discovered):
    discovery = discovered({"transforms-sql/src/x.sql": "CREATE TABLE `/S/raw` AS\nSELECT * FROM `/S/orders`"})
    [fault] = build_graph([orders, *discovery.transforms]).faults
    assert fault.kind == "CycleError"
    assert "is read by x at" in fault.text and "is read by orders at" in fault.text


def test_a_missing_input_of_sql_is_a_fault_with_the_nearest_name(discovered):
    discovery = discovered({"transforms-sql/src/x.sql": "CREATE TABLE `/S/x` AS\nSELECT * FROM `/S/ordres`"})
    [fault] = missing_inputs(discovery.transforms, {"/S/orders"}, lambda spec: False)
    assert "x.sql:1: transform 'x' reads /S/ordres" in fault.text
    assert "Did you mean /S/orders?" in fault.text


def test_names_of_the_shrinkwrap_hold_for_sql(discovered, tmp_path):
    discovered({
        "transforms-sql/src/x.sql": "CREATE TABLE `/S/x` AS SELECT * FROM `ri.foundry.main.dataset.1`",
        "transforms-shrinkwrap.yml": "mappings: [{alias: /S/orders, rid: ri.foundry.main.dataset.1, modes: [READ]}]",
    })  # fmt: skip
    [transform] = discover_repository(read_repository(tmp_path)).transforms
    assert transform.reads == ["/S/orders"]


@pytest.mark.parametrize("target", ["x.sql", "marts/x.sql", "sql/marts/x.sql", "./marts/x.sql", "/S/one"])
def test_a_target_may_be_the_last_folders_and_the_name_of_a_sql_file(discovered, target):
    discovery = discovered({
        "transforms-sql/src/main/sql/marts/x.sql": TABLE.format("one"),
        "transforms-sql/src/main/sql/smarts/y.sql": TABLE.format("two"),
    })  # fmt: skip
    [transform] = build_graph(discovery.transforms).select([target])
    assert transform.writes == ["/S/one"]


def test_a_wrong_folder_before_the_name_of_a_sql_file_is_refused_with_its_right_path_once(discovered):
    discovery = discovered({"transforms-sql/src/marts/x.sql": TABLE.format("x")})
    with pytest.raises(UnknownTargetError, match=r"Did you mean transforms-sql/src/marts/x\.sql\?$"):
        build_graph(discovery.transforms).select(["arts/x.sql"])


def test_a_refused_statement_stops_the_readers_of_what_it_writes_and_not_of_what_it_reads(discovered):
    discovery = discovered({
        "transforms-sql/src/insert.sql": "INSERT INTO `/S/log` SELECT * FROM `/S/imported`",
        "transforms-sql/src/x.sql": "CREATE TABLE `/S/x` AS SELECT * FROM `/S/imported`",
        "transforms-sql/src/y.sql": "CREATE TABLE `/S/y` AS SELECT * FROM `/S/log`",
    })  # fmt: skip
    [fault] = build_graph(discovery.transforms, discovery.faults).faults
    assert [transform.writes for transform in fault.stops] == [["/S/y"]]
