"""Settings of a run, from conf/run.toml and the command line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from transforms_api.errors import EnvironmentProblem
from transforms_api.store.warehouse import Warehouse

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROJECT = Path(__file__).parents[2]


class Settings(BaseModel):
    """What conf/run.toml says."""

    model_config = ConfigDict(extra="forbid")

    package: str
    warehouse: Path
    branch: str
    profile: str
    jobs_side_by_side: int
    profiles: dict[str, dict[str, str]]

    @property
    def spark(self) -> dict[str, str]:
        """Spark's settings under the chosen profile."""
        if self.profile not in self.profiles:
            raise EnvironmentProblem(f"conf/run.toml has no profile '{self.profile}', but {', '.join(self.profiles)}.")
        return self.profiles[self.profile]

    def warehouse_at(self, root: Path | None, branch: str | None) -> Warehouse:
        """Return the warehouse that the command line names, or else the settings'."""
        return Warehouse((root or PROJECT / self.warehouse).absolute(), branch or self.branch)


def read_settings() -> Settings:
    """Return the settings of conf/run.toml.

    Raises:
        EnvironmentProblem: the file is missing or says something that no setting allows.
    """
    file = PROJECT / "conf" / "run.toml"
    try:
        return Settings.model_validate(read_toml(file))
    except ValidationError as error:
        raise EnvironmentProblem(f"{file} is not as it must be: {error}") from error


def read_toml(file: Path) -> dict[str, Any]:
    """Return the content of a TOML file.

    Raises:
        EnvironmentProblem: it cannot be read or is no TOML.
    """
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise EnvironmentProblem(f"{file} cannot be read: {error}") from error
