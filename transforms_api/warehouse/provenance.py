"""The commits of a dataset: their transactions, and what each version was made from.

A commit describes its origin in Delta's `userMetadata`, as the JSON of a `Provenance`. Commits are read from the files
of the log, which takes less than a millisecond per commit; opening a table takes several.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError
from pydantic_core import from_json

from transforms_api.warehouse.column_lineage import ColumnLineage
from transforms_api.warehouse.paths import storage_of

_COMMIT_FILE = re.compile(r"\d{20}\.json")
_LOG_FILE = re.compile(r"(\d{20})\.(json|checkpoint\..*)")


class TransactionType(StrEnum):
    """Effect of a transaction on the rows and files that a dataset has."""

    SNAPSHOT = "SNAPSHOT"
    """Replaces them."""
    UPDATE = "UPDATE"
    """Adds to them; a file of the same name is replaced."""
    APPEND = "APPEND"
    """Adds to them and replaces nothing."""
    DELETE = "DELETE"
    """Removes some and adds nothing."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class InputVersion(_Part):
    """The version of an input that a build read.

    Attributes:
        branch: branch that the version belongs to.
        version: Delta version.
        transaction: identifier of the commit; empty in commits of early versions.
    """

    branch: str
    version: int
    transaction: str = ""


class ParentVersion(_Part):
    """The version of the parent branch's table that a branch's first commit continues.

    Attributes:
        table: folder of that table, relative to the folder of the branch's own table.
        branch: the parent branch.
        version: Delta version.
    """

    table: str
    branch: str
    version: int


class PulledVersion(_Part):
    """The version of a Foundry account's dataset that a pull read, and the part of it that was wanted.

    Attributes:
        dataset: RID of the dataset.
        branch: branch of the account.
        transaction: RID of the last committed transaction; None if nothing has been committed, and for a view.
        views: for a view, RID of each dataset below it → RID of its last transaction.
        rows: greatest number of rows; None: all.
        where: condition of the rows, in DuckDB's SQL; None: all.
        columns: names of the columns; None: all.
        schema_only: no rows and no files, only the columns.
    """

    dataset: str
    branch: str
    transaction: str | None = None
    views: dict[str, str | None] = {}
    rows: int | None = None
    where: str | None = None
    columns: tuple[str, ...] | None = None
    schema_only: bool = False

    @property
    def origin(self) -> str:
        """The transaction and its branch, as messages name them."""
        return f"{self.transaction or self.dataset} of branch {self.branch}"


class CheckOutcome(_Part):
    """The result of a check at the time of the build.

    Attributes:
        name: the check's name.
        on_error: 'FAIL' or 'WARN'.
        problem: description of the violation; None: the check passed.
    """

    name: str = ""
    on_error: str = ""
    problem: str | None


class Provenance(BaseModel):
    """What a version was made from; stands in its commit as `userMetadata`.

    Only fields that are set are written. Fields of later versions of this package are kept.

    Attributes:
        kind: 'build', 'import' or 'restore'.
        build: identifier of the build or the import.
        transform: reference of the transform, such as `shop.pipeline:totals`.
        branch: branch that was built.
        inputs: dataset → the version that was read.
        logic: `CodeFingerprint.as_json()` of the transform.
        checks: results of the checks on inputs and outputs.
        semantic_version: that of `@incremental`; None for other transforms.
        v2_semantics: that of `@incremental`; None for other transforms.
        folder: name of the folder or file that was imported.
        pulled: the version of a Foundry account's dataset that was imported.
        restored: the version that was restored.
        type: effect of the transaction; None in commits of early versions.
        transaction: identifier of the transaction, 32 hexadecimal digits.
        files: folder of the dataset's own files, relative to the table's folder.
        replaces_files: the transaction replaced a file of the same name.
        continues: the version of the parent branch to which the transaction adds.
        holds: 'files' if the dataset has files and no rows.
        engine: 'spark' or 'sail'; None for single-node transforms, imports and commits of earlier versions.
        engine_version: version of the engine.
        engine_proof: what shows that Sail's rows equal Spark's: 'probes' of all that the code uses, or 'verified' if
            Spark has computed the same rows; None if nothing does, and for Spark.
        engine_probes: digest of the probes and the scan by which `engine_proof` is 'probes', see `probes_digest`.
        table_format: 'iceberg' if the version was written as an Iceberg table.
        sail_differences: how the rows that Sail computed differ, for a version of Spark that `--verify` has compared.
        columns: lineage of the columns; None in commits of earlier versions of this package and of files.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    kind: str | None = None
    build: str | None = None
    transform: str | None = None
    branch: str | None = None
    inputs: dict[str, InputVersion] = {}
    logic: JsonValue = None
    checks: tuple[CheckOutcome, ...] = ()
    semantic_version: int | None = None
    v2_semantics: bool | None = None
    folder: str | None = None
    pulled: PulledVersion | None = None
    restored: int | None = None
    type: TransactionType | None = None
    transaction: str | None = None
    files: str | None = None
    replaces_files: bool = False
    continues: ParentVersion | None = None
    holds: str | None = None
    engine: str | None = None
    engine_version: str | None = None
    engine_proof: str | None = None
    engine_probes: str | None = None
    table_format: str | None = None
    sail_differences: tuple[str, ...] = ()
    columns: ColumnLineage | None = None

    @classmethod
    def of_build(
        cls,
        *,
        build: str,
        transform: str,
        branch: str,
        inputs: Mapping[str, InputVersion],
        logic: JsonValue,
        checks: Sequence[CheckOutcome],
        incremental: tuple[int, bool] | None = None,
    ) -> Provenance:
        """Return the provenance of a transform's outputs.

        Args:
            build: identifier of the build.
            transform: reference of the transform.
            branch: branch that is built.
            inputs: dataset → the version that was read.
            logic: `CodeFingerprint.as_json()` of the transform.
            checks: results of the checks on inputs and outputs.
            incremental: `semantic_version` and `v2_semantics` of `@incremental`; None for other transforms.
        """
        provenance = cls(
            kind="build",
            build=build,
            transform=transform,
            branch=branch,
            inputs=dict(inputs),
            logic=logic,
            checks=tuple(checks),
        )
        if incremental is None:
            return provenance
        return provenance.with_fields(semantic_version=incremental[0], v2_semantics=incremental[1])

    @classmethod
    def of_import(cls, source: Path, branch: str) -> Provenance:
        """Return the provenance of an imported version, with a new build identifier.

        Args:
            source: the imported folder or file; only its name is recorded.
            branch: branch that is written.
        """
        return cls(kind="import", build=uuid.uuid4().hex, branch=branch, folder=source.absolute().name)

    @classmethod
    def of_pull(cls, pulled: PulledVersion, branch: str) -> Provenance:
        """Return the provenance of a version pulled from a Foundry account, with a new build identifier.

        Args:
            pulled: the account's version.
            branch: branch that is written.
        """
        return cls(kind="import", build=uuid.uuid4().hex, branch=branch, pulled=pulled)

    @classmethod
    def of_restore(cls, provenance: Provenance | None, version: int, branch: str, transaction: str) -> Provenance:
        """Return the provenance of a restored version: that of the version itself, marked as restored.

        Args:
            provenance: that of the restored version; None for a commit of another writer.
            version: number of the restored version.
            branch: branch that is written.
            transaction: identifier of the restoring transaction.
        """
        kept = provenance.model_dump(exclude_unset=True, exclude={"continues", "replaces_files"}) if provenance else {}
        restored = {
            "branch": branch,
            "restored": version,
            "transaction": transaction,
            "type": TransactionType.SNAPSHOT,
        }
        return cls.model_validate({"kind": "restore", **kept, **restored})

    @classmethod
    def of_commit(cls, commit_info: Mapping[str, Any]) -> Provenance | None:
        """Return the provenance in a commit; None for commits of other writers and for invalid fields.

        Args:
            commit_info: the `commitInfo` action of the commit.
        """
        try:
            provenance = cls.model_validate(_object(commit_info.get("userMetadata")))
        except ValidationError:
            return None
        return provenance if provenance.model_fields_set & cls.model_fields.keys() else None

    @property
    def writer(self) -> str:
        """The transform, or else the kind of operation, that made the version."""
        return self.transform or self.kind or "something else"

    @property
    def engine_remark(self) -> str | None:
        """What is known about the rows of an engine other than Spark, in a few words; None for all others."""
        if self.engine != "sail":
            return None
        known = {"verified": "verified against Spark", "probes": "equal to Spark by the probes"}
        return f"on Sail {self.engine_version}, {known.get(self.engine_proof or '', 'never verified')}"

    def with_fields(self, **values: Any) -> Provenance:
        """Return a copy with other values of some fields."""
        return self.model_copy(update=values)

    def to_json(self) -> str:
        """Return the JSON that stands in the commit; `of_commit` reads it."""
        return json.dumps(self.model_dump(mode="json", exclude_unset=True), sort_keys=True)


@dataclass(frozen=True)
class Commit:
    """One commit of a dataset.

    Attributes:
        table: folder of the table whose log contains the commit; a different table than the dataset's for the commits
            of the parent that a branch continues.
        branch: branch of that table.
        version: Delta version.
        transaction: identifier, unique over all datasets.
        type: None if the commit changes neither rows nor files.
        replaces_files: an UPDATE that replaced a file of the same name.
        provenance: what the version was made from; None for commits of other writers.
        timestamp: time of the commit in milliseconds since 1970 UTC; None if the commit does not contain it.
    """

    table: Path
    branch: str
    version: int
    transaction: str
    type: TransactionType | None
    replaces_files: bool
    provenance: Provenance | None
    timestamp: int | None = None

    @property
    def is_maintenance(self) -> bool:
        """Whether the commit changes neither rows nor files."""
        return self.type is None

    @property
    def is_additive(self) -> bool:
        """Whether the commit keeps all rows and files that were there before."""
        return self.type in (TransactionType.APPEND, TransactionType.UPDATE) and not self.replaces_files

    @property
    def transform(self) -> str | None:
        """Reference of the transform that made the version; None if no transform did."""
        return self.provenance.transform if self.provenance else None

    @property
    def build(self) -> str | None:
        """Identifier of the build or import that made the version."""
        return self.provenance.build if self.provenance else None

    @property
    def writer(self) -> str:
        """The transform, or else the kind of operation, that made the version."""
        return self.provenance.writer if self.provenance else "something else"

    @property
    def inputs(self) -> Mapping[str, InputVersion]:
        """Dataset → the version of it that the version was made from."""
        return self.provenance.inputs if self.provenance else {}

    @property
    def checks(self) -> Sequence[CheckOutcome]:
        """Results of the checks of the build that made the version."""
        return self.provenance.checks if self.provenance else ()

    @property
    def continues(self) -> ParentVersion | None:
        """The version of the parent branch that the commit continues; None for any but a branch's first commit."""
        return self.provenance.continues if self.provenance else None

    @property
    def pulled(self) -> PulledVersion | None:
        """The version of a Foundry account's dataset that the version is; None if it was not pulled."""
        return self.provenance.pulled if self.provenance else None

    @property
    def is_import(self) -> bool:
        """Whether an import, or the restore of an imported version, made the version."""
        return self.provenance is not None and self.provenance.kind == "import"


def read_commits(table: Path, branch: str, version: int | None = None) -> Iterator[Commit]:
    """Yield the commits of a table's log, newest first. Each is read when the iterator reaches it.

    Commits of other writers (Spark, delta-rs) have no provenance; their type follows from Delta's operation.

    Args:
        table: folder of the table.
        branch: branch of the table.
        version: the newest version to yield; None: all.
    """
    return _read_commits(table, branch, storage_of(table).names(table / "_delta_log"), version)


def newest_change(table: Path, branch: str, version: int | None = None) -> Commit | None:
    """Return the newest commit that changed rows or files; None if there is none.

    Args:
        table: folder of the table.
        branch: branch of the table.
        version: the newest version to consider; None: the last one.
    """
    return _newest_change(read_commits(table, branch, version))


def last_change(table: Path, branch: str) -> Commit | None:
    """Return the newest commit that changed rows or files, without provenance if files of the log are missing.

    No reader can open a table with an incomplete log, so its provenance must not count.

    Args:
        table: folder of the table.
        branch: branch of the table.
    """
    names = storage_of(table).names(table / "_delta_log")
    change = _newest_change(_read_commits(table, branch, names))
    return change if change is None or _is_complete(names) else replace(change, provenance=None)


def _newest_change(commits: Iterable[Commit]) -> Commit | None:
    return next((commit for commit in commits if not commit.is_maintenance), None)


def _read_commits(table: Path, branch: str, names: Iterable[str], version: int | None = None) -> Iterator[Commit]:
    for name in sorted(filter(_COMMIT_FILE.fullmatch, names), reverse=True):
        if version is None or int(name[:20]) <= version:
            yield _commit(table, branch, int(name[:20]), _commit_info(table / "_delta_log" / name))


def _is_complete(names: Iterable[str]) -> bool:
    """Return whether a log has all files from version 0, or from a checkpoint, to its last commit."""
    matches = [match for name in names if (match := _LOG_FILE.fullmatch(name))]
    commits = {int(match[1]) for match in matches if match[2] == "json"}
    last = max(commits, default=-1)
    begin = max((int(match[1]) for match in matches if match[2] != "json" and int(match[1]) <= last), default=-1)
    return commits.issuperset(range(begin + 1, last + 1))


def _commit_info(file: Path) -> dict[str, Any]:
    """Return the `commitInfo` of a commit; empty if the commit has none, is incomplete or is not JSON."""
    try:
        lines = file.read_text(encoding="utf-8").rstrip().split("\n")
    except (OSError, UnicodeDecodeError):
        return {}
    line = next((line for line in lines if '"commitInfo"' in line), "")
    return _object(_object(line).get("commitInfo")) if _object(lines[-1]) else {}


def _commit(table: Path, branch: str, version: int, commit_info: Mapping[str, Any]) -> Commit:
    provenance = Provenance.of_commit(commit_info)
    timestamp = commit_info.get("timestamp")
    return Commit(
        table=table,
        branch=branch,
        version=version,
        transaction=(provenance and provenance.transaction) or f"{branch}-{table.name}-{version}",
        type=(provenance and provenance.type) or _type_of(commit_info),
        replaces_files=provenance is not None and provenance.replaces_files,
        provenance=provenance,
        timestamp=timestamp if isinstance(timestamp, int) else None,
    )


def _object(value: Any) -> dict[str, Any]:
    """Return a JSON object from its value or its text; empty for anything else, including invalid or too deep JSON."""
    if isinstance(value, str):
        try:
            value = from_json(value)
        except ValueError:
            return {}
    return value if isinstance(value, dict) else {}


_MAINTENANCE = (
    "VACUUM",
    "SET TBLPROPERTIES",
    "UNSET TBLPROPERTIES",
    "ADD COLUMN",
    "ADD FEATURE",
    "CHANGE COLUMN",
    "FSCK",
)
"""Delta's operations that change neither rows nor files."""


def _type_of(commit_info: Mapping[str, Any]) -> TransactionType | None:
    operation = str(commit_info.get("operation", ""))
    if operation.startswith(_MAINTENANCE):
        return None
    mode = _object(commit_info.get("operationParameters")).get("mode")
    if operation in ("WRITE", "STREAMING UPDATE") and mode == "Append":
        return TransactionType.APPEND
    metrics = _object(commit_info.get("operationMetrics"))
    added = metrics.get("numAddedFiles", metrics.get("num_added_files", "unknown"))
    if operation == "DELETE" and str(added) == "0":
        return TransactionType.DELETE
    return TransactionType.SNAPSHOT
