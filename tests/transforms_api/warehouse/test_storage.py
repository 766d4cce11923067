from transforms_api.warehouse.storage import exclusive_bytes, files_below, infos_of, make_root


def test_a_file_with_two_names_gives_its_bytes_back_when_both_go(tmp_path):
    (tmp_path / "a").write_bytes(b"12345")
    (tmp_path / "b").hardlink_to(tmp_path / "a")
    first, second = sorted(files_below(tmp_path))
    assert exclusive_bytes(tmp_path, [first]) == 0
    assert exclusive_bytes(tmp_path, [first, second]) == 5


def test_a_file_that_is_not_there_has_no_size(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a").write_bytes(b"12345")
    found = infos_of(tmp_path, ["folder/a", "folder/b", "c"])
    assert {path: info and info.size for path, info in found.items()} == {"folder/a": 5, "folder/b": None, "c": None}


def test_a_new_warehouse_has_a_gitignore_that_leaves_out_all_of_it(tmp_path):
    make_root(tmp_path / "w")
    assert (tmp_path / "w" / ".gitignore").read_text() == "*\n"


def test_the_gitignore_of_a_warehouse_is_not_replaced(tmp_path):
    (tmp_path / ".gitignore").write_text("_logs/\n")
    make_root(tmp_path)
    assert (tmp_path / ".gitignore").read_text() == "_logs/\n"


def test_a_warehouse_that_has_tables_and_no_gitignore_gets_none(tmp_path):
    (tmp_path / "master").mkdir()
    make_root(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["master"]
