from transforms_api.store.places import exclusive_bytes, files_below, infos_of


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
