import pytest

from transforms_api.catalog.pages import render_pages, write_dictionary
from transforms_api.errors import EnvironmentProblem


def files(folder):
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}


def test_pages_are_written_as_they_are(tmp_path):
    write_dictionary({"index.html": "é\n", "datasets/a.html": "a"}, tmp_path / "new" / "folder")
    assert (tmp_path / "new" / "folder" / "index.html").read_bytes() == "é\n".encode()
    assert files(tmp_path / "new" / "folder") == {"index.html", "datasets/a.html"}


def test_a_page_of_a_dataset_that_is_no_more_goes_and_what_others_put_there_stays(tmp_path, shop):
    entries = shop()
    write_dictionary(render_pages(entries, "the shop"), tmp_path)
    (tmp_path / "datasets" / "mine.html").write_text("mine")
    del entries["/shop/report"]
    write_dictionary(render_pages(entries, "the shop"), tmp_path)
    assert files(tmp_path / "datasets") == {"shop.raw.html", "shop.orders.html", "mine.html"}


def test_a_folder_of_other_files_is_left_as_it_is(tmp_path):
    (tmp_path / "index.html").write_text("mine")
    with pytest.raises(EnvironmentProblem, match="has files and no data dictionary"):
        write_dictionary({"index.html": "ours"}, tmp_path)
    assert (tmp_path / "index.html").read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_reported(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentProblem, match="The data dictionary cannot be written"):
        write_dictionary({"index.html": "ours"}, tmp_path / "file" / "folder")
