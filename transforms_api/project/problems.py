"""Faults of a project: collected, reported together, and each stopping only the transforms that depend on it.

Missing inputs, with suggestions of similar names, are one kind of fault.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from transforms_api.declare import BoundInput, Transform
from transforms_api.errors import GraphError, MissingInputError, TransformsError
from transforms_api.text import counted

IMPORT_FORMATS = "Parquet, CSV, JSON, Delta or Iceberg"
"""What a folder for `import` may have, in messages."""


@dataclass(frozen=True)
class Fault:
    """One problem of a project.

    Attributes:
        error: the error that a strict build raises.
        location: 'file:line' in the user's code, or a file or folder.
        stops: transforms that cannot be built; transforms that depend on them cannot be built, either.
        hides: datasets that modules seem to write which cannot be imported.
        is_warning: no transform seems to be affected, so a build succeeds nevertheless.
        advice: the part of the text that all faults of this kind share.
        missing: the dataset, if the fault is a missing input.
        suggestion: 'Did you mean …?' with similar names, for a missing input.
    """

    error: TransformsError
    location: str
    stops: tuple[Transform[Any, Any], ...] = ()
    hides: frozenset[str] = frozenset()
    is_warning: bool = False
    advice: str = ""
    missing: str | None = None
    suggestion: str = ""

    @property
    def kind(self) -> str:
        """Name of the error's class."""
        return type(self.error).__name__

    @property
    def text(self) -> str:
        """The problem, its location and what to do."""
        return str(self.error)

    @property
    def finding(self) -> str:
        """The problem and its location, without the advice."""
        return self.text.replace(self.advice, "").strip() if self.advice else self.text

    def reason_for(self, transform: Transform[Any, Any]) -> str:
        """Return why a transform is not built.

        Args:
            transform: a transform that the fault stops, directly or through others.
        """
        is_direct = any(transform is stopped for stopped in self.stops)
        return self.text if is_direct else f"what it needs cannot be built: {self.text}"

    def as_json(self) -> dict[str, Any]:
        """Return the fault as JSON values."""
        stops = [transform.reference for transform in self.stops]
        return {"kind": self.kind, "location": self.location, "text": self.text, "stops": stops}


def raise_faults(faults: Sequence[Fault]) -> None:
    """Raise an error unless all faults are warnings.

    Args:
        faults: faults of a project.

    Raises:
        GraphError: several faults; the text has all of them. A single fault is raised as its own error.
    """
    faults = [fault for fault in faults if not fault.is_warning]
    if len(faults) == 1:
        raise faults[0].error
    if faults:
        raise GraphError(f"{len(faults)} faults:\n{number_texts(describe_faults(faults))}", faults)


def describe_faults(
    faults: Sequence[Fault], import_command: Callable[[str], str] | None = None, pull_command: str = ""
) -> list[str]:
    """Return the texts of faults; faults with the same advice, and all missing inputs, share a text.

    Args:
        faults: faults of a project.
        import_command: dataset → the command that imports it, for the text on missing inputs.
        pull_command: the command that pulls all of them from a Foundry account.
    """
    return [_describe_group(group, import_command, pull_command) for group in group_faults(faults)]


def group_faults(faults: Iterable[Fault]) -> list[list[Fault]]:
    """Return faults in groups of the same kind and advice; a fault without advice or missing input is a group.

    Args:
        faults: faults of a project.
    """
    groups: dict[tuple[str, str, int], list[Fault]] = {}
    for position, fault in enumerate(faults):
        is_shared = bool(fault.advice) or fault.missing is not None
        groups.setdefault((fault.kind, fault.advice, -1 if is_shared else position), []).append(fault)
    return list(groups.values())


def number_texts(texts: Iterable[str]) -> str:
    """Return texts as a numbered list.

    Args:
        texts: texts of one or more lines.
    """
    lines = [f"{number:>3}. {_indent(text, 5)}" for number, text in enumerate(texts, 1)]
    return "\n".join(lines)


def _describe_group(group: Sequence[Fault], import_command: Callable[[str], str] | None, pull_command: str) -> str:
    first = group[0]
    if first.missing is not None and (len(group) > 1 or import_command):
        return _missing_inputs(group, import_command, pull_command)
    if len(group) == 1:
        return f"{first.kind}: {first.text}"
    findings = "\n".join(f"- {_indent(fault.finding, 2)}" for fault in group)
    return f"{len(group)} times {first.kind}: {first.advice}\n{findings}"


def _missing_inputs(group: Sequence[Fault], import_command: Callable[[str], str] | None, pull_command: str) -> str:
    """Return a text with the transforms, their missing inputs and the commands that import these."""
    transforms = dict.fromkeys(transform for fault in group for transform in fault.stops)
    readers: dict[tuple[str, ...], list[Transform[Any, Any]]] = {}
    for transform in transforms:
        inputs = tuple(_as_input(fault) for fault in group if transform in fault.stops)
        readers.setdefault(inputs, []).append(transform)
    reads = "reads" if len(transforms) == 1 else "read"
    lines = [
        f"{group[0].kind}: {counted(len(transforms), 'transform')} {reads} {counted(len(group), 'dataset')} that no "
        "transform writes and the warehouse does not have."
    ]
    for inputs, (first, *others) in readers.items():
        more = f" and {len(others)} more" if others else ""
        lines += [f"  {first.location} {first.__name__}{more}", *(f"    → {dataset}" for dataset in inputs)]
    if pull_command:
        lines.append(f"Pull them from your Foundry account: {pull_command}")
    if import_command:
        lines.append(f"Import them; FOLDER has the files ({IMPORT_FORMATS}):")
        lines += [f"  {import_command(str(fault.missing))}" for fault in group]
    return "\n".join(lines)


def _as_input(fault: Fault) -> str:
    return f"{fault.missing}  ({fault.suggestion.strip()})" if fault.suggestion else str(fault.missing)


def _indent(text: str, width: int) -> str:
    return text.replace("\n", "\n" + " " * width)


_MAX_COMPARISONS = 40_000
"""Maximum number of pairs of names to compare for suggestions, about two seconds. A large repository without its raw
datasets has more, and suggestions would not help there."""
_SUGGESTIONS = 3
_MIN_SIMILARITY_OF_NAMES, _MIN_SIMILARITY_OF_PATHS = 0.65, 0.8
"""Minimum ratio of `difflib` (1: equal): typed names have more errors than paths in code."""


def missing_inputs(
    transforms: Iterable[Transform[Any, Any]], known: Collection[str], exists: Callable[[BoundInput], bool]
) -> list[Fault]:
    """Return a fault for each dataset that no transform writes and the warehouse lacks; it stops all its readers.

    Args:
        transforms: transforms whose inputs are checked.
        known: datasets that transforms write, or would write without a fault.
        exists: returns whether the warehouse has the dataset of an input.
    """
    readers: dict[str, list[Transform[Any, Any]]] = {}
    for transform in transforms:
        for bound in transform.bound_inputs:
            if bound.dataset not in known and not exists(bound):
                readers.setdefault(bound.dataset, []).append(transform)
    suggests = len(readers) * len(known) < _MAX_COMPARISONS
    return [_fault(dataset, several, known if suggests else ()) for dataset, several in readers.items()]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ' Did you mean A or B?' with the most similar names, or an empty text.

    Args:
        name: an unknown name.
        known: all known names.
    """
    similar = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    return _question(similar)


def did_you_mean_dataset(name: str, known: Iterable[str]) -> str:
    """Return ' Did you mean A or B?' with datasets whose paths end similarly, or an empty text.

    RIDs are neither compared nor suggested: similar RIDs have nothing in common.

    Args:
        name: unknown dataset: a path, the last part of a path, or a RID.
        known: known paths and names; paths are suggested for a path, names for a name.
    """
    if is_rid(name):
        return ""
    by_end: dict[str, list[str]] = {}
    for path in known:
        if not is_rid(path) and path != name and ("/" in path) == ("/" in name):
            by_end.setdefault(_last_part(path), []).append(path)
    last = _last_part(name)
    swapped = [end for end in by_end if end != last and sorted(end) == sorted(last)]
    similar = difflib.get_close_matches(
        last, by_end, n=_SUGGESTIONS, cutoff=_MIN_SIMILARITY_OF_PATHS if "/" in name else _MIN_SIMILARITY_OF_NAMES
    )
    ends = dict.fromkeys([*swapped, *similar])
    return _question([path for end in ends for path in by_end[end]][:_SUGGESTIONS])


def _question(names: Sequence[str]) -> str:
    return f" Did you mean {' or '.join(names)}?" if names else ""


def is_rid(name: str) -> bool:
    """Return whether the name of a dataset is a RID.

    Args:
        name: a path or RID.
    """
    return name.startswith("ri.")


def _last_part(name: str) -> str:
    return name.rstrip("/").rpartition("/")[2]


def _fault(dataset: str, readers: list[Transform[Any, Any]], known: Iterable[str]) -> Fault:
    first, *others = dict.fromkeys(readers)
    also = f" {len(others)} more transforms read it, too." if others else ""
    suggestion = did_you_mean_dataset(dataset, known)
    error = MissingInputError(
        f"{first.location}: transform '{first.__name__}' reads {dataset}, which no transform "
        f"writes and the warehouse does not have.{suggestion}{also}",
        dataset,
    )
    return Fault(error, first.location, (first, *others), missing=dataset, suggestion=suggestion)
