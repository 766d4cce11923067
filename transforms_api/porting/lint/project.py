"""A project as lint reads it: modules, those that a transform reaches, libraries. And the base class of rules."""

from __future__ import annotations

import ast
import functools
import importlib.metadata
import inspect
import re
import sys
import tomllib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Any, ClassVar

import yaml

from transforms_api.declare import Transform
from transforms_api.porting.lint.module import Finding, Module, read_module
from transforms_api.project import (
    DiscoveryResult,
    distributions_of,
    file_of_module,
    is_own_folder,
    module_files,
    with_packages,
)


def declared_transforms(module: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield the functions that a decorator of `transforms.api` makes a transform.

    Args:
        module: the module.
    """
    for function in module.functions:
        if function.decorator_list and _makes_transform(module, function.decorator_list[-1]):
            yield function


def location_of(transform: Transform[Any, Any]) -> tuple[Path, int]:
    """Return file and line of a transform's function, decorators included.

    Args:
        transform: the transform.
    """
    code = getattr(inspect.unwrap(transform.compute_function), "__code__", None)
    return (Path(code.co_filename).resolve(), code.co_firstlineno) if code else (Path(), 0)


def _makes_transform(module: Module, decorator: ast.expr) -> bool:
    """Return whether a decorator, with or without settings called on it, is one of `transforms.api`."""
    node = decorator
    while isinstance(node, ast.Call):
        node = node.func
        while isinstance(node, ast.Attribute) and module.origin(node) is None:
            node = node.value
    return bool(re.match(r"transforms\.api\.transform(_df|_pandas|_polars)?\b", module.origin(node) or ""))


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
"""Import name → distribution, if they differ; used if the library is not installed here."""
_WITHOUT_MODULES = frozenset({"python", "pip", "openjdk", "nodejs", "conda", "git", *_WITH_TRANSFORMS})
_OF_FOUNDRY = ("transforms", "foundry", "palantir", "language-model-service-api")
"""What the names of Foundry's own packages begin with; they have no modules of other names."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|#.*")
_LOCKS = "conda-versions.run*.lock"


def declared_libraries(root: Path, folder: Path) -> frozenset[str] | None:
    """Return the libraries that the files of a project declare, by distribution name; None if no file declares any.

    Reads conda_recipe/meta.yaml, its lock file and pyproject.toml in the project's root and in each folder above it
    up to the repository's. If `[tool.transforms.lint]` of pyproject.toml lists the pipeline's `libraries`, only these
    count.

    Args:
        root: root of the project.
        folder: folder of the repository.
    """
    folders = [above for above in (root, *root.parents) if above.is_relative_to(folder)]
    files = [file for above in folders for file in _declaring_files(above)]
    declared = [names for file in files if (names := _declared_in(file)) is not None]
    return frozenset().union(*declared) if declared else None


def is_on_foundry(name: str, declared: frozenset[str], imported: frozenset[str] = frozenset()) -> bool:
    """Return whether Foundry has, or may have, the library of an import name.

    '_' and '-', upper and lower case are equal. A declared 'python-docx' stands for `docx`, too. A declared library
    that is neither installed nor imported by its own name, such as an internal one, may provide any module; then every
    library that is not installed here may be on Foundry.

    Args:
        name: import name.
        declared: result of `declared_libraries`.
        imported: import names of the project.
    """
    if name in sys.stdlib_module_names or name in _WITH_TRANSFORMS:
        return True
    called = {_normal(name), _normal(_CALLED_OTHERWISE.get(name, name))}
    words = {word for library in declared for word in (library, *library.split("-"))}
    installed = distributions_of(name)
    if called & words or set(map(_normal, installed)) & declared:
        return True
    return not installed and any(_is_unknown(library, imported) for library in declared)


def _is_unknown(library: str, imported: frozenset[str]) -> bool:
    """Return whether the import names of a declared library are unknown here."""
    names = {library, library.removeprefix("python-"), library.removesuffix("-python")}
    if library in _WITHOUT_MODULES or library.startswith(_OF_FOUNDRY):
        return False
    if names & {_normal(_CALLED_OTHERWISE.get(name, name)) for name in imported}:
        return False
    try:
        return not importlib.metadata.distribution(library)
    except importlib.metadata.PackageNotFoundError:
        return True


def _declaring_files(folder: Path) -> Iterator[Path]:
    files = [folder / "conda_recipe" / "meta.yaml", *sorted(folder.glob(_LOCKS)), folder / "pyproject.toml"]
    return (file for file in files if file.is_file())


def _declared_in(file: Path) -> frozenset[str] | None:
    """Return what a file declares, None if it declares nothing or cannot be read."""
    text = file.read_text(encoding="utf-8", errors="replace")
    if file.suffix == ".lock":
        lines: list[str] | None = [line for line in text.splitlines() if not line.lstrip().startswith(("#", "@"))]
    else:
        try:
            lines = _of_recipe(text) if file.suffix == ".yaml" else _of_pyproject(text)
        except (yaml.YAMLError, ValueError):
            return None
    return None if lines is None else frozenset(_normal(match[0]) for line in lines if (match := _NAME.match(line)))


def _of_recipe(text: str) -> list[str] | None:
    recipe = yaml.safe_load(_TEMPLATE.sub("", text))
    needed = recipe.get("requirements") if isinstance(recipe, dict) else None
    if not isinstance(needed, dict):
        return None
    return [str(line) for section in ("run", "pip") for line in needed.get(section) or ()]


def _of_pyproject(text: str) -> list[str] | None:
    content = tomllib.loads(text)
    tools = content.get("tool", {})
    own: list[str] | None = tools.get("transforms", {}).get("lint", {}).get("libraries")
    if own is not None:
        return own
    poetry = tools.get("poetry", {}).get("dependencies")
    project = content.get("project", {}).get("dependencies")
    return None if project is None and poetry is None else [*(project or ()), *(poetry or ())]


def _normal(name: str) -> str:
    return re.sub(r"[._-]+", "-", name).lower()


@dataclass(frozen=True)
class LintedProject:
    """The modules of a project.

    Attributes:
        modules: file → module.
        unreadable: file → why it is no module.
        reached: files of modules with transforms, and of the project's modules that these import.
        loaded: files of modules that discovery has imported.
        own: top-level names of the project.
        libraries: root → declared libraries, None if unknown.
        discovered: file and line of each discovered transform; None if modules failed, so that others may be missing.
    """

    modules: dict[Path, Module]
    unreadable: dict[Path, SyntaxError | ValueError]
    reached: frozenset[Path]
    loaded: frozenset[Path]
    own: frozenset[str]
    libraries: dict[Path, frozenset[str] | None]
    discovered: frozenset[tuple[Path, int]] | None = None

    @functools.cached_property
    def imported(self) -> frozenset[str]:
        """Top-level names of the modules imported from elsewhere."""
        return frozenset().union(*(module.imported for module in self.modules.values())) - self.own

    @functools.cached_property
    def declares_external_system(self) -> bool:
        """Whether a module that a transform reaches imports from `transforms.external.systems`."""
        origins = (origin for file in self.reached for origin in self.modules[file].names.values())
        return any(origin.startswith("transforms.external.systems") for origin in origins)

    def libraries_of(self, module: Module) -> frozenset[str] | None:
        """Return the libraries declared for a module's root.

        Args:
            module: the module.
        """
        return next(declared for root, declared in self.libraries.items() if module.file.is_relative_to(root))


def read_project(discovery: DiscoveryResult, folder: Path) -> LintedProject:
    """Return the linted project.

    Args:
        discovery: result of the project's discovery, which has put its roots on Python's path.
        folder: folder of the repository.
    """
    roots = tuple(root.resolve() for root in discovery.roots)
    modules: dict[Path, Module] = {}
    unreadable: dict[Path, SyntaxError | ValueError] = {}
    for file in dict.fromkeys(file for root in roots for file in module_files(root)):
        try:
            modules[file] = read_module(file)
        except (SyntaxError, ValueError) as error:
            unreadable[file] = error
    files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    loaded = frozenset(path for file in files if file and (path := Path(file).resolve()) in modules)
    libraries = {root: declared_libraries(root, folder.resolve()) for root in roots}
    own = frozenset(
        entry.stem
        for root in roots
        for entry in root.iterdir()
        if entry.suffix == ".py" or (entry.is_dir() and is_own_folder(entry))
    )
    discovered = None if discovery.faults else frozenset(location_of(transform) for transform in discovery.transforms)
    return LintedProject(modules, unreadable, _reached(modules, discovery), loaded, own, libraries, discovered)


def _reached(modules: dict[Path, Module], discovery: DiscoveryResult) -> frozenset[Path]:
    waiting = [file for file, module in modules.items() if any(declared_transforms(module))]
    waiting += [location_of(transform)[0] for transform in discovery.transforms]
    reached: set[Path] = set()
    while waiting:
        file = waiting.pop()
        if file in modules and file not in reached:
            reached.add(file)
            waiting += _imported_by(modules[file])
    return frozenset(reached)


def _imported_by(module: Module) -> Iterator[Path]:
    """Yield the files of the modules that a module imports, including the packages that contain them."""
    for node in module.imports:
        names = [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom) and node.level:
            base = module.file.parents[node.level - 1]
            parts = (node.module or "").split(".") if node.module else []
            paths = [base.joinpath(*parts[:end]) for end in range(len(parts) + 1)]
            paths += [base.joinpath(*parts, name) for name in names]
            yield from (file for path in paths for file in (path / "__init__.py", path.with_suffix(".py")))
        else:
            origins = [f"{node.module}.{name}" for name in names] if isinstance(node, ast.ImportFrom) else names
            yield from (file for origin in origins for file in _files_of(origin))


def _files_of(name: str) -> Iterator[Path]:
    yield from (file.resolve() for module in with_packages(name) if (file := file_of_module(module)))


class Scope(Enum):
    """The modules of a project that a rule applies to."""

    REACHED = auto()
    """Modules with a transform, and the project's modules that these import."""
    IMPORTED = auto()
    """These, and all modules that discovery has imported."""
    ALL = auto()
    """All modules."""


class Rule:
    """A rule. The first line of a subclass's docstring is what the code does, as a predicate of 'this module'.

    The other lines of its docstring say what to do.

    Attributes:
        code: name of the rule in findings and in comments that suppress them.
    """

    code: ClassVar[str]

    @classmethod
    def says(cls) -> str:
        """Return what the code does, as a predicate of 'this module'."""
        first_line = inspect.cleandoc(cls.__doc__ or "").partition("\n")[0].rstrip(".")
        return first_line[:1].lower() + first_line[1:]

    @classmethod
    def fix(cls) -> str:
        """Return what to do."""
        return " ".join(inspect.cleandoc(cls.__doc__ or "").partition("\n")[2].split())


class ModuleRule(Rule, ABC):
    """A rule on the text of single modules.

    Attributes:
        scope: the modules that the rule applies to.
    """

    scope: ClassVar[Scope] = Scope.REACHED

    @abstractmethod
    def check(self, module: Module, project: LintedProject) -> Iterator[Finding]:
        """Yield the findings of the rule in a module.

        Args:
            module: the module.
            project: the project that has the module.
        """
