"""States of datasets, made by hand."""

from datetime import UTC, datetime

import pytest

from transforms_api.builds.states import DatasetState, State

BUILT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def graph():
    """graph((dataset, state, source, …), …) → dataset → its state, version 7 with 1,204 rows where there is one."""

    def made(*described):
        states = {}
        for dataset, state, *sources in described:
            is_there = state is not State.MISSING
            version = {"version": 7, "rows": 1204, "built": BUILT, "branch": "master"} if is_there else {}
            reason = None if state in (State.FRESH, State.IMPORTED) else f"why {state.value}"
            states[dataset] = DatasetState(dataset, state, reason, sources=tuple(sources), **version)
        return states

    return made


@pytest.fixture
def shop(graph):
    """A dataset in each state."""
    return graph(
        ("/shop/raw/orders", State.IMPORTED),
        ("/shop/raw/prices", State.MISSING),
        ("/shop/orders", State.FRESH, "/shop/raw/orders"),
        ("/shop/totals", State.STALE, "/shop/orders", "/shop/raw/prices"),
        ("/shop/view", State.FAILED, "/shop/totals"),
    )


@pytest.fixture
def hostile(graph):
    """Names that a program may execute instead of showing them."""
    return graph(
        ('/x/"]; click d0 href "javascript:alert(1)', State.FRESH),
        ("/x/</title><script>alert(1)</script>", State.FRESH),
        ("/x/\x1b[31mred\u202egnp\ud800\nline", State.FRESH),
        ("/x/#quot;`&amp;**bold**", State.FRESH),
    )
