"""Draws whose sums and counts are fixed: chance distributes them, the totals do not change."""

from collections.abc import Sequence
from random import Random


def varied(total: int, count: int, low: int, high: int, rng: Random) -> list[int]:
    """Return `count` whole numbers from `low` to `high` that add up to `total` exactly.

    Neighbours of an even share trade at random, so that the sum stays; `total / count` has to lie between the bounds.

    Args:
        rng: source of the random numbers.
    """
    if count == 0:
        return []
    share, rest = divmod(total, count)
    parts = [share + 1 if position < rest else share for position in range(count)]
    for giver in range(0, count - 1, 2):
        traded = rng.randint(0, min(parts[giver] - low, high - parts[giver + 1]))
        parts[giver] -= traded
        parts[giver + 1] += traded
    rng.shuffle(parts)
    return parts


def dealt(cards: dict[str, int], wishes: Sequence[str | None], rng: Random) -> list[str]:
    """Return a card for each wish: the card wished for, or (None) one of those left over, at random.

    `cards` says how many there are of each, as many in all as there are wishes.

    Args:
        wishes: for each position a card, or None for any.
        rng: source of the random numbers.
    """
    left = [card for card, count in cards.items() for _ in range(count)]
    for wish in wishes:
        if wish is not None:
            left.remove(wish)
    rng.shuffle(left)
    return [wish if wish is not None else left.pop() for wish in wishes]


def shuffled(items: Sequence, rng: Random) -> list:
    """Return the items in an order of chance.

    Args:
        items: the items.
        rng: source of the random numbers.
    """
    return rng.sample(items, len(items))
