"""Settings of a run, from conf/run.toml, a repository's own files and the command line."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from transforms_api.errors import EnvironmentProblem
from transforms_api.graph.repository import Repository, read_repository
from transforms_api.runtime.external import SourceSettings
from transforms_api.store.locations import place_at
from transforms_api.store.places import demand_reachable
from transforms_api.store.warehouse import Warehouse

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROJECT = Path(__file__).parents[2]
_OF_RUN = Path("conf", "run.toml")
_INSTALLED = Path(__file__).with_name("run.toml")
"""A copy of our own settings, which a wheel has in place of the checkout's."""


class Coaching(BaseModel):
    """What `coach` is about: a dataset, and the column that says whom a row is about."""

    model_config = ConfigDict(extra="forbid")

    dataset: str
    key: str


class RunFile(BaseModel):
    """What conf/run.toml says."""

    model_config = ConfigDict(extra="forbid")

    package: str | None
    contracts: str | None = None
    coaching: Coaching | None = None
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

    def warehouse_at(self, root: str | Path | None, branch: str | None) -> Warehouse:
        """Return the warehouse that the command line names, or else the settings'.

        A branch other than the settings' reads from that one what it does not have itself.

        Raises:
            EnvironmentProblem: it is on an object store that does not answer, or of no known kind.
        """
        default = self.file.branch
        chosen = branch or default
        fallbacks = () if chosen == default else (default,)
        place = place_at(self.file.warehouse, self.folder) if root is None else place_at(root)
        demand_reachable(place)
        return Warehouse(place, chosen, fallbacks)


def read_settings(repo: Path | None = None, profile: str | None = None) -> Settings:
    """Return the settings of our own pipeline, or of the Foundry repository in the folder `repo`.

    A repository's tables go into its own `warehouse` folder and, where its gradle.properties names a default branch, to
    that branch. A `conf/run.toml` in it says otherwise, as far as it says anything.

    Args:
        repo: None for the project in the current folder, where it has a `conf/run.toml`, or else our own pipeline.
        profile: the profile to run with in place of the one that the settings name.

    Raises:
        EnvironmentProblem: a file is missing or says something that no setting allows.
        DiscoveryError: there is no Python in the repository.
    """
    is_checkout = (PROJECT / _OF_RUN).is_file()
    file = PROJECT / _OF_RUN if is_checkout else _INSTALLED
    content = read_toml(file)
    chosen = {} if profile is None else {"profile": profile}
    repo = repo or project_here()
    if repo is None:
        return Settings(_validated({**content, **chosen}, file), PROJECT if is_checkout else Path.cwd())
    repository = read_repository(repo)
    own_file = repository.folder / _OF_RUN
    own = read_toml(own_file) if own_file.is_file() else {}
    branch = repository.branch or content["branch"]
    defaults = {"package": None, "contracts": None, "coaching": None, "warehouse": "warehouse", "branch": branch}
    merged = {**content, **defaults, **own, **chosen}
    if isinstance(merged["profiles"], dict):
        merged["profiles"] = {**content["profiles"], **merged["profiles"]}
    return Settings(_validated(merged, own_file), repository.folder, repository)


def project_here() -> Path | None:
    """Return the current folder where it is a project of its own, as its `conf/run.toml` says; else None."""
    here = Path.cwd()
    return here if here != PROJECT and (here / _OF_RUN).is_file() else None


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
