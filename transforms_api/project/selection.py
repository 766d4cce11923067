"""Selection of the project that a command works on: named by `--repo`, found above the current folder, or the demo."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from transforms_api.project.layouts import entry_point_in
from transforms_api.project.source_files import is_module, module_files

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
