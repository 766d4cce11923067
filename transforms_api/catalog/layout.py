"""A layered layout of a graph, from left to right, by Sugiyama's method.

Layers are by longest path; nodes of a layer are ordered so that few edges cross, then moved near their neighbours. The
libraries for it are under the GPL (igraph, 14 MB) or unmaintained (grandalf).
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

Point = tuple[float, float]
Vertex = tuple[str, int]
"""(node, layer): a node in its own layer; in a later one, the line that leads from it further right."""

_SWEEPS, _VISITS = 12, 50_000
"""Number of improvements of order and positions in both directions; fewer if they would visit more vertices than this,
which takes about a second."""


@dataclass(frozen=True)
class Sizes:
    """Width and height of a node and the gaps right of and below it, in any unit."""

    width: float
    height: float
    gap_right: float
    gap_below: float


@dataclass(frozen=True)
class Layout:
    """Positions in the unit of the sizes; x grows to the right, y downwards, both from 0.

    Attributes:
        layers: node → its layer, from 0.
        corners: node → its upper left corner.
        routes: (source, node) → points of the edge, from the middle of the source's right side to the middle of the
            node's left side; it crosses the layers between them horizontally.
        width: width of the drawing.
        height: height of the drawing.
    """

    layers: dict[str, int]
    corners: dict[str, Point]
    routes: dict[tuple[str, str], list[Point]]
    width: float
    height: float


def layers_of(sources: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Return node → length of the longest path to it.

    Args:
        sources: see `layered_layout`.
    """
    layers: dict[str, int] = {}
    for node, inputs in sources.items():
        layers[node] = max((layers[source] + 1 for source in inputs if source in layers), default=0)
    return layers


def layered_layout(sources: Mapping[str, Sequence[str]], sizes: Sizes) -> Layout:
    """Return the layout of a graph; deterministic for the same graph in the same order.

    Every edge leads to the right and no two nodes overlap. A back edge of a cycle is drawn but does not affect the
    layout.

    Args:
        sources: node → its predecessors, which come before it in the mapping. A predecessor that comes later closes
            a cycle; one that is missing is ignored.
        sizes: sizes and gaps of the drawing.
    """
    edges = [
        (source, node) for node, inputs in sources.items() for source in dict.fromkeys(inputs) if source in sources
    ]
    layers = layers_of(sources)
    forward = [(source, node) for source, node in edges if layers[source] < layers[node]]
    left = _left_neighbours(forward, layers)
    right = _turned(left)
    rows = _ordered(_rows(left, layers), left, right)
    middle = _heights(rows, left, right, layers, sizes)
    columns = [number * (sizes.width + sizes.gap_right) for number in range(len(rows))]
    corners = {node: (columns[layer], middle[node, layer] - sizes.height / 2) for node, layer in layers.items()}
    routes = {edge: _route(edge, layers, middle, columns, sizes.width) for edge in edges}
    height = max((y + sizes.height for _, y in corners.values()), default=0.0)
    lowest = max((y for points in routes.values() for _, y in points), default=0.0)
    return Layout(layers, corners, routes, columns[-1] + sizes.width if columns else 0.0, max(height, lowest))


def _left_neighbours(forward: Sequence[tuple[str, str]], layers: Mapping[str, int]) -> dict[Vertex, list[Vertex]]:
    """Return vertex → its neighbours in the layer before it.

    Edges from one source share the line through the layers between.
    """
    left: dict[Vertex, list[Vertex]] = {(node, layer): [] for node, layer in layers.items()}
    for source, node in forward:
        line = [(source, layer) for layer in range(layers[source], layers[node])]
        for before, after in itertools.pairwise(line):
            left[after] = [before]
        left[node, layers[node]].append(line[-1])
    return left


def _turned(left: Mapping[Vertex, Sequence[Vertex]]) -> dict[Vertex, list[Vertex]]:
    right: dict[Vertex, list[Vertex]] = {vertex: [] for vertex in left}
    for vertex, neighbours in left.items():
        for neighbour in neighbours:
            right[neighbour].append(vertex)
    return right


def _rows(left: Mapping[Vertex, Sequence[Vertex]], layers: Mapping[str, int]) -> list[list[Vertex]]:
    rows: list[list[Vertex]] = [[] for _ in range(max(layers.values(), default=-1) + 1)]
    for vertex in left:
        rows[vertex[1]].append(vertex)
    return rows


def _ordered(
    rows: list[list[Vertex]], left: Mapping[Vertex, list[Vertex]], right: Mapping[Vertex, list[Vertex]]
) -> list[list[Vertex]]:
    """Return the order of each layer, of those tried, with the fewest crossing edges."""
    best, fewest = rows, _crossings(rows, left)
    for _ in range(_sweeps(left)):
        for neighbours, direction in ((left, 1), (right, -1)):
            rows = _sorted_by_neighbours(rows, neighbours, direction)
            if (crossings := _crossings(rows, left)) < fewest:
                best, fewest = rows, crossings
    return best


def _sorted_by_neighbours(
    rows: list[list[Vertex]], neighbours: Mapping[Vertex, list[Vertex]], direction: int
) -> list[list[Vertex]]:
    """Return the layers, each sorted by the mean position of the neighbours in the layer before it (by `direction`)."""
    position: dict[Vertex, float] = {}
    result = []
    for row in rows[::direction]:
        wanted = {
            vertex: _mean([position[other] for other in neighbours[vertex]])
            if neighbours[vertex]
            else number / len(row)
            for number, vertex in enumerate(row)
        }
        row = sorted(row, key=wanted.__getitem__)
        position = {vertex: number / len(row) for number, vertex in enumerate(row)}
        result.append(row)
    return result[::direction]


def _crossings(rows: Sequence[Sequence[Vertex]], left: Mapping[Vertex, Sequence[Vertex]]) -> int:
    """Return the number of pairs of edges that cross: those whose ends are in opposite orders."""
    crossings = 0
    for before, row in itertools.pairwise(rows):
        position = {vertex: number for number, vertex in enumerate(before)}
        seen: list[int] = []
        for vertex in row:
            ends = sorted(position[neighbour] for neighbour in left[vertex])
            crossings += sum(len(seen) - bisect.bisect_right(seen, end) for end in ends)
            for end in ends:
                bisect.insort(seen, end)
    return crossings


def _heights(
    rows: Sequence[Sequence[Vertex]],
    left: Mapping[Vertex, Sequence[Vertex]],
    right: Mapping[Vertex, Sequence[Vertex]],
    layers: Mapping[str, int],
    sizes: Sizes,
) -> dict[Vertex, float]:
    """Return vertex → y of its middle: as near to its neighbours as the order and the gaps allow."""

    def size(vertex: Vertex) -> float:
        return sizes.height if layers[vertex[0]] == vertex[1] else 0.0

    middle: dict[Vertex, float] = {}
    apart = []
    for row in rows:
        distances = [(size(a) + size(b)) / 2 + sizes.gap_below for a, b in itertools.pairwise(row)]
        apart.append([0.0, *itertools.accumulate(distances)])
        middle |= {vertex: offset - apart[-1][-1] / 2 for vertex, offset in zip(row, apart[-1], strict=True)}
    for _ in range(_sweeps(left)):
        for sides in (left, right):
            for row, offsets in list(zip(rows, apart, strict=True))[:: 1 if sides is left else -1]:
                centre = _mean([middle[vertex] for vertex in row])
                wanted = [
                    _wanted(vertex, sides[vertex], left[vertex] or right[vertex], middle, centre) for vertex in row
                ]
                middle |= zip(row, _nearest(wanted, offsets), strict=True)
    top = min((middle[vertex] - size(vertex) / 2 for vertex in middle), default=0.0)
    return {vertex: value - top for vertex, value in middle.items()}


def _wanted(
    vertex: Vertex,
    side: Sequence[Vertex],
    neighbours: Sequence[Vertex],
    middle: Mapping[Vertex, float],
    centre: float,
) -> tuple[float, float]:
    """Return the wanted y of a vertex and its weight: beside its neighbours; without any, in the centre."""
    if side:
        return _mean([middle[vertex] for vertex in side]), 1.0
    return (middle[vertex], 1.0) if neighbours else (centre, 0.001)


def _nearest(wanted: Sequence[tuple[float, float]], offsets: Sequence[float]) -> list[float]:
    """Return positions at least `offsets` apart with the least squared distances from `wanted`.

    An isotonic regression of the positions minus their offsets, by pooling adjacent violators.
    """
    pools: list[tuple[float, float, int]] = []
    for (value, weight), offset in zip(wanted, offsets, strict=True):
        mean, count = value - offset, 1
        while pools and pools[-1][0] > mean:
            before, other, several = pools.pop()
            mean = (before * other + mean * weight) / (other + weight)
            weight, count = other + weight, several + count
        pools.append((mean, weight, count))
    means = itertools.chain.from_iterable(itertools.repeat(mean, count) for mean, _, count in pools)
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]


def _sweeps(vertices: Collection[Vertex]) -> int:
    return max(1, min(_SWEEPS, _VISITS // max(1, len(vertices))))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _route(
    edge: tuple[str, str],
    layers: Mapping[str, int],
    middle: Mapping[Vertex, float],
    columns: Sequence[float],
    width: float,
) -> list[Point]:
    source, node = edge
    between = [
        (x, middle[source, layer])
        for layer in range(layers[source] + 1, layers[node])
        for x in (columns[layer], columns[layer] + width)
    ]
    start = (columns[layers[source]] + width, middle[source, layers[source]])
    return [start, *between, (columns[layers[node]], middle[node, layers[node]])]
