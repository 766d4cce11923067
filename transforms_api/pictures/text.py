"""The graph for a terminal: the datasets by layers, each with its state and what it is made from."""

from __future__ import annotations

from collections.abc import Mapping

from rich.cells import cell_len
from rich.text import Text

from transforms_api.build.states import DatasetState
from transforms_api.graph.layout import layers_of
from transforms_api.pictures.palette import COLOURS, MARKS
from transforms_api.pictures.texts import counts_of, plain, short_names

_INDENT = " " * 14


def text_picture(states: Mapping[str, DatasetState]) -> Text:
    """Return the graph as lines: those of a layer are made from the layers above it, the datasets are in build order.

    Args:
        states: dataset → its state, each after those that it is made from.
    """
    layers = layers_of({dataset: state.sources for dataset, state in states.items()})
    names = short_names(states)
    widest = max((cell_len(plain(dataset)) for dataset in states), default=0)
    picture = Text()
    for layer in range(max(layers.values(), default=-1) + 1):
        picture.append(f"layer {layer + 1}\n", "bold")
        for dataset, state in states.items():
            if layers[dataset] == layer:
                _append_dataset(picture, state, names, widest)
    return picture.append(f"{counts_of(states.values())}\n")


def _append_dataset(picture: Text, state: DatasetState, names: Mapping[str, str], widest: int) -> None:
    path, colour = plain(state.dataset), COLOURS[state.state]
    facts = [
        "" if state.rows is None else f"{state.rows:,} rows",
        "" if state.version is None else f"version {state.version}",
        "" if state.built is None else f"{state.built:%Y-%m-%d %H:%M} UTC",
    ]
    picture.append(f"  {MARKS[state.state]} {state.state.value:<10}", colour)
    picture.append(f"{path}{' ' * (widest - cell_len(path))}  {facts[0]:>14}  {facts[1]:<12} {facts[2]}".rstrip())
    picture.append("\n")
    if state.sources:
        sources = ", ".join(names.get(source, plain(source)) for source in state.sources)
        picture.append(f"{_INDENT}from {sources}\n", "dim")
    for line in (state.reason or "").splitlines():
        picture.append(f"{_INDENT}{plain(line)}\n", colour)
