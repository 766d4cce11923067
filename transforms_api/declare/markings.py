"""Markings: Foundry's access rules that end at a transform. Here nobody is kept out; they are recorded."""

from __future__ import annotations

from collections.abc import Sequence


class Markings:
    """Markings, by id, that the outputs of a transform no longer carry on these branches."""

    def __init__(self, marking_ids: Sequence[str], on_branches: Sequence[str]) -> None:
        self.marking_ids = list(marking_ids)
        self.on_branches = list(on_branches)


class OrgMarkings(Markings):
    """Organisation markings, by id, that readers of the outputs no longer need on these branches."""
