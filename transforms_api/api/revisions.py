"""Revisions of a project's git repository: finding one, checking it out beside the work tree, building its datasets.

A revision is built in a process of its own, since its modules have the names of those that the caller has imported. As
a program this module is that process: it reads a `RevisionRequest` from stdin and writes a `RevisionResult` to stdout.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from transforms_api import builds
from transforms_api.comparing import TransformCode, changed_datasets
from transforms_api.errors import EnvironmentProblem, TransformsError
from transforms_api.project import PROJECT
from transforms_api.text import counted
from transforms_api.warehouse import Warehouse

if TYPE_CHECKING:
    from transforms_api.api.project import Project
    from transforms_api.builds import BuildReport

_SOURCES = Path("conf", "sources.toml")
_SHORT = 9
"""Digits of a commit in texts."""


@dataclass(frozen=True)
class Revision:
    """A commit of the repository that a project is part of.

    Attributes:
        name: as the user wrote it.
        commit: the full hash.
        top: root of the git work tree.
        folder: the project's folder, relative to `top`.
    """

    name: str
    commit: str
    top: Path
    folder: str

    def __str__(self) -> str:
        short = self.commit[:_SHORT]
        return self.name if self.commit.startswith(self.name) else f"{self.name} ({short})"


def is_in_git(folder: Path) -> bool:
    """Return whether a folder belongs to a git work tree; False without git.

    Args:
        folder: the folder.
    """
    return shutil.which("git") is not None and _git(folder, "rev-parse", "--show-toplevel") is not None


def find_revision(folder: Path, name: str) -> Revision | None:
    """Return a commit by a branch, a tag, a hash or an expression such as `HEAD~1`; None if git knows none.

    Args:
        folder: the project's folder.
        name: as the user wrote it.
    """
    if not is_in_git(folder):
        return None
    commit = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    top = _git(folder, "rev-parse", "--show-toplevel")
    return Revision(name, commit, Path(top or ""), _git(folder, "rev-parse", "--show-prefix") or "") if commit else None


def describe_work_tree(folder: Path) -> str:
    """Return the branch, the commit and the number of uncommitted files of a project's work tree.

    Args:
        folder: the project's folder.
    """
    if not is_in_git(folder):
        return "the project as it is on disk"
    commit = _git(folder, "rev-parse", "--verify", "--quiet", "HEAD") or "no commit"
    branch = _git(folder, "symbolic-ref", "--short", "--quiet", "HEAD")
    changed = len((_git(folder, "status", "--porcelain", "--untracked-files=all", "--", ".") or "").splitlines())
    label = f"{branch} ({commit[:_SHORT]})" if branch else commit[:_SHORT]
    return f"{label}, with {counted(changed, 'uncommitted file')}" if changed else label


def commits_lacking(revision: Revision) -> int:
    """Return how many commits of a revision the current branch lacks.

    Args:
        revision: the revision.
    """
    return int(_git(revision.top, "rev-list", "--count", f"HEAD..{revision.commit}") or 0)


def known_revisions(folder: Path) -> list[str]:
    """Return the names of branches and tags, for suggestions.

    Args:
        folder: the project's folder.
    """
    names = _git(folder, "for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/tags", "refs/remotes")
    return (names or "").splitlines()


@contextmanager
def checked_out(revision: Revision) -> Iterator[Path]:
    """Check a revision out into a temporary git worktree, and yield the folder of the project in it.

    Hooks do not run. Secrets of sources, which are not part of a repository, are copied from the user's folder.

    Args:
        revision: the revision.

    Raises:
        EnvironmentProblem: git cannot check it out, or it lacks the project's folder.
    """
    with tempfile.TemporaryDirectory(prefix="transforms-base-") as temporary:
        tree = Path(temporary, "base")
        done = _run_git(
            revision.top,
            "-c",
            f"core.hooksPath={os.devnull}",
            "worktree",
            "add",
            "--detach",
            str(tree),
            revision.commit,
        )
        if done.returncode:
            raise EnvironmentProblem(f"git cannot check {revision} out: {done.stderr.strip()}")
        try:
            folder = tree / revision.folder
            if not folder.is_dir():
                raise EnvironmentProblem(f"{revision} has no folder {revision.folder}: the project is newer than it.")
            own = revision.top / revision.folder
            if (own / _SOURCES).is_file() and not (folder / _SOURCES).exists():
                (folder / "conf").mkdir(exist_ok=True)
                shutil.copyfile(own / _SOURCES, folder / _SOURCES)
            yield folder
        finally:
            _run_git(revision.top, "worktree", "remove", "--force", str(tree))


def _git(folder: Path, *arguments: str) -> str | None:
    done = _run_git(folder, *arguments)
    return None if done.returncode else done.stdout.strip()


def _run_git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}  # those of a git hook
    return subprocess.run(
        ["git", "-C", str(folder), *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        env={**own, "LC_ALL": "C.UTF-8"},
        check=False,
    )


# The build of a revision in a process of its own


class RevisionRequest(BaseModel):
    """What to build of a revision.

    Attributes:
        folder: the project's folder in the checkout; None for the RevOps demo, whose checkout is the current folder.
        warehouse: root of the warehouse.
        branch: branch to build.
        fallbacks: branches whose fresh versions are used.
        profile: the Spark profile; None: that of the revision's settings.
        parameters: name → value; those that the revision lacks are ignored.
        targets: datasets to compare; None: all that the change touches.
        change: the transforms of the change, in build order.
    """

    folder: Path | None
    warehouse: str
    branch: str
    fallbacks: tuple[str, ...]
    profile: str | None
    parameters: dict[str, Any]
    targets: list[str] | None
    change: list[TransformCode]


class RevisionResult(BaseModel):
    """What came of it.

    Attributes:
        written: the datasets that the revision's transforms write.
        touched: dataset → why the change touches it; in build order of the change.
        failed: dataset → why the revision cannot build it.
        jobs: number of jobs that ran.
        problem: why nothing could be built; None without such a problem.
    """

    written: list[str] = []
    touched: dict[str, str] = {}
    failed: dict[str, str] = {}
    jobs: int = 0
    problem: str | None = None


def build_revision(folder: Path, request: RevisionRequest) -> RevisionResult:
    """Build the datasets of a revision that a change touches, in a new process whose progress goes to stderr.

    Args:
        folder: the project's folder in the checkout.
        request: what to build.

    Raises:
        EnvironmentProblem: the process ended without a result.
    """
    path = [os.environ["PYTHONPATH"]] if os.environ.get("PYTHONPATH") else []
    if request.folder is None:
        _use_own_engine(folder)
        path.insert(0, str(folder))
    done = subprocess.run(
        [sys.executable, "-m", __name__],
        input=request.model_dump_json(),
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path), "PYTHONDONTWRITEBYTECODE": "1"},
        check=False,
    )
    if done.returncode:
        raise EnvironmentProblem(f"The base could not be built: its process ended with code {done.returncode}.")
    return RevisionResult.model_validate_json(done.stdout)


def _use_own_engine(checkout: Path) -> None:
    """Replace the engine in a checkout of this repository by the running one, so that one engine builds both sides."""
    for name in ("transforms_api", "transforms"):
        for entry in (PROJECT / name).iterdir():
            target = checkout / name / entry.name
            if entry.name in ("revops", "__pycache__"):
                continue
            if entry.is_dir():
                shutil.rmtree(target, ignore_errors=True)
                shutil.copytree(entry, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                target.parent.mkdir(exist_ok=True)
                shutil.copyfile(entry, target)


def code_of(project: Project, parameters: Mapping[str, Any]) -> list[TransformCode]:
    """Return the transforms of a project as the comparison of code sees them, in build order.

    Args:
        project: the project.
        parameters: name → value, for transforms that declare a parameter of this name.
    """
    environment = project.environment(parameters)
    return [
        TransformCode(
            reference=transform.reference,
            writes=list(transform.writes),
            reads=list(transform.reads),
            logic=builds.logic_of(transform, environment).as_json(),
        )
        for transform in project.transforms
    ]


def failures_in(report: BuildReport) -> dict[str, str]:
    """Return dataset → why a build did not write it.

    Args:
        report: the report of the build.
    """
    states = (builds.JobState.FAILED, builds.JobState.ABORTED)
    unfinished = [job for job in report.jobs if job.state in states]
    return {
        dataset: f"{job.transform.reference} {job.state.value}: {job.reason or 'no reason is known'}"
        for job in unfinished
        for dataset in job.transform.writes
    }


def _build(request: RevisionRequest) -> RevisionResult:
    from transforms_api.api.project import Project

    with Project.open(request.folder, warehouse=request.warehouse, profile=request.profile) as opened:
        tables = Warehouse(opened.warehouse.root, request.branch, request.fallbacks)
        project = opened.without_lineage(tables)
        known = {name for transform in project.transforms for name in transform.parameters}
        parameters = {name: value for name, value in request.parameters.items() if name in known}
        before = code_of(project, parameters)
        touched = changed_datasets(before, request.change)
        written = [dataset for transform in before for dataset in transform.writes]
        selected = touched if request.targets is None else request.targets
        wanted = {dataset: touched[dataset] for dataset in selected if dataset in touched}
        result = RevisionResult(written=written, touched=dict(wanted))
        targets = [dataset for dataset in written if dataset in wanted]
        if not targets:
            return result
        try:
            report = project.build(
                *targets, parameters=parameters, strict=False, on_event=lambda event: print(f"base: {event}")
            )
        except TransformsError as error:
            return result.model_copy(update={"failed": dict.fromkeys(targets, str(error))})
        if report.was_interrupted:
            raise KeyboardInterrupt
        jobs = sum(job.state is builds.JobState.COMPLETED for job in report.jobs)
        return result.model_copy(update={"failed": failures_in(report), "jobs": jobs})


def _main() -> None:
    request = RevisionRequest.model_validate_json(sys.stdin.read())
    with redirect_stdout(sys.stderr):
        try:
            result = _build(request)
        except TransformsError as error:
            result = RevisionResult(problem=str(error))
    print(result.model_dump_json())


if __name__ == "__main__":
    _main()
