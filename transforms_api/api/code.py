"""The code of a project: its transforms, as the modules on disk declare them, their graph and fingerprints."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transforms_api import porting
from transforms_api.errors import EnvironmentProblem
from transforms_api.project import (
    BuildGraph,
    CodeFingerprints,
    DiscoveryResult,
    Fault,
    Settings,
    build_graph,
    discover,
    discover_repository,
    forget_modules,
    module_files,
    report_slow_imports,
)

if TYPE_CHECKING:
    from transforms_api.declare import Transform
    from transforms_api.porting import Contract


class ProjectCode:
    """The transforms of a project. Its modules are imported when `graph`, or anything that needs it, is first used.

    Args:
        settings: see `read_settings`.

    Attributes:
        settings: of conf/run.toml and of the repository's own files.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @property
    def transforms(self) -> Sequence[Transform[Any, Any]]:
        """The transforms in build order.

        Raises:
            DiscoveryError: a module of the demo, or of a package that conf/run.toml names, cannot be imported.
        """
        return self.graph.order

    @property
    def faults(self) -> Sequence[Fault]:
        """What is wrong with the transforms, such as modules that cannot be imported and datasets with two writers."""
        return self.graph.faults

    @cached_property
    def discovery(self) -> DiscoveryResult:
        """The transforms in the project's files, and the folders of its modules."""
        return _discover(self.settings)

    @cached_property
    def graph(self) -> BuildGraph:
        """The transforms with what each reads and writes."""
        return build_graph(self.discovery.transforms, self.discovery.faults, self.settings.aliases)

    @property
    def contracts(self) -> list[Contract]:
        """The contracts of the module that conf/run.toml names; empty if it names none.

        Raises:
            DiscoveryError: the module cannot be imported, or has no contract.
            DeclarationError: two contracts have the same name.
        """
        _ = self.discovery  # puts the folders of the project on Python's path
        return porting.collect_contracts(self.settings.file.contracts)

    @property
    def roots(self) -> tuple[Path, ...]:
        """The folders of the project's modules."""
        return self.discovery.roots

    @cached_property
    def fingerprints(self) -> CodeFingerprints:
        """The digests of the transforms' code, which decide whether a dataset is stale."""
        return CodeFingerprints(self.roots)

    @property
    def is_tolerant(self) -> bool:
        """Whether a fault stops only what depends on it: True for a repository, False for the demo."""
        return self.settings.repository is not None

    def reload(self) -> None:
        """Import the modules of the project as they are on disk now.

        Raises:
            DiscoveryError: a module cannot be imported; the project keeps the transforms that it had.
        """
        forget_modules(self.roots)
        discovery = _discover(self.settings)
        graph = build_graph(discovery.transforms, discovery.faults, self.settings.aliases)
        self.__dict__.update(discovery=discovery, graph=graph, fingerprints=CodeFingerprints(discovery.roots))

    def explain_empty(self) -> str:
        """Return which folders were searched for transforms, what decided that, and which modules are left out."""
        roots = ", ".join(map(str, (*self.roots, *self.discovery.sql.roots)))
        lines = [f"No transforms were found in {roots or 'this folder'}."]
        lines += [f"  {line}" for line in _deciders(self.settings)]
        faulty = {fault.location.rpartition(":")[0] for fault in self.faults if fault.location}
        left_out = [line for root in self.roots for line in _declared_below(root, faulty)]
        if left_out:
            lines.append("These modules have transforms that nothing discovers (`lint` says more, F502):")
            lines += [f"  {line}" for line in left_out]
        elif faulty:
            lines.append("  Modules that could not be imported may have some: see the faults.")
        else:
            lines.append("  No module there has a function below a decorator of transforms.api.")
        return "\n".join(lines)


def _discover(settings: Settings) -> DiscoveryResult:
    """Return the transforms of the settings' package or repository; what its modules print goes to stderr.

    Raises:
        EnvironmentProblem: the settings name neither.
        DiscoveryError: there is no Python in the repository.
    """
    repository, package = settings.repository, settings.file.package
    if repository is None and package is None:
        raise EnvironmentProblem(f"{settings.folder}/conf/run.toml has to name a package: there is no --repo.")
    with (
        contextlib.redirect_stdout(sys.stderr),
        report_slow_imports(lambda text: print(text, file=sys.stderr)),
    ):
        return discover(str(package)) if repository is None else discover_repository(repository, package)


def _deciders(settings: Settings) -> Iterator[str]:
    """Yield, for each root of a project, what decides which of its transforms are discovered."""
    if settings.file.package is not None:
        yield f"The package '{settings.file.package}', which {settings.folder / 'conf' / 'run.toml'} names, decides."
        return
    for part in settings.repository.projects if settings.repository else ():
        pipelines = [file for file in sorted(part.root.glob("*/pipeline.py")) if b"Pipeline" in file.read_bytes()]
        if part.entry_point:
            yield f"The entry point '{part.entry_point}' of {part.root} decides."
        elif pipelines:
            yield f"The Pipeline in {' and '.join(map(str, pipelines))} decides."
        else:
            yield f"All modules below {part.root} decide: there is neither an entry point nor a pipeline.py."


def _declared_below(root: Path, faulty: Collection[str]) -> Iterator[str]:
    """Yield each module without a fault that declares transforms, with their names."""
    for file in module_files(root):
        if str(file) in faulty:
            continue
        try:
            functions = sorted(
                porting.declared_transforms(porting.read_module(file)), key=lambda function: function.lineno
            )
        except (SyntaxError, ValueError):
            continue  # it is reported as a fault
        if functions:
            yield f"{file}: {', '.join(function.name for function in functions)}"
