import pytest
from deltalake import DeltaTable

from transforms_api.errors import StoreError
from transforms_api.warehouse.paths import decode_name
from transforms_api.warehouse.warehouse import Warehouse


def test_a_dataset_lies_under_its_branch_by_its_path(tmp_path):
    assert Warehouse(tmp_path, "master").table("/RevOps/Analytics/dashboard_kpis") == (
        tmp_path / "master" / "RevOps" / "Analytics" / "dashboard_kpis"
    )


def test_characters_that_readers_take_for_parts_of_a_url_are_encoded(tmp_path):
    assert Warehouse(tmp_path).table("/A b/C#1: ä").name == "C~23~1~3a~~20~~e4~"


def test_two_datasets_never_share_a_folder(tmp_path):
    assert Warehouse(tmp_path).table("/a~3a~") != Warehouse(tmp_path).table("/a:")


def test_a_branch_with_a_slash_is_no_folder_of_another_branch(tmp_path):
    assert Warehouse(tmp_path, "feature/x").table("/A") != Warehouse(tmp_path, "feature").table("/x/A")


def test_a_commit_that_cannot_be_read_is_no_change_of_a_dataset(tmp_path):
    log = Warehouse(tmp_path).table("/A") / "_delta_log"
    log.mkdir(parents=True)
    (log / f"{0:020}.json").symlink_to(tmp_path / "gone")
    assert Warehouse(tmp_path).last_change("/A") is None


@pytest.mark.parametrize("name", ["/A b/C#1: ä", "feature/x", "a~3a~", "/ünï/%2f"])
def test_a_name_can_be_read_back_from_its_folder(tmp_path, name):
    assert decode_name(Warehouse(tmp_path, name).table("/x").parent.name) == name


@pytest.mark.parametrize(("branch", "dataset"), [("master", "/../../x"), ("..", "/x"), ("../other", "/x"), (".", "/x")])
def test_nothing_lies_outside_of_the_warehouse(tmp_path, branch, dataset):
    with pytest.raises(StoreError, match="outside of the warehouse"):
        Warehouse(tmp_path, branch).table(dataset)


def test_a_link_out_of_the_warehouse_is_not_followed(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "warehouse" / "master").mkdir(parents=True)
    (tmp_path / "warehouse" / "master" / "link").symlink_to(tmp_path / "outside")
    with pytest.raises(StoreError, match="outside of the warehouse"):
        Warehouse(tmp_path / "warehouse").table("/link/x")


@pytest.mark.parametrize("dataset", ["/A" + "/x" * 3000, "/" + "/".join(["x" * 200] * 30), "/" + "ä" * 2000])
def test_a_path_that_no_disk_has_room_for_is_refused_before_the_disk_is(tmp_path, dataset):
    with pytest.raises(StoreError, match=r"has no folder: its path would have .* bytes, of .* at most"):
        Warehouse(tmp_path).table(dataset)


@pytest.mark.parametrize("branch", ["_" + "x" * 8000, "." + "x" * 8000])
def test_a_branch_that_no_disk_has_room_for_is_refused_before_the_disk_is(tmp_path, branch):
    with pytest.raises(StoreError, match="the branch's name is too long"):
        Warehouse(tmp_path, branch).table("/A")


def log_of(warehouse, write, versions):
    for number in range(versions):
        version = write("/A", made_from={"transform": "shop:a"}, n=[number])
    return version.table / "_delta_log"


@pytest.mark.parametrize("missing", [0, 1])
def test_a_log_with_a_gap_does_not_say_what_its_table_was_made_from(warehouse, write, missing):
    log = log_of(warehouse, write, 3)
    assert warehouse.last_change("/A").transform == "shop:a"
    (log / f"{missing:020}.json").unlink()
    assert warehouse.last_change("/A").provenance is None


def test_a_log_that_begins_with_a_checkpoint_is_complete(warehouse, write):
    log = log_of(warehouse, write, 3)
    DeltaTable(str(log.parent)).create_checkpoint()
    for number in range(2):
        (log / f"{number:020}.json").unlink()
    assert warehouse.last_change("/A").transform == "shop:a"
    assert warehouse.latest("/A").rows == 1
