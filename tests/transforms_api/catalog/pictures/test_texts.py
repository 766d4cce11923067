import pytest

from transforms_api.builds.states import DatasetState, State
from transforms_api.catalog.pictures import counts_of, plain, short_names, shortened, size_of


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("orders of été 売上", "orders of été 売上"),
        ("a\u00a0b\u3000c", "a\u00a0b\u3000c"),
        ("\x1b[31m", "\\x1b[31m"),
        ("evil\u202egnp", "evil\\u202egnp"),
        ("half \ud800", "half \\ud800"),
        ("two\nlines", "two\\nlines"),
    ],
)
def test_invisible_characters_are_shown_as_escapes(text, shown):
    assert plain(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [("orders", "orders"), ("all_orders_of_the_shop", "all_o…_shop"), ("売上データの名前です", "売上デ…です")],
)
def test_a_long_text_keeps_its_beginning_and_end(text, shown):
    assert shortened(text, 11) == shown


def test_a_dataset_goes_by_the_last_part_of_its_path_unless_another_one_does():
    assert short_names(["/a/orders", "/b/orders", "/a/prices", "/c/"]) == {
        "/a/orders": "/a/orders",
        "/b/orders": "/b/orders",
        "/a/prices": "prices",
        "/c/": "/c/",
    }


@pytest.mark.parametrize(("rows", "text"), [(None, "stale"), (1, "stale, 1 row"), (1204, "stale, 1,204 rows")])
def test_a_size_is_the_state_and_the_rows(rows, text):
    assert size_of(DatasetState("/a", State.STALE, rows=rows)) == text


def test_counts_name_only_states_that_occur(shop):
    assert counts_of([]) == "0 datasets"
    assert counts_of([shop["/shop/view"]]) == "1 dataset: 1 failed"
    assert counts_of(shop.values()) == "5 datasets: 1 fresh, 1 stale, 1 failed, 1 missing, 1 imported"
