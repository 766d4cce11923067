from random import Random

import pytest

from transforms.revops.scenario.draws import dealt, shuffled, varied


@pytest.mark.parametrize("seed", range(20))
def test_varied_parts_keep_the_total_and_the_bounds(seed):
    parts = varied(50, 7, 3, 12, Random(seed))
    assert (len(parts), sum(parts)) == (7, 50)
    assert min(parts) >= 3
    assert max(parts) <= 12


def test_varied_returns_no_rows_for_no_reps():
    assert varied(0, 0, 3, 12, Random(1)) == []


@pytest.mark.parametrize("seed", range(20))
def test_dealt_grants_every_wish_and_uses_every_card(seed):
    cards = dealt({"a": 2, "b": 1, "c": 1}, [None, "a", None, "b"], Random(seed))
    assert (cards[1], cards[3]) == ("a", "b")
    assert sorted(cards) == ["a", "a", "b", "c"]


def test_shuffled_keeps_all_items():
    assert sorted(shuffled([3, 1, 2], Random(1))) == [1, 2, 3]
