"""Topological order and cycles of arbitrary graphs. More: test_graph.py."""

import graphlib

from hypothesis import given
from hypothesis import strategies as st

from transforms.api import Input, Output, transform_df
from transforms_api.project.graph import topological_order

GRAPHS = st.dictionaries(st.integers(0, 9), st.sets(st.integers(0, 9), max_size=3), max_size=10)
"""Node → the nodes that it reads, of which some may be no node: a dataset that no transform writes."""


def transforms_of(graph):
    return [
        transform_df(Output(f"/{node}"), **{f"i{other}": Input(f"/{other}") for other in reads - {node}})(
            lambda **inputs: None
        )
        for node, reads in graph.items()
    ]


def ordered(graph):
    """Return the nodes in their order, and the cycles as sets of nodes."""
    transforms = transforms_of(graph)
    order, circles = topological_order(
        transforms, {dataset: transform for transform in transforms for dataset in transform.writes}
    )
    return [number(transform) for transform in order], [
        {number(transform) for transform in circle.stops} for circle in circles
    ]


def number(transform):
    return int(transform.writes[0][1:])


def is_circle(graph, nodes):
    """Whether one can go from any of these nodes through them alone to any other and to itself."""

    def reached(begin):
        reached, waiting = set(), [begin]
        while waiting:
            for other in graph[waiting.pop()] & nodes - reached:
                reached.add(other)
                waiting.append(other)
        return reached

    return all(reached(node) == nodes for node in nodes)


@given(GRAPHS)
def test_every_node_is_in_the_order_once(graph):
    assert sorted(ordered(graph)[0]) == sorted(graph)


@given(GRAPHS)
def test_circles_are_found_where_and_only_where_there_are_some(graph):
    known = {node: {other for other in reads if other in graph and other != node} for node, reads in graph.items()}
    _, circles = ordered(graph)
    assert all(is_circle(known, circle) for circle in circles)
    without = {node: reads for node, reads in known.items() if not any(node in circle for circle in circles)}
    list(graphlib.TopologicalSorter(without).static_order())  # raises where a circle is left


@given(GRAPHS)
def test_a_node_comes_after_all_that_it_reads_unless_it_is_in_a_circle(graph):
    order, circles = ordered(graph)
    positions = {node: position for position, node in enumerate(order)}
    in_circle = set().union(*circles)
    assert all(
        positions[other] < positions[node]
        for node in graph.keys() - in_circle
        for other in graph[node] - {node}
        if other in graph
    )


def test_each_of_many_circles_is_found():
    _, circles = ordered({node: {node ^ 1} for node in range(1_000)})
    assert sorted(map(sorted, circles)) == [[node, node + 1] for node in range(0, 1_000, 2)]
