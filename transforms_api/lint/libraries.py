"""Which libraries a module has on Foundry: those that come with transforms, and those that its repository declares."""

from __future__ import annotations

import importlib.metadata
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from transforms_api.graph.libraries import distributions_of

_WITH_TRANSFORMS = frozenset({"transforms", "pyspark", "py4j", "pandas", "numpy", "pyarrow"})
"""Import names that every environment of transforms has: `TransformInput.pandas()` needs pandas, which needs numpy."""
_CALLED_OTHERWISE = {
    "PIL": "pillow",
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "cv2": "opencv",
    "jwt": "pyjwt",
    "pkg_resources": "setuptools",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}
"""Import name → distribution, where one does not tell the other; asked where the library is not installed here."""
_WITHOUT_MODULES = frozenset({"python", "pip", "openjdk", "nodejs", "conda", "git", *_WITH_TRANSFORMS})
_OF_FOUNDRY = ("transforms", "foundry", "palantir", "language-model-service-api")
"""What the names of Foundry's own packages begin with; they have no modules of other names."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|#.*")
_LOCKS = "conda-versions.run*.lock"


def declared_libraries(root: Path, folder: Path) -> frozenset[str] | None:
    """Return the libraries that the files of a project declare, as they are called where they are installed from.

    Read are conda_recipe/meta.yaml, the lock beside it and pyproject.toml, in the project's root and in each folder
    above it up to the repository's. Where `[tool.transforms.lint]` of pyproject.toml names the pipeline's `libraries`,
    these stand for all of its dependencies. None where no file declares anything: then nothing is known.
    """
    places = [place for place in (root, *root.parents) if place.is_relative_to(folder)]
    files = [file for place in places for file in _files_in(place)]
    declared = [names for file in files if (names := _declared_in(file)) is not None]
    return frozenset().union(*declared) if declared else None


def is_on_foundry(name: str, declared: frozenset[str], imported: frozenset[str] = frozenset()) -> bool:
    """Tell whether Foundry has, or may have, the library of an import name.

    '_' and '-', upper and lower case are the same here. A declared 'python-docx' stands for `docx`, too. A declared
    library that is neither installed here nor imported by its own name, such as one of a company, may have modules of
    any name; then every library that is not installed here may be on Foundry.

    Args:
        imported: import names of the project.
    """
    if name in sys.stdlib_module_names or name in _WITH_TRANSFORMS:
        return True
    called = {_normal(name), _normal(_CALLED_OTHERWISE.get(name, name))}
    words = {word for library in declared for word in (library, *library.split("-"))}
    installed = distributions_of(name)
    if called & words or {_normal(one) for one in installed} & declared:
        return True
    return not installed and any(_is_unknown(library, imported) for library in declared)


def _is_unknown(library: str, imported: frozenset[str]) -> bool:
    """Tell whether it is unknown here what a declared library is imported as."""
    names = {library, library.removeprefix("python-"), library.removesuffix("-python")}
    if library in _WITHOUT_MODULES or library.startswith(_OF_FOUNDRY):
        return False
    if names & {_normal(_CALLED_OTHERWISE.get(name, name)) for name in imported}:
        return False
    try:
        return not importlib.metadata.distribution(library)
    except importlib.metadata.PackageNotFoundError:
        return True


def _files_in(place: Path) -> Iterator[Path]:
    files = [place / "conda_recipe" / "meta.yaml", *sorted(place.glob(_LOCKS)), place / "pyproject.toml"]
    return (file for file in files if file.is_file())


def _declared_in(file: Path) -> frozenset[str] | None:
    """Return what a file declares, None where it declares nothing or cannot be read as what it is called."""
    text = file.read_text(encoding="utf-8", errors="replace")
    if file.suffix == ".lock":
        lines: list[str] | None = [line for line in text.splitlines() if not line.lstrip().startswith(("#", "@"))]
    else:
        try:
            lines = _of_recipe(text) if file.suffix == ".yaml" else _of_pyproject(tomllib.loads(text))
        except (yaml.YAMLError, ValueError):
            return None
    return None if lines is None else frozenset(_normal(found[0]) for line in lines if (found := _NAME.match(line)))


def _of_recipe(text: str) -> list[str] | None:
    recipe = yaml.safe_load(_TEMPLATE.sub("", text))
    needed = recipe.get("requirements") if isinstance(recipe, dict) else None
    if not isinstance(needed, dict):
        return None
    return [str(line) for section in ("run", "pip") for line in needed.get(section) or ()]


def _of_pyproject(content: dict[str, Any]) -> list[str] | None:
    tools = content.get("tool", {})
    own: list[str] | None = tools.get("transforms", {}).get("lint", {}).get("libraries")
    if own is not None:
        return own
    poetry = tools.get("poetry", {}).get("dependencies")
    project = content.get("project", {}).get("dependencies")
    return None if project is None and poetry is None else [*(project or ()), *(poetry or ())]


def _normal(name: str) -> str:
    return re.sub(r"[._-]+", "-", name).lower()
