"""The graph as a Mermaid flowchart, which GitHub draws in Markdown."""

from __future__ import annotations

from collections.abc import Mapping

from transforms_api.build.states import DatasetState, State
from transforms_api.pictures.colours import CARD, TEXT
from transforms_api.pictures.palette import COLOURS, MARKS
from transforms_api.pictures.texts import counts_of, plain, short_names, size_of

_HARMLESS = frozenset(" _,.:✓✗○↓")
"""Beside letters and digits."""


def mermaid_picture(states: Mapping[str, DatasetState]) -> str:
    """Return the flowchart, a node for each dataset with the class of its state.

    Args:
        states: dataset → its state, each after those that it is made from.
    """
    names = short_names(states)
    ids = {dataset: f"d{number}" for number, dataset in enumerate(states)}
    lines = ["flowchart LR", "    accTitle: Build graph", f"    accDescr: {counts_of(states.values())}"]
    for dataset, state in states.items():
        label = f"{_escaped(names[dataset])}<br/>{_escaped(f'{MARKS[state.state]} {size_of(state)}')}"
        lines.append(f'    {ids[dataset]}["{label}"]:::{state.state.value}')
    for dataset, state in states.items():
        lines += [f"    {ids[source]} --> {ids[dataset]}" for source in state.sources if source in ids]
    used = {state.state for state in states.values()}
    lines += [
        f"    classDef {state.value} fill:{CARD},stroke:{COLOURS[state]},stroke-width:2px,color:{TEXT}"
        for state in State
        if state in used
    ]
    return "\n".join([*lines, ""])


def _escaped(text: str) -> str:
    """Return a text for a label: what could be syntax of Mermaid, Markdown or HTML by its number, as Mermaid has it."""
    return "".join(one if one.isalnum() or one in _HARMLESS else f"#{ord(one)};" for one in plain(text))
