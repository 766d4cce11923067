"""Settings of a run, from conf/run.toml, a repository's own files and the command line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from transforms_api.errors import EnvironmentProblem
from transforms_api.project.layouts import Repository, entry_point_in, read_repository
from transforms_api.project.source_files import is_module, module_files
from transforms_api.warehouse import Warehouse, require_reachable, storage_path

PROJECT = Path(__file__).parents[2]
_OF_RUN = Path("conf", "run.toml")
_INSTALLED = Path(__file__).with_name("run.toml")
"""A copy of our own settings, which a wheel has in place of the checkout's."""
_MARKS = (
    "conf/run.toml", "transforms-shrinkwrap.yml", "transforms-python/", "transform-python/", "transforms-sql/",
    "transform-sql/",
)  # fmt: skip
"""Files and folders that only a project, or a Foundry repository, has."""
_IMPORTS_TRANSFORMS = re.compile(
    rb"^[ \t]*(from[ \t]+transforms\.api[ \t]+import|import[ \t]+transforms\.api)\b", re.MULTILINE
)
_MODULES_TO_LOOK_AT = 2000


@dataclass(frozen=True)
class SourceSettings:
    """What a local file says of a source: its URL, and secrets by name. Secrets never show in a text of it."""

    url: str | None = None
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Choice:
    """The project that a command works on.

    Attributes:
        folder: its folder; None for the RevOps demo, the pipeline of this package.
        reason: why it was chosen, as in 'it has transforms-python/'.
    """

    folder: Path | None
    reason: str

    def __str__(self) -> str:
        if self.folder is None:
            return f"Project: the RevOps demo, {self.reason}"
        return f"Project: {self.folder.resolve()} ({self.reason})"


class RunFile(BaseModel):
    """What conf/run.toml says."""

    model_config = ConfigDict(extra="forbid")

    package: str | None
    contracts: str | None = None
    commands: dict[str, dict[str, Any]] = Field(default_factory=dict)
    warehouse: str
    branch: str
    profile: str
    jobs_side_by_side: int
    retries: int
    lineage: str = Field("", pattern="^(file:.+|https?://[^/@]+(/.*)?)?$")
    profiles: dict[str, dict[str, str]]


@dataclass(frozen=True)
class Settings:
    """The settings of a run, and what they are about.

    Attributes:
        folder: the project's folder, which paths in its settings are relative to.
        repository: the Foundry repository to work on; None for our own pipeline.
    """

    file: RunFile
    folder: Path
    repository: Repository | None = None

    @property
    def spark(self) -> dict[str, str]:
        """Spark's settings under the chosen profile."""
        profile, profiles = self.file.profile, self.file.profiles
        if profile not in profiles:
            raise EnvironmentProblem(f"conf/run.toml has no profile '{profile}', but {', '.join(profiles)}.")
        return profiles[profile]

    def called_here(self, dataset: str) -> str:
        """Return the name of a dataset here: its RID or alias may stand for a path, by transforms-shrinkwrap.yml."""
        return self.aliases.get(dataset, dataset)

    @property
    def aliases(self) -> dict[str, str]:
        """Every alias, RID and path in the repository's transforms-shrinkwrap.yml → the dataset that it means."""
        names = self.repository.names if self.repository else {}
        return {name: meant.alias for name, meant in names.items()}

    def warehouse_at(self, root: str | Path | None, branch: str | None) -> Warehouse:
        """Return the warehouse that the command line names, or else the settings'.

        A branch other than the settings' reads from that one what it does not have itself.

        Raises:
            EnvironmentProblem: it is on an object store that does not answer, or of no known kind.
        """
        default = self.file.branch
        chosen = branch or default
        fallbacks = () if chosen == default else (default,)
        place = storage_path(self.file.warehouse, self.folder) if root is None else storage_path(root)
        require_reachable(place)
        return Warehouse(place, chosen, fallbacks)


def read_settings(repo: Path | None = None, profile: str | None = None) -> Settings:
    """Return the settings of our own pipeline, or of the Foundry repository in the folder `repo`.

    A repository's tables go into its own `warehouse` folder and, where its gradle.properties names a default branch, to
    that branch. A `conf/run.toml` in it says otherwise, as far as it says anything.

    Args:
        repo: None for the project that the current folder belongs to, see `choose_project`, or else our own pipeline.
        profile: the profile to run with in place of the one that the settings name.

    Raises:
        EnvironmentProblem: a file is missing or says something that no setting allows.
        DiscoveryError: there is no Python in the repository.
    """
    is_checkout = (PROJECT / _OF_RUN).is_file()
    file = PROJECT / _OF_RUN if is_checkout else _INSTALLED
    content = read_toml(file)
    chosen = {} if profile is None else {"profile": profile}
    repo = choose_project(repo).folder
    if repo is None:
        return Settings(_validated({**content, **chosen}, file), PROJECT if is_checkout else Path.cwd())
    repository = read_repository(repo)
    own_file = repository.folder / _OF_RUN
    own = read_toml(own_file) if own_file.is_file() else {}
    branch = repository.branch or content["branch"]
    ours: dict[str, Any] = {"package": None, "contracts": None, "commands": {}}
    defaults = {**ours, "warehouse": "warehouse", "branch": branch}
    merged = {**content, **defaults, **own, **chosen}
    if isinstance(merged["profiles"], dict):
        merged["profiles"] = {**content["profiles"], **merged["profiles"]}
    return Settings(_validated(merged, own_file), repository.folder, repository)


def choose_project(repo: Path | None) -> Choice:
    """Return the project that a command works on, and why.

    It is `repo`, or else the current folder or the nearest folder above it that is a project or a Foundry repository.
    The search ends at the root of the git work tree or, without one, below the home folder. If nothing is found there,
    it is this root, or without git the current folder, if a module there imports transforms.api; never the home folder
    or the root of the file system. Else it is the RevOps demo.

    Args:
        repo: the folder that `--repo` names.
    """
    if repo is not None:
        return Choice(repo, "named by --repo")
    here = Path.cwd()
    if here == PROJECT or (PROJECT in here.parents and (PROJECT / _OF_RUN).is_file()):
        nowhere = f"whose folder is {PROJECT}"
    else:
        nowhere = f"since {here} has no conf/run.toml, no transforms, and is no Foundry repository"
    tree = _work_tree_above(here)
    for folder in tree:
        if mark := _mark_of(folder):
            folder, mark = _with_parents(folder, mark)
            return Choice(folder, f"it has {mark}")
    if PROJECT not in (here, *here.parents):
        root = tree[-1] if (tree[-1] / ".git").exists() else here
        is_shared = root in (Path.home(), Path(root.anchor))  # by much that belongs to no project
        if not is_shared and (module := _module_with_transforms(root)):
            return Choice(root, f"{module} imports transforms.api")
    return Choice(None, nowhere)


def _work_tree_above(here: Path) -> list[Path]:
    """Return a folder and those above it, up to the root of its git work tree.

    Without a work tree these are the folders below the home folder, or else below the root of the file system. Our own
    checkout, whose project is the demo, is not among them.
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
    """Return what shows that a folder is a project or a Foundry repository, None where nothing does."""
    for mark in _MARKS:
        place = folder / mark
        if place.is_dir() if mark.endswith("/") else place.is_file():
            return mark
    gradle = folder / "build.gradle"
    if gradle.is_file() and "com.palantir.transforms" in gradle.read_text(encoding="utf-8", errors="replace"):
        return "a build.gradle of Foundry's"
    return "an entry point for transforms.pipelines" if entry_point_in(folder) else None


def _module_with_transforms(folder: Path) -> Path | None:
    """Return a module that imports transforms.api, relative to the root of a git work tree or another folder.

    In a work tree all its modules are looked at, up to a number; elsewhere, as in a home folder, those right in the
    folder, in the folders right below and in its `src`.
    """
    if (folder / ".git").exists():
        files: Iterable[Path] = islice(module_files(folder), _MODULES_TO_LOOK_AT)
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
    """Return the repository that a marked folder is a sub-project of, or the folder itself, and the mark of it.

    A setup.py may be in the `src` of a sub-project, which is no project itself: the folder above next counts, too.
    """
    while above := _marked_above(folder):
        folder, mark = above
    return folder, mark


def _marked_above(folder: Path) -> tuple[Path, str] | None:
    """Return the first of the two folders above that is marked, with its mark; none above a project or a work tree."""
    for above in (folder.parent, folder.parent.parent):
        if (folder / _OF_RUN).is_file() or (folder / ".git").exists() or above == PROJECT:
            return None
        if mark := _mark_of(above):
            return above, mark
        folder = above
    return None


def read_sources(folder: Path) -> dict[str, SourceSettings]:
    """Return the external sources that conf/sources.toml in `folder` describes, by RID or name; none without the file.

    Raises:
        EnvironmentProblem: it is not as it must be. The text never has what the file says, which may be secrets.
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

    Raises:
        EnvironmentProblem: it cannot be read or is no TOML.
    """
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise EnvironmentProblem(f"{file} cannot be read: {error}") from error


def _validated(content: dict[str, Any], file: Path) -> RunFile:
    try:
        return RunFile.model_validate(content)
    except ValidationError as error:
        raise EnvironmentProblem(f"{file} is not as it must be: {error}") from error
