"""The files of a Foundry repository that a pipeline lacks, as texts, and the packages that its imports need."""

from __future__ import annotations

import ast
import importlib.metadata
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from transforms_api.project import NAMESPACE, distributions_of

FOUNDRY_SPARK = "3.5.*"
"""The line of Spark that Foundry runs and that decides what code means."""
_OF_TRANSFORMS = {
    "expectations": "transforms-expectations",
    "verbs": "transforms-verbs",
    "external": "transforms-external-systems",
    "mediasets": "transforms-media",
    "tables": "transforms-tables",
}
"""Module of `transforms` → the package that has it on Foundry, if it is not `transforms` itself."""
_LANGUAGE_MODELS = {
    "foundry_ml": "foundry_ml",
    "palantir_models": "palantir_models",
    "palantir_models_serializers": "palantir_models_serializers",
    "language_model_service_api": "language-model-service-api",
}
"""Import name → Foundry's package; here these names are parts of our distribution."""


@dataclass(frozen=True)
class Requirements:
    """The packages that modules need.

    Attributes:
        of_foundry: Foundry's own packages, whose version the repository decides.
        pinned: package → version.
        unknown: imported modules that no installed package provides.
    """

    of_foundry: tuple[str, ...]
    pinned: dict[str, str]
    unknown: tuple[str, ...]


def requirements_of(modules: Iterable[bytes], own: Iterable[str], versions: Mapping[str, str]) -> Requirements:
    """Return the packages that modules import, without Python's own and those of the project.

    Args:
        modules: texts of the modules.
        own: top-level names of the project.
        versions: package → version to pin instead of the installed one.
    """
    imported = {name for text in modules for name in imported_modules(text)}
    tops = {name.split(".")[0] for name in imported} - set(own) - set(sys.stdlib_module_names) - {NAMESPACE}
    of_foundry = {
        package
        for module, package in _OF_TRANSFORMS.items()
        if any(f"{name}.".startswith(f"{NAMESPACE}.{module}.") for name in imported)
    }
    of_foundry |= {package for top, package in _LANGUAGE_MODELS.items() if top in tops}
    pinned, unknown = {}, []
    for top in sorted(tops - _LANGUAGE_MODELS.keys()):
        packages = {package for name in imported if name.partition(".")[0] == top for package in distributions_of(name)}
        if top == "pyspark":
            pinned["pyspark"] = FOUNDRY_SPARK
        elif packages:
            for package in packages:
                name = package.lower()
                pinned[name] = versions.get(name) or importlib.metadata.version(package)
        elif top in versions:
            pinned[top] = versions[top]
        else:
            unknown.append(top)
    return Requirements(tuple(sorted(of_foundry)), dict(sorted(pinned.items())), tuple(unknown))


def imported_modules(text: bytes) -> Iterator[str]:
    """Yield the full names that a module imports, as 'package.module', without relative imports; none if it is invalid.

    Args:
        text: text of the module.
    """
    for name, _ in imports_of(text):
        yield name


def imports_of(text: bytes) -> Iterator[tuple[str, int]]:
    """Yield the full names that a module imports, with their lines.

    Args:
        text: text of the module.
    """
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError):
        return
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


_WHAT_IT_IS = "Written by `run_local.py export`; EXPORT.md says what to know about it."

BUILD = f"""\
// {_WHAT_IT_IS}
// The plugins' versions and repositories stand in files that Foundry's bootstrap writes; where it wrote another
// build.gradle, keep that one.
apply plugin: 'com.palantir.transforms.lang'
"""

PYTHON_BUILD = f"""\
// {_WHAT_IT_IS}
apply plugin: 'com.palantir.transforms.lang.python'
apply plugin: 'com.palantir.transforms.lang.pytest-defaults'
"""

SQL_BUILD = f"""\
// {_WHAT_IT_IS}
apply plugin: 'com.palantir.transforms.lang.sql'
"""

PYTEST = """\
[pytest]
addopts = --import-mode=importlib
"""

CONFTEST = '''\
"""What the tests use beside Foundry's fixture `spark_session`: a shorter name, and ways to call one transform."""

import pytest

from transforms.api import ParamValueInput


@pytest.fixture(scope="session")
def spark(spark_session):
    return spark_session


class InputRows:
    def __init__(self, df):
        self._df = df

    def dataframe(self):
        return self._df


class Written:
    def write_dataframe(self, df):
        self.df = df


class Context:
    def __init__(self, spark):
        self.spark_session = spark


class Outputs(dict):
    @property
    def only(self):
        [df] = self.values()
        return df


@pytest.fixture(scope="session")
def run_transform(compute_transform):
    """The same as `compute_transform`: expectations are not evaluated here, whatever `checks` says."""
    return lambda transform, inputs=None, checks=True, **parameters: compute_transform(transform, inputs, **parameters)


@pytest.fixture(scope="session")
def compute_transform(spark):
    """compute_transform(transform, {name: DataFrame, rows or (schema, rows)}, parameter=value) → outputs by name.

    `.only` is the only output. Nothing is committed, and expectations are not evaluated.
    """

    def frame(rows):
        if isinstance(rows, tuple):
            return spark.createDataFrame(rows[1], rows[0])
        return spark.createDataFrame(rows) if isinstance(rows, list) else rows

    def compute(transform, inputs=None, **parameters):
        if isinstance(transform, str):
            pytest.skip("SQL transforms are tested by transforms-anywhere alone")
        written = {name: Written() for name in transform.outputs}
        read = {name: InputRows(frame(rows)) for name, rows in (inputs or {}).items()}
        chosen = {
            name: ParamValueInput(parameters.get(name, spec.default)) for name, spec in transform.parameters.items()
        }
        arguments = {**read, **chosen, **written}
        code = transform.compute_function.__code__
        if "ctx" in code.co_varnames[: code.co_argcount]:
            arguments["ctx"] = Context(spark)
        transform(**arguments)
        return Outputs({name: output.df for name, output in written.items()})

    return compute
'''
FIXTURES_THERE = {"spark", "run_transform", "compute_transform"}
"""Fixtures that `CONFTEST` has, whatever they are here."""


def gradle_properties(branch: str) -> str:
    """Return the repository's gradle.properties.

    Args:
        branch: default branch of the repository.
    """
    return (
        f"# {_WHAT_IT_IS}\n"
        "# transformsRepoPath and transformsRepoRid are what Foundry's bootstrap wrote for this repository.\n"
        f"transformsDefaultBranchName = {branch}\n"
    )


def pipeline(packages: Sequence[str], inside: str | None) -> str:
    """Return the module with the `Pipeline` of some packages and the modules below them.

    Args:
        packages: names of the packages.
        inside: package that contains them; None if they are directly under `src`.
    """
    names = ", ".join(sorted(packages))
    imports = f"from {inside} import {names}" if inside else f"import {names}"
    return (
        f'"""The pipeline that setup.py names. {_WHAT_IT_IS}"""\n\n'
        f"from transforms.api import Pipeline\n\n{imports}\n\n"
        f"my_pipeline = Pipeline()\nmy_pipeline.discover_transforms({names})\n"
    )


def setup(entry_point: str, modules: Sequence[str], has_data: bool) -> str:
    """Return the setup.py with the entry point that Foundry's checks need.

    Args:
        entry_point: 'module:attribute' of the `Pipeline`.
        modules: modules directly under `src`, in no package.
        has_data: whether packages contain files other than modules.
    """
    more = f"    py_modules={list(modules)!r},\n".replace("'", '"') if modules else ""
    more += '    package_data={"": ["*"]},\n' if has_data else ""
    return (
        f'"""Packs the modules; Foundry sets both variables. {_WHAT_IT_IS}"""\n\n'
        "import os\n\nfrom setuptools import find_packages, setup\n\n"
        "setup(\n"
        '    name=os.environ["PKG_NAME"],\n'
        '    version=os.environ["PKG_VERSION"],\n'
        '    packages=find_packages(exclude=["test", "test.*"]),\n'
        f"{more}"
        f'    entry_points={{"transforms.pipelines": ["root = {entry_point}"]}},\n'
        ")\n"
    )


def meta(python: str, run: Requirements, test: Requirements) -> str:
    """Return the conda recipe: the packages of modules and tests, in the versions that run here.

    Args:
        python: version of Python, such as '3.11'.
        run: requirements of the modules.
        test: requirements of the tests.
    """
    unknown = sorted({*run.unknown, *test.unknown})
    note = f"# Imported, but in no package here, so to be added by hand: {', '.join(unknown)}.\n" if unknown else ""
    own = ["transforms {{ PYTHON_TRANSFORMS_VERSION }}", *run.of_foundry]
    needed = [f"python {python}.*", *own, *_pins(run)]
    for_tests = [line for line in [*test.of_foundry, *_pins(test)] if line not in needed]
    tests = f"\ntest:\n  requires:\n{_yaml(for_tests)}" if for_tests else ""
    return (
        f"# {_WHAT_IT_IS}\n"
        "# Names are those of PyPI in lower case; the conda channels may call a package otherwise or lack a version.\n"
        f"{note}"
        'package:\n  name: "{{ PACKAGE_NAME }}"\n  version: "{{ PACKAGE_VERSION }}"\n\n'
        "source:\n  path: ../src\n\n"
        f"requirements:\n  build:\n{_yaml([f'python {python}.*', 'setuptools'])}  run:\n{_yaml(needed)}"
        f"{tests}\n"
        "build:\n  script: python setup.py install --single-version-externally-managed --record=record.txt\n"
    )


def about(added: Sequence[str], left_out: Sequence[str], renamed: Sequence[tuple[str, str]]) -> str:
    """Return EXPORT.md: the origin of the files, what Foundry has to add, what is not exported.

    Args:
        added: paths that the pipeline does not have.
        left_out: what is not exported and why, one per line.
        renamed: name here and name in the export, of each renamed package.
    """
    names = "".join(f" In tests, `{here}` is written `{there}`." for here, there in renamed)
    stayed = f"\n## What stayed behind\n\n{_list(left_out)}\n" if left_out else ""
    return f"""\
# What this repository is

A pipeline, exported by `run_local.py export`. Change it where it comes from and export again;
`run_local.py export FOLDER --check` says what differs.

Modules are as they are there, byte for byte.{names} The export added:

{_list([f"`{path}`" for path in added])}

## What only Foundry's bootstrap knows

The gradle wrapper, `settings.gradle`, `versions.properties`, `ci.yml`, `templateConfig.json`, the conda locks and the
versions of gradle plugins are in no pipeline. Let Foundry create a Python repository, clone it, and export into that
folder with `--replace`: its own `build.gradle` and `gradle.properties` stay, as does everything else that the export
does not have. Remove the example package of the template afterwards.
{stayed}"""


def _list(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _pins(requirements: Requirements) -> list[str]:
    return [f"{name} {version}" for name, version in requirements.pinned.items()]


def _yaml(lines: Sequence[str]) -> str:
    return "".join(f"    - {line}\n" for line in lines)
