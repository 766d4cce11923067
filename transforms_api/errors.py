"""Every error that this package raises, as one tree.

TransformsError
├── DeclarationError                 a transform is declared wrongly (also a ValueError)
│   ├── BindingError                 parameters of decorator and function do not match
│   ├── DatasetPathError             a name that is no Foundry path or leaves the warehouse
│   ├── TransformTypeError           an argument of the wrong kind (also a TypeError)
│   └── TransformKeyError            a name that the transform does not have (also a KeyError)
├── GraphError                       the declarations do not fit together
│   ├── DiscoveryError               a module cannot be imported
│   ├── DuplicateOutputError         two transforms write one dataset (also a ValueError)
│   ├── CycleError                   a dataset is made from itself
│   ├── MissingInputError            no transform writes an input and the warehouse lacks it
│   └── UnknownTargetError           a target names nothing that can be built
├── JobError                         a job failed
│   ├── ComputeError                 the user's function raised; its traceback is the cause
│   │   └── SqlError                 Spark refuses a statement of a SQL file; the text has Spark's reason
│   ├── WriteError                   returned or written rows cannot become a dataset
│   ├── ChecksFailedError            expectations that must hold do not
│   ├── EngineDifferenceError        Spark and Sail compute other rows (build --verify)
│   ├── JobStoppedError              the build stopped it, or it took too long
│   ├── NotIncrementalError          require_incremental is set, but it cannot run incrementally
│   ├── SchemaMismatchError          the previous output lacks the requested schema (also a ValueError)
│   ├── LanguageModelError           a language model gave no answer, or none is set
│   └── NotSupportedLocallyError     it needs a feature that only Foundry has (also a NotImplementedError)
├── BuildFailedError                 a build of the Python API did not complete all its jobs
├── LightweightException             single-node objects used wrongly
│   ├── LightweightTypeError         (also a TypeError)
│   ├── LightweightValueError        (also a ValueError)
│   └── LightweightNotImplementedError  (also a NotImplementedError)
├── VerbError                        a function of transforms.verbs cannot treat its DataFrames (also a ValueError)
├── StoreError                       the warehouse cannot be read or written
│   └── LockedError                  another process holds a dataset
├── ImportMappingError               an export does not fit its mapping
├── ImportSourceError                files from outside cannot become a dataset
├── PullError                        a dataset of a Foundry account cannot be pulled
├── ExportError                      a pipeline cannot become a Foundry repository, or not in that folder
├── TrialError                       a sandbox run lacks an input or has an unknown one (also a ValueError)
├── FactoryError                     rows of a test cannot be generated (also a ValueError)
├── SnapshotError                    a test's snapshot cannot be taken (also a ValueError)
└── EnvironmentProblem               Java, settings or JARs are missing or wrong
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class TransformsError(Exception):
    """Base of all errors of this package; its text says what happened, where, and what to do."""


class DeclarationError(TransformsError, ValueError):
    """A transform is declared wrongly."""


class BindingError(DeclarationError):
    """The parameters of a compute function do not match what its decorator declares."""


class DatasetPathError(DeclarationError):
    """A dataset's name is no absolute Foundry path nor a RID, or would leave the warehouse."""


class TransformTypeError(DeclarationError, TypeError):
    """An argument of a decorator has the wrong type."""


class TransformKeyError(DeclarationError, KeyError):
    """An argument of a decorator names a parameter that its transform does not have."""

    __str__ = Exception.__str__


class GraphError(TransformsError):
    """The declarations of several transforms do not fit together.

    Attributes:
        faults: the faults whose texts it has; empty for a single fault.
    """

    def __init__(self, text: str = "", faults: Sequence[Any] = ()) -> None:
        super().__init__(text)
        self.faults = tuple(faults)


class DiscoveryError(GraphError):
    """A module of the pipeline cannot be imported; the cause is the module's own error."""


class DuplicateOutputError(GraphError, ValueError):
    """Two transforms write one dataset."""


class CycleError(GraphError):
    """A dataset is made, through other datasets, from itself."""


class MissingInputError(GraphError):
    """No transform writes an input and the warehouse does not have it.

    Attributes:
        dataset: the dataset to import; None if the text already says what to do.
    """

    def __init__(self, text: str = "", dataset: str | None = None) -> None:
        super().__init__(text)
        self.dataset = dataset


class UnknownTargetError(GraphError):
    """A target of a build is no dataset, transform or pattern that the pipeline knows."""


class JobError(TransformsError):
    """A job failed; none of its outputs changed."""


class ComputeError(JobError):
    """The user's function raised; `__cause__` is its own exception with its traceback."""


class SqlError(ComputeError):
    """Spark refuses a statement of a SQL file, or fails on a row of it.

    Attributes:
        location: 'file:line', and below it the line itself.
    """

    def __init__(self, text: str, location: str) -> None:
        super().__init__(text)
        self.location = location
        self.add_note(location)


class WriteError(JobError):
    """What a transform wrote or returned cannot become a dataset."""


class ChecksFailedError(JobError):
    """Expectations with `on_error='FAIL'` do not hold.

    Attributes:
        results: results of all checks that had been evaluated.
    """

    def __init__(self, text: str, results: Sequence[Any] = ()) -> None:
        super().__init__(text)
        self.results = list(results)


class EngineDifferenceError(JobError):
    """Spark and Sail compute other rows for a job.

    Attributes:
        differences: one sentence per difference.
    """

    def __init__(self, differences: Sequence[str]) -> None:
        super().__init__("Spark and Sail compute other rows: " + "; ".join(differences))
        self.differences = list(differences)


class JobStoppedError(JobError):
    """The build stopped a job before the job had published anything."""


class NotIncrementalError(JobError):
    """A transform with `require_incremental` cannot run incrementally."""


class SchemaMismatchError(JobError, ValueError):
    """The schema passed for reading a previous output is not the one that is stored."""


class LanguageModelError(JobError):
    """A language model gave no answer: none is set, or its endpoint fails. The text never has the key."""


class NotSupportedLocallyError(JobError, NotImplementedError):
    """A transform needs a feature that only Foundry has."""


class BuildFailedError(TransformsError):
    """A build did not complete all its jobs; the text has the reason of each failed job.

    Attributes:
        report: the report of the build.
    """

    def __init__(self, text: str, report: Any = None) -> None:
        super().__init__(text)
        self.report = report


class LightweightException(TransformsError):
    """Inputs or outputs of a single-node transform were used in a way that they do not support."""


class LightweightTypeError(LightweightException, TypeError):
    """A value of a kind that cannot be written or decorated."""


class LightweightValueError(LightweightException, ValueError):
    """Arguments that do not go together."""


class LightweightNotImplementedError(LightweightException, NotImplementedError):
    """A method of single-node objects that exists on Foundry only."""


class VerbError(TransformsError, ValueError):
    """A function of `transforms.verbs` does not accept its DataFrames or arguments."""


class StoreError(TransformsError):
    """The warehouse cannot be read or written."""


class LockedError(StoreError):
    """Another process is writing a dataset; the text says which and since when."""


class ImportMappingError(TransformsError):
    """A CRM export does not fit the mapping that describes it."""


class ImportSourceError(TransformsError):
    """Files cannot be imported as a dataset, or cannot be appended to an existing one."""


class PullError(TransformsError):
    """A dataset of a Foundry account cannot be pulled; the text never has the token.

    Attributes:
        name: the account's name of the error, such as 'BranchNotFound'; empty if the account gave none.
        concerns_all: whether every dataset would fail for the same reason, such as a wrong token or host.
    """

    def __init__(self, text: str = "", name: str = "", concerns_all: bool = False) -> None:
        super().__init__(text)
        self.name, self.concerns_all = name, concerns_all


class ExportError(TransformsError):
    """A pipeline cannot be exported as a Foundry repository, or not to this folder."""


class TrialError(TransformsError, ValueError):
    """A sandbox run of a transform lacks an input, or has one that the transform does not declare."""


class FactoryError(TransformsError, ValueError):
    """Rows of a test cannot be generated as requested."""


class SnapshotError(TransformsError, ValueError):
    """A snapshot of a DataFrame cannot be taken, or a library for it is missing."""


class EnvironmentProblem(TransformsError):
    """Java, a setting, a JAR or an optional library is missing or wrong."""


class EngineStartError(EnvironmentProblem):
    """The process of an engine does not start."""
