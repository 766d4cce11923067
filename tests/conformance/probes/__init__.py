"""All probes, by topic."""

from . import aggregates, collections, dates, frames, numbers, statements, text

PROBES = (
    *text.PROBES, *numbers.PROBES, *dates.PROBES, *collections.PROBES, *aggregates.PROBES, *frames.PROBES,
    *statements.PROBES,
)  # fmt: skip
