import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms_api.catalog.layout import Sizes, layered_layout, layers_of

SIZES = Sizes(width=100, height=40, gap_right=50, gap_below=10)


@st.composite
def graphs(draw):
    """Graphs without circles: node → sources, each before it."""
    reading = draw(st.lists(st.sets(st.integers(0, 19), max_size=4), max_size=20))
    return {f"n{n}": tuple(f"n{m}" for m in sorted(sources) if m < n) for n, sources in enumerate(reading)}


def test_the_layer_of_a_node_is_the_length_of_the_longest_path_to_it():
    assert layers_of({"a": (), "b": ("a",), "c": ("a", "b"), "d": ()}) == {"a": 0, "b": 1, "c": 2, "d": 0}


def test_a_chain_is_a_straight_line():
    layout = layered_layout({"a": (), "b": ("a",), "c": ("b",)}, SIZES)
    assert layout.corners == {"a": (0, 0), "b": (150, 0), "c": (300, 0)}
    assert layout.routes == {("a", "b"): [(100, 20), (150, 20)], ("b", "c"): [(250, 20), (300, 20)]}
    assert (layout.width, layout.height) == (400, 40)


def test_nodes_are_ordered_so_that_edges_do_not_cross():
    layout = layered_layout({"a": (), "b": (), "of b": ("b",), "of a": ("a",)}, SIZES)
    assert layout.corners["of a"] == (150, 0)
    assert layout.corners["of b"] == (150, 50)


def test_an_edge_over_a_layer_leads_past_the_nodes_there():
    layout = layered_layout({"a": (), "b": ("a",), "c": ("a", "b")}, SIZES)
    _, (x, y), (to_x, to_y), _ = layout.routes["a", "c"]
    _, top = layout.corners["b"]
    assert (x, to_x) == (150, 250)
    assert y == to_y
    assert not top - 1 < y < top + SIZES.height + 1


@pytest.mark.parametrize("sources", [{"a": ("a",)}, {"a": ("b",), "b": ("a",)}, {"a": ("gone",)}])
def test_circles_and_sources_that_are_not_there_stop_nothing(sources):
    assert set(layered_layout(sources, SIZES).corners) == set(sources)


@given(graphs())
def test_every_edge_leads_to_the_right_and_joins_its_nodes(sources):
    layout = layered_layout(sources, SIZES)
    assert set(layout.routes) == {(source, node) for node, reads in sources.items() for source in reads}
    for (source, node), points in layout.routes.items():
        assert all(x < to_x for (x, _), (to_x, _) in itertools.pairwise(points))
        (source_x, source_y), (x, y) = layout.corners[source], layout.corners[node]
        assert points[0] == pytest.approx((source_x + SIZES.width, source_y + SIZES.height / 2))
        assert points[-1] == pytest.approx((x, y + SIZES.height / 2))


@given(graphs())
def test_no_two_nodes_overlap_and_none_lies_outside(sources):
    layout = layered_layout(sources, SIZES)
    for (x, y), (other_x, other_y) in itertools.combinations(layout.corners.values(), 2):
        assert x != other_x or abs(y - other_y) >= SIZES.height + SIZES.gap_below - 1e-6
    for x, y in layout.corners.values():
        assert -1e-6 <= y <= layout.height - SIZES.height + 1e-6
        assert 0 <= x <= layout.width - SIZES.width


@given(graphs())
def test_equal_graphs_have_equal_layouts(sources):
    assert layered_layout(sources, SIZES) == layered_layout(dict(sources), SIZES)
