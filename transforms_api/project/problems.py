"""What is wrong with a pipeline: found as a whole and told together; each fault stops only what depends on it.

Inputs that are nowhere: no transform writes them and the warehouse does not have them.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from transforms_api.declare import Input, Transform
from transforms_api.errors import GraphError, MissingInputError, TransformsError


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        error: the error that a build without tolerance raises for it.
        location: the user's 'file:line', or a file or folder.
        stops: the transforms that cannot be built because of it; those that depend on them cannot, either.
        hides: datasets that modules seem to write which, because of it, cannot be imported.
        is_warning: no transform seems to be concerned, so a build succeeds in spite of it.
        advice: the part of its text that all faults of this kind have in common.
        missing: the dataset that is nowhere, where this is the fault.
        suggestion: the question whether another dataset was meant than the one that is missing.
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
        """The name of its error's class."""
        return type(self.error).__name__

    @property
    def text(self) -> str:
        """What is wrong, where, and what to do."""
        return str(self.error)

    @property
    def finding(self) -> str:
        """What is wrong and where, without the advice."""
        return self.text.replace(self.advice, "").strip() if self.advice else self.text

    def reason_for(self, transform: Transform[Any, Any]) -> str:
        """Return why a transform that it stops, itself or through others, is not built."""
        is_direct = any(transform is stopped for stopped in self.stops)
        return self.text if is_direct else f"what it needs cannot be built: {self.text}"

    def as_json(self) -> dict[str, Any]:
        """Return the fault as JSON values."""
        stops = [transform.reference for transform in self.stops]
        return {"kind": self.kind, "location": self.location, "text": self.text, "stops": stops}


def raise_faults(faults: Sequence[Fault]) -> None:
    """Raise the error of the only fault, or one with the texts of them all; do nothing where there are only warnings.

    Raises:
        TransformsError: there are faults.
    """
    faults = [fault for fault in faults if not fault.is_warning]
    if len(faults) == 1:
        raise faults[0].error
    if faults:
        raise GraphError(f"{len(faults)} faults:\n{numbered(described(faults))}", faults)


def described(faults: Sequence[Fault], import_command: Callable[[str], str] | None = None) -> list[str]:
    """Return a text for each fault; faults of one kind that share their advice are one text, and so are missing inputs.

    Args:
        import_command: dataset → the command that imports it, to be shown with the datasets that are missing.
    """
    return [_described(group, import_command) for group in grouped(faults)]


def grouped(faults: Iterable[Fault]) -> list[list[Fault]]:
    """Return the faults by kind and advice; what has neither advice nor a missing input stays alone."""
    groups: dict[tuple[str, str, int], list[Fault]] = {}
    for position, fault in enumerate(faults):
        is_shared = bool(fault.advice) or fault.missing is not None
        groups.setdefault((fault.kind, fault.advice, -1 if is_shared else position), []).append(fault)
    return list(groups.values())


def numbered(texts: Iterable[str]) -> str:
    """Return texts as a numbered list."""
    lines = [f"{number:>3}. {_indented(text, 5)}" for number, text in enumerate(texts, 1)]
    return "\n".join(lines)


def _described(group: Sequence[Fault], import_command: Callable[[str], str] | None) -> str:
    first = group[0]
    if first.missing is not None and (len(group) > 1 or import_command):
        return _missing_inputs(group, import_command)
    if len(group) == 1:
        return f"{first.kind}: {first.text}"
    findings = "\n".join(f"- {_indented(fault.finding, 2)}" for fault in group)
    return f"{len(group)} times {first.kind}: {first.advice}\n{findings}"


def _missing_inputs(group: Sequence[Fault], import_command: Callable[[str], str] | None) -> str:
    """Return transform → missing inputs, each transform once, and the commands that import them."""
    transforms = dict.fromkeys(transform for fault in group for transform in fault.stops)
    readers: dict[tuple[str, ...], list[Transform[Any, Any]]] = {}
    for transform in transforms:
        inputs = tuple(_as_input(fault) for fault in group if transform in fault.stops)
        readers.setdefault(inputs, []).append(transform)
    reads = "reads" if len(transforms) == 1 else "read"
    lines = [
        f"{group[0].kind}: {_counted(len(transforms), 'transform')} {reads} {_counted(len(group), 'dataset')} that no "
        "transform writes and the warehouse does not have."
    ]
    for inputs, (first, *others) in readers.items():
        more = f" and {len(others)} more" if others else ""
        lines += [f"  {first.location} {first.__name__}{more}", *(f"    → {dataset}" for dataset in inputs)]
    if import_command:
        lines.append("Import them; FOLDER has the files (Parquet, CSV, JSON or Delta):")
        lines += [f"  {import_command(str(fault.missing))}" for fault in group]
    return "\n".join(lines)


def _as_input(fault: Fault) -> str:
    return f"{fault.missing}  ({fault.suggestion.strip()})" if fault.suggestion else str(fault.missing)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _indented(text: str, width: int) -> str:
    return text.replace("\n", "\n" + " " * width)


_ENOUGH_TO_COMPARE = 40_000
"""Pairs of names that are compared for suggestions, about two seconds' worth; a large repository without any of its raw
datasets has more, and no use for suggestions."""
_SUGGESTIONS = 3
_ALIKE_NAMES, _ALIKE_PATHS = 0.65, 0.8
"""How much of two names has to be the same, 1 being all of it: typed names have more errors than those in code."""


def missing_inputs(
    transforms: Iterable[Transform[Any, Any]], known: Collection[str], exists: Callable[[Input], bool]
) -> list[Fault]:
    """Return a fault for each dataset that some of these transforms read and that is nowhere; it stops them all.

    Args:
        known: datasets that transforms write, or would write but for another fault.
        exists: whether the warehouse has what an input reads.
    """
    readers: dict[str, list[Transform[Any, Any]]] = {}
    for transform in transforms:
        for spec in transform.read_specs:
            if spec.alias and spec.alias not in known and not exists(spec):
                readers.setdefault(spec.alias, []).append(transform)
    suggests = len(readers) * len(known) < _ENOUGH_TO_COMPARE
    return [_fault(dataset, several, known if suggests else ()) for dataset, several in readers.items()]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the question whether the names most like `name` were meant, to be put after a sentence."""
    found = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    return f" Did you mean {' or '.join(found)}?" if found else ""


def did_you_mean_dataset(name: str, known: Iterable[str]) -> str:
    """Return the question whether datasets were meant whose path ends nearly as `name` does.

    RIDs are neither compared nor suggested: two that look alike have nothing in common.

    Args:
        name: a path, the last part of one, or a RID.
        known: paths and names; paths are suggested for a path, names for a name.
    """
    if is_rid(name):
        return ""
    by_end: dict[str, list[str]] = {}
    for one in known:
        if not is_rid(one) and one != name and ("/" in one) == ("/" in name):
            by_end.setdefault(_last_part(one), []).append(one)
    last = _last_part(name)
    swapped = [end for end in by_end if end != last and sorted(end) == sorted(last)]
    near = difflib.get_close_matches(last, by_end, n=_SUGGESTIONS, cutoff=_ALIKE_PATHS if "/" in name else _ALIKE_NAMES)
    ends = dict.fromkeys([*swapped, *near])
    found = [one for end in ends for one in by_end[end]][:_SUGGESTIONS]
    return f" Did you mean {' or '.join(found)}?" if found else ""


def is_rid(name: str) -> bool:
    """Tell whether a dataset is named by its RID."""
    return name.startswith("ri.")


def _last_part(name: str) -> str:
    return name.rstrip("/").rpartition("/")[2]


def _fault(dataset: str, readers: list[Transform[Any, Any]], known: Iterable[str]) -> Fault:
    first, *others = {id(transform): transform for transform in readers}.values()
    also = f" {len(others)} more transforms read it, too." if others else ""
    suggestion = did_you_mean_dataset(dataset, known)
    error = MissingInputError(
        f"{first.location}: transform '{first.__name__}' reads {dataset}, which no transform "
        f"writes and the warehouse does not have.{suggestion}{also}",
        dataset,
    )
    return Fault(error, first.location, (first, *others), missing=dataset, suggestion=suggestion)
