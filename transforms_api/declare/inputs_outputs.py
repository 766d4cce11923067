"""What a dataset may be called: an absolute Foundry path or a RID.

What a decorator's arguments are made of: the datasets that a transform reads and writes.

Specs are plain objects: unit tests hang mocks on them (`input.dataframe = MagicMock()`), as Foundry's own do.

Markings: Foundry's access rules that end at a transform. Here nobody is kept out; they are recorded.

External systems: a `Source` that a transform declares, provided on this machine by a local file.

Language models: an input that a transform declares, answered on this machine by the endpoint that a run names.

What only Foundry can hand to a compute function.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

from transforms_api.errors import DatasetPathError, DeclarationError, TransformTypeError
from transforms_api.expectations import Check

_RID = re.compile(r"ri\.[a-z0-9-]+\.[a-z0-9-]*\.[a-z0-9-]+\.[A-Za-z0-9._-]+")
_PACKAGE = str(Path(__file__).parents[1])


def check_dataset_path(path: str) -> str:
    """Return the name of the dataset that `path` means.

    Foundry resolves paths with a doubled slash or with white space around them. Both are removed, and so is a slash at
    the end, so that every spelling means one dataset.

    Raises:
        DatasetPathError: it is neither a RID nor an absolute path, or has a `.` or `..` part or a control character.
    """
    if not isinstance(path, str):
        raise _refused(f"A dataset is named by a string, not by {path!r}.")
    written = path.strip()
    if _RID.fullmatch(written):
        return written
    if not written.startswith("/"):
        raise _refused(f"'{path}' is no Foundry path: write it absolute, as in '/Project/folder/dataset'.")
    parts = [part for part in written.split("/") if part]
    if ".." in parts or "." in parts:
        raise _refused(f"'{path}' would leave its folder: a dataset's path has no '.' or '..' parts.")
    if not parts or any(ord(character) < 32 for character in written):
        raise _refused(f"{path!r} is no Foundry path: it has no name or a control character in it.")
    return "/" + "/".join(parts)


def _refused(reason: str) -> DatasetPathError:
    frame = sys._getframe(1)
    while frame.f_back and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    return DatasetPathError(f"{frame.f_code.co_filename}:{frame.f_lineno}: {reason}")


class Param:
    """Base of whatever a decorator binds to a parameter of the compute function."""

    def __init__(self, description: str | None = None) -> None:
        self.description = description


class FoundryInputParam(Param):
    """Base of what a transform reads."""


class FoundryOutputParam(Param):
    """Base of what a transform writes."""


class Input(FoundryInputParam):
    """A dataset that a transform reads, named by its absolute path or RID.

    Without an `alias` the input is unbound: its transform cannot be built, but can be called in tests.

    Args:
        branch: branch to read whatever branch is built.
        stop_propagating: `Markings` that end here on Foundry; recorded.
        stop_requiring: `OrgMarkings` that end here on Foundry; recorded.
        checks: expectations that have to hold before the transform runs.
        failure_strategy: 'fail', or 'continue': build with the last version where the input's own build failed.
        transaction_limit: how many new transactions one incremental run reads at most.

    Raises:
        DatasetPathError: `alias` is no dataset's name.
        DeclarationError: another failure strategy, or a limit below 1.
    """

    def __init__(
        self,
        alias: str | None = None,
        branch: str | None = None,
        description: str | None = None,
        stop_propagating: Any = None,
        stop_requiring: Any = None,
        checks: Check | Iterable[Check] | None = None,
        failure_strategy: Literal["continue", "fail"] | None = None,
        transaction_limit: int | None = None,
    ) -> None:
        super().__init__(description)
        if failure_strategy not in (None, "continue", "fail"):
            raise DeclarationError(f"failure_strategy is 'continue' or 'fail', not {failure_strategy!r}.")
        if transaction_limit is not None and transaction_limit < 1:
            raise DeclarationError(f"transaction_limit is at least 1, not {transaction_limit}.")
        self.alias = None if alias is None else check_dataset_path(alias)
        self.branch = branch
        self.stop_propagating = stop_propagating
        self.stop_requiring = stop_requiring
        self.checks = _as_checks(checks)
        self.failure_strategy = failure_strategy or "fail"
        self.transaction_limit = transaction_limit


class Output(FoundryOutputParam):
    """A dataset that a transform writes; its `checks` are evaluated before anything is committed."""

    def __init__(
        self,
        alias: str | None = None,
        sever_permissions: bool = False,
        description: str | None = None,
        checks: Check | Iterable[Check] | None = None,
    ) -> None:
        super().__init__(description)
        self.alias = None if alias is None else check_dataset_path(alias)
        self.sever_permissions = sever_permissions
        self.checks = _as_checks(checks)


class InputSet(FoundryInputParam):
    """Several datasets under one parameter, which receives a list of inputs in the order of `aliases`."""

    def __init__(self, aliases: Sequence[str] | None = None, description: str | None = None) -> None:
        super().__init__(description)
        self.members = tuple(Input(alias) for alias in _not_empty("InputSet", aliases))

    @property
    def aliases(self) -> list[str]:
        """The datasets' names; empty for an unbound set."""
        return [member.alias for member in self.members if member.alias]


class OutputSet(FoundryOutputParam):
    """Several datasets under one parameter, which receives a list of outputs in the order of `aliases`."""

    def __init__(
        self, aliases: Sequence[str] | None = None, sever_permissions: bool = False, description: str | None = None
    ) -> None:
        super().__init__(description)
        self.sever_permissions = sever_permissions
        self.members = tuple(Output(alias, sever_permissions) for alias in _not_empty("OutputSet", aliases))

    @property
    def aliases(self) -> list[str]:
        """The datasets' names; empty for an unbound set."""
        return [member.alias for member in self.members if member.alias]


def inputs_in(spec: Input | InputSet) -> tuple[Input, ...]:
    """Return the inputs that a spec stands for: itself, or the members of a set."""
    return spec.members if isinstance(spec, InputSet) else (spec,)


def outputs_in(spec: Output | OutputSet) -> tuple[Output, ...]:
    """Return the outputs that a spec stands for: itself, or the members of a set."""
    return spec.members if isinstance(spec, OutputSet) else (spec,)


def _not_empty(kind: str, aliases: Sequence[str] | None) -> tuple[str, ...]:
    if isinstance(aliases, str):
        raise TransformTypeError(f"{kind} takes a list of datasets, not one text.")
    if aliases is not None and not list(aliases):
        raise DeclarationError(f"{kind} takes at least one dataset.")
    return tuple(aliases or ())


def _as_checks(checks: Check | Iterable[Check] | None) -> tuple[Check, ...]:
    if checks is None:
        return ()
    found = (checks,) if isinstance(checks, Check) else tuple(checks)
    for check in found:
        if not isinstance(check, Check):
            raise TransformTypeError(f"checks= takes Check objects, not {check!r}.")
    return found


class Markings:
    """Markings, by id, that the outputs of a transform no longer carry on these branches."""

    def __init__(self, marking_ids: Sequence[str], on_branches: Sequence[str]) -> None:
        self.marking_ids = list(marking_ids)
        self.on_branches = list(on_branches)


class OrgMarkings(Markings):
    """Organisation markings, by id, that readers of the outputs no longer need on these branches."""


class Source(Param):
    """A source that a transform talks to, named by its RID or the name that it has in code.

    A run provides it from `conf/sources.toml` (a URL and secrets); a transform whose source is not there fails when it
    runs.
    """

    def __init__(self, rid: str, description: str | None = None) -> None:
        super().__init__(description)
        self.rid = rid


class OpenAiGptChatLanguageModelInput(Param):
    """A model that a transform talks to, named by the RID that Foundry knows it by.

    Here the RID chooses nothing: the environment names one endpoint and model for a run, see `runtime/language_model`.
    """

    def __init__(self, model_rid: str, description: str | None = None) -> None:
        super().__init__(description)
        self.model_rid = model_rid


class FoundryOnlyParam(Param):
    """A decorator's argument that keeps its transform from being run here.

    Attributes:
        feature: what Foundry has for it, for messages.
        arguments: what it was made with, by position.
        settings: what it was made with, by name.
    """

    feature = "a feature of Foundry"

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(settings.get("description"))
        self.arguments = arguments
        self.settings = settings
