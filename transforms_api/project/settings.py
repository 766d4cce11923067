"""Settings of a run: the project that a command works on, conf/run.toml, defaults of this package, the command line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from transforms_api.errors import EnvironmentProblem
from transforms_api.project.layouts import Repository, entry_point_in, read_repository
from transforms_api.project.source_files import is_module, module_files
from transforms_api.warehouse import Warehouse, storage_of, storage_path

_INSTALLED = Path(__file__).with_name("run.toml")
"""Copy of the checkout's conf/run.toml that is part of a wheel."""


@dataclass(frozen=True)
class SourceSettings:
    """An external system in conf/sources.toml.

    Attributes:
        url: its URL.
        secrets: name → secret; not part of the repr.
    """

    url: str | None = None
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


class RunFile(BaseModel):
    """The content of conf/run.toml.

    Attributes:
        package: Python package with the transforms; None: found by the layout of the repository.
        contracts: module with the contracts, None without any.
        pages: function that returns which columns an application's pages read, as 'module:function'; None without any.
        commands: settings of commands that other packages add, by command.
        warehouse: folder, or URI on an object store.
        branch: the default branch.
        profile: name of the Spark profile of the session.
        engine: what computes Spark transforms: 'spark'; 'sail'; or 'auto', Sail where it computes as Spark does.
        jobs_side_by_side: maximum number of jobs that run at a time.
        retries: how often a job is run again after an error that may be transient.
        lineage: 'file:PATH', or the URL of an OpenLineage server; empty: none.
        profiles: name → Spark settings.
    """

    model_config = ConfigDict(extra="forbid")

    package: str | None
    contracts: str | None = None
    pages: str | None = Field(None, pattern=r"^[\w.]+:\w+$")
    commands: dict[str, dict[str, Any]] = Field(default_factory=dict)
    warehouse: str
    branch: str
    profile: str
    engine: Literal["spark", "sail", "auto"] = "spark"
    jobs_side_by_side: int
    retries: int
    lineage: str = Field("", pattern="^(file:.+|https?://[^/@]+(/.*)?)?$")
    profiles: dict[str, dict[str, str]]


@dataclass(frozen=True)
class Settings:
    """The settings of a run.

    Attributes:
        file: the merged content of conf/run.toml.
        folder: the project's folder; paths in the settings are relative to it.
        repository: the repository of the project; None for the RevOps demo.
    """

    file: RunFile
    folder: Path
    repository: Repository | None = None

    @property
    def spark(self) -> dict[str, str]:
        """Spark settings of the chosen profile.

        Raises:
            EnvironmentProblem: conf/run.toml has no such profile.
        """
        profile, profiles = self.file.profile, self.file.profiles
        if profile not in profiles:
            raise EnvironmentProblem(f"conf/run.toml has no profile '{profile}', but {', '.join(profiles)}.")
        return profiles[profile]

    def called_here(self, dataset: str) -> str:
        """Return the name of a dataset in the warehouse.

        Args:
            dataset: its name, or a RID, alias or path of transforms-shrinkwrap.yml.
        """
        return self.aliases.get(dataset, dataset)

    @property
    def aliases(self) -> dict[str, str]:
        """Alias, RID or path in transforms-shrinkwrap.yml → name of the dataset in the warehouse."""
        names = self.repository.names if self.repository else {}
        return {name: meant.alias for name, meant in names.items()}

    def warehouse_at(self, root: str | Path | None, branch: str | None) -> Warehouse:
        """Return the warehouse of the run.

        A branch other than the default one falls back to the default branch for datasets that it lacks.

        Args:
            root: folder or URI; None: that of the settings.
            branch: branch to read and build; None: the default branch of the settings.

        Raises:
            EnvironmentProblem: the object store does not answer, or its kind is unknown.
        """
        default = self.file.branch
        chosen = branch or default
        fallbacks = () if chosen == default else (default,)
        path = storage_path(self.file.warehouse, self.folder) if root is None else storage_path(root)
        storage_of(path).require_reachable(path)
        return Warehouse(path, chosen, fallbacks)


def read_settings(repo: Path | None = None, profile: str | None = None, engine: str | None = None) -> Settings:
    """Return the settings of a project.

    The defaults of a repository are its own `warehouse` folder and the default branch of its gradle.properties; its
    `conf/run.toml` overrides any of the defaults.

    Args:
        repo: the project's folder; None: see `choose_project`.
        profile: Spark profile to use; None: that of the settings.
        engine: 'spark', 'sail' or 'auto'; None: that of the settings.

    Raises:
        EnvironmentProblem: a file is missing, or a setting is invalid.
        DiscoveryError: the repository has no Python.
    """
    is_checkout = (PROJECT / RUN_FILE).is_file()
    file = PROJECT / RUN_FILE if is_checkout else _INSTALLED
    content = read_toml(file)
    options = {"profile": profile, "engine": engine}
    chosen = {name: value for name, value in options.items() if value is not None}
    repo = choose_project(repo).folder
    if repo is None:
        return Settings(_validate({**content, **chosen}, file), PROJECT if is_checkout else Path.cwd())
    repository = read_repository(repo)
    own_file = repository.folder / RUN_FILE
    own = read_toml(own_file) if own_file.is_file() else {}
    branch = repository.branch or content["branch"]
    ours: dict[str, Any] = {"package": None, "contracts": None, "pages": None, "commands": {}}
    defaults = {**ours, "warehouse": "warehouse", "branch": branch}
    merged = {**content, **defaults, **own, **chosen}
    if isinstance(merged["profiles"], dict):
        merged["profiles"] = {**content["profiles"], **merged["profiles"]}
    return Settings(_validate(merged, own_file), repository.folder, repository)


def read_sources(folder: Path) -> dict[str, SourceSettings]:
    """Return RID or name → external system, from conf/sources.toml; empty without the file.

    Args:
        folder: the project's folder.

    Raises:
        EnvironmentProblem: the file is invalid. The text has no content of the file, which may be secret.
    """
    file = folder / "conf" / "sources.toml"
    if not file.is_file():
        return {}
    try:
        return TypeAdapter(dict[str, SourceSettings]).validate_python(read_toml(file).get("sources", {}))
    except ValidationError:
        raise EnvironmentProblem(
            f'{file} has to give each source a url and secrets, all texts, under [sources."RID"].'
        ) from None


def read_toml(file: Path) -> dict[str, Any]:
    """Return the content of a TOML file.

    Args:
        file: the file.

    Raises:
        EnvironmentProblem: the file cannot be read or is not valid TOML.
    """
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise EnvironmentProblem(f"{file} cannot be read: {error}") from error


def _validate(content: dict[str, Any], file: Path) -> RunFile:
    try:
        return RunFile.model_validate(content)
    except ValidationError as error:
        raise EnvironmentProblem(f"{file} is not as it must be: {error}") from error


# The project that a command works on

PROJECT = Path(__file__).parents[2]
"""Folder of the RevOps demo: the checkout of this package."""
RUN_FILE = Path("conf", "run.toml")
_MARKS = (
    "conf/run.toml", "transforms-shrinkwrap.yml", "transforms-python/", "transform-python/", "transforms-sql/",
    "transform-sql/",
)  # fmt: skip
"""Files and folders by which a project or a Foundry repository is recognized."""
_IMPORTS_TRANSFORMS = re.compile(
    rb"^[ \t]*(from[ \t]+transforms\.api[ \t]+import|import[ \t]+transforms\.api)\b", re.MULTILINE
)
_MAX_MODULES = 2000


@dataclass(frozen=True)
class Choice:
    """The project that a command works on.

    Attributes:
        folder: its folder; None for the RevOps demo.
        reason: why it was selected, such as 'it has transforms-python/'.
    """

    folder: Path | None
    reason: str

    def __str__(self) -> str:
        if self.folder is None:
            return f"Project: the RevOps demo, {self.reason}"
        return f"Project: {self.folder.resolve()} ({self.reason})"


def choose_project(repo: Path | None) -> Choice:
    """Return the project that a command works on, with the reason.

    Candidates, in this order:

    1. `repo`.
    2. The nearest folder, from the current one upwards, that is a project or a Foundry repository. The search ends at
       the root of the git work tree or, without git, below the home folder.
    3. That root, or without git the current folder, if a module in it imports transforms.api; never the home folder or
       the root of the file system.
    4. The RevOps demo.

    Args:
        repo: the folder of `--repo`, None without the option.
    """
    if repo is not None:
        return Choice(repo, "named by --repo")
    here = Path.cwd()
    if here == PROJECT or (PROJECT in here.parents and (PROJECT / RUN_FILE).is_file()):
        reason = f"whose folder is {PROJECT}"
    else:
        reason = f"since {here} has no conf/run.toml, no transforms, and is no Foundry repository"
    tree = _work_tree_above(here)
    for folder in tree:
        if mark := _mark_of(folder):
            folder, mark = _with_parents(folder, mark)
            return Choice(folder, f"it has {mark}")
    if PROJECT not in (here, *here.parents):
        root = tree[-1] if (tree[-1] / ".git").exists() else here
        is_shared = root in (Path.home(), Path(root.anchor))
        if not is_shared and (module := _module_with_transforms(root)):
            return Choice(root, f"{module} imports transforms.api")
    return Choice(None, reason)


def _work_tree_above(here: Path) -> list[Path]:
    """Return a folder and its parents, up to the root of its git work tree.

    Without git, the list ends below the home folder or the root of the file system. It never contains our own checkout.
    """
    above = [here, *here.parents]
    root = next((folder for folder in above if (folder / ".git").exists()), None)
    if root is not None:
        tree = above[: above.index(root) + 1]
    else:
        home = Path.home()
        tree = above[: above.index(home)] if home in above else above[:-1]
        tree = tree or [here]
    return tree[: tree.index(PROJECT)] if PROJECT in tree else tree


def _mark_of(folder: Path) -> str | None:
    """Return the mark by which a folder is recognized as a project or repository, None if it has none."""
    for mark in _MARKS:
        path = folder / mark
        if path.is_dir() if mark.endswith("/") else path.is_file():
            return mark
    gradle = folder / "build.gradle"
    if gradle.is_file() and "com.palantir.transforms" in gradle.read_text(encoding="utf-8", errors="replace"):
        return "a build.gradle of Foundry's"
    return "an entry point for transforms.pipelines" if entry_point_in(folder) else None


def _module_with_transforms(folder: Path) -> Path | None:
    """Return the path, relative to a folder, of a module that imports transforms.api; None without one.

    In a git work tree the first 2,000 modules are read; elsewhere those in the folder itself, one level below and in
    its `src`.
    """
    if (folder / ".git").exists():
        files: Iterable[Path] = islice(module_files(folder), _MAX_MODULES)
    else:
        files = (
            file
            for pattern in ("*.py", "*/*.py", "src/**/*.py")
            for file in sorted(folder.glob(pattern))
            if is_module(file)
        )
    for file in files:
        try:
            text = file.read_bytes()
        except OSError:
            continue
        if _IMPORTS_TRANSFORMS.search(text):
            return file.relative_to(folder)
    return None


def _with_parents(folder: Path, mark: str) -> tuple[Path, str]:
    """Return the repository of a sub-project, or the folder itself, with its mark.

    A setup.py may lie in the `src` of a sub-project, so the two folders above are considered.
    """
    while above := _marked_above(folder):
        folder, mark = above
    return folder, mark


def _marked_above(folder: Path) -> tuple[Path, str] | None:
    """Return the first marked one of the two folders above, with its mark; None above a project or work tree."""
    for above in (folder.parent, folder.parent.parent):
        if (folder / RUN_FILE).is_file() or (folder / ".git").exists() or above == PROJECT:
            return None
        if mark := _mark_of(above):
            return above, mark
        folder = above
    return None
