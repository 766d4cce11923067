"""The files of an export: their content, writing them, and comparing an export on disk with the pipeline."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from transforms_api.errors import ExportError
from transforms_api.porting.export import texts
from transforms_api.porting.export.source import Part, PortedTests, Source, files_below, port_tests
from transforms_api.porting.export.texts import Requirements, imports_of, requirements_of

ROOT_FILES = ("build.gradle", "gradle.properties", "transforms-shrinkwrap.yml")


@dataclass(frozen=True)
class Versions:
    """The versions that a recipe pins: Python's, such as '3.11', and those of packages."""

    python: str
    packages: dict[str, str]


@dataclass(frozen=True)
class Export:
    """An export.

    Attributes:
        files: path → content.
        foundrys: paths that are kept if they exist, since Foundry's bootstrap writes them.
        covered: folders all of whose files come from the pipeline.
        left_out: tests and programs that are not exported, with the reason, one per line.
        versions: the versions that the recipes pin.
    """

    files: dict[str, bytes]
    foundrys: frozenset[str]
    covered: tuple[str, ...]
    left_out: tuple[str, ...]
    versions: Versions


@dataclass(frozen=True)
class _Project:
    """The files of one of the export's projects, by path in its `src` or beside it."""

    files: dict[str, bytes]
    added: frozenset[str]
    left_out: tuple[str, ...]
    pinned: dict[str, str]


def plan_export(
    sources: Sequence[Source],
    folder: Path,
    branch: str,
    versions: Versions | None = None,
    sql: Mapping[str, Path] | None = None,
) -> Export:
    """Return the export of sources whose modules have been imported, and of SQL files.

    Args:
        sources: the projects to export.
        folder: the repository of the sources; its own top-level Foundry files are kept.
        branch: the default branch of the repository.
        versions: versions to pin; default: those that run here.
        sql: path in the export → SQL file.

    Raises:
        ExportError: a source cannot work on Foundry as it is.
    """
    pins = versions or Versions(f"{sys.version_info.major}.{sys.version_info.minor}", {})
    defaults = {"build.gradle": texts.BUILD.encode(), "gradle.properties": texts.gradle_properties(branch).encode()}
    kept = {name: (folder / name).read_bytes() for name in ROOT_FILES if (folder / name).is_file()}
    files, added = {**defaults, **kept}, {*defaults} - kept.keys()
    covered, left_out, pinned = list[str](), list[str](), dict[str, str]()
    foundrys = {"build.gradle", "gradle.properties"}
    for source in sources:
        project = _project(source, pins)
        files |= {f"{source.folder}/{path}": content for path, content in project.files.items()}
        added |= {f"{source.folder}/{path}" for path in project.added}
        covered += [f"{source.folder}/src/{part.name}" for part in source.parts]
        covered += [f"{source.folder}/src/test"] if source.tests else []
        foundrys.add(f"{source.folder}/build.gradle")
        left_out += project.left_out
        pinned |= project.pinned
    projects = sorted({path.partition("/src/")[0] for path in sql or {}})
    files |= {path: file.read_bytes() for path, file in (sql or {}).items()}
    covered += [f"{project}/src" for project in projects]
    for build in (f"{project}/build.gradle" for project in projects):
        is_there = (folder / build).is_file()
        files[build] = (folder / build).read_bytes() if is_there else texts.SQL_BUILD.encode()
        added |= set() if is_there else {build}
        foundrys.add(build)
    renamed = [(part.imported_as, part.name) for source in sources for part in source.parts]
    renamed = [names for names in renamed if names[0] != names[1]]
    files["EXPORT.md"] = texts.about(sorted(added), left_out, renamed).encode()
    return Export(files, frozenset(foundrys), tuple(covered), tuple(left_out), Versions(pins.python, pinned))


def _project(source: Source, versions: Versions) -> _Project:
    _refuse_full_names(source.parts)
    modules = {path: file.read_bytes() for part in source.parts for path, file in part.files().items()}
    entry_point, generated, strays = source.entry_point, dict[str, bytes](), list[str]()
    if entry_point is None:
        strays = [path for part in source.parts for path in _strays(part)]
        modules = {path: content for path, content in modules.items() if path not in strays}
        entry_point, generated = _pipeline(source.parts, modules)
    tests = port_tests(source.tests, source.parts) if source.tests else PortedTests({}, (), ())
    own = {part.name for part in source.parts}
    run = requirements_of(_modules_in(modules), own, versions.packages)
    test = requirements_of(_modules_in(tests.files), {*own, "test"}, versions.packages)
    beside = {
        "build.gradle": texts.PYTHON_BUILD.encode(),
        "conda_recipe/meta.yaml": texts.meta(versions.python, run, test).encode(),
        "src/setup.py": _setup(source.parts, entry_point, modules),
    }
    kept = {path: file.read_bytes() for path, file in source.own_files.items()}
    in_src = {f"src/{path}": content for path, content in {**modules, **generated, **tests.files}.items()}
    added = {*beside, *(f"src/{path}" for path in (*generated, *tests.added))} - kept.keys()
    left_out = (*tests.left_out, *(f"`{path}`: a test or program, which discovery would run." for path in strays))
    return _Project({**beside, **in_src, **kept}, frozenset(added), left_out, _pinned(run, test))


def _pipeline(parts: Sequence[Part], modules: Mapping[str, bytes]) -> tuple[str, dict[str, bytes]]:
    """Return the entry point of a project that declares none, and the files for it, by path under `src`.

    Raises:
        ExportError: no package holds a transform, or a module outside all packages does.
    """
    holding = {part: held for part in parts if (held := part.holding())}
    alone = [part for part in holding if part.location.is_file()]
    if alone or not holding:
        reason = f"{alone[0].location} has transforms, but is in no package" if alone else "No package has a transform"
        raise ExportError(f"{reason}; Foundry discovers those of packages. Put the modules into a folder of their own.")
    home, *others = holding
    inside = set() if others else _packages_in(home, holding[home])
    names, within = (sorted(inside), home.name) if inside else ([part.name for part in holding], None)
    text = texts.pipeline(names, within)
    module = "pipeline" if f"{home.name}/pipeline.py" not in modules else "foundry_pipeline"
    missing = {init for path in modules if path.endswith(".py") for init in _inits(path)} - modules.keys()
    files = {path: b"" for path in sorted(missing)}
    return f"{home.name}.{module}:my_pipeline", {**files, f"{home.name}/{module}.py": text.encode()}


def _packages_in(part: Part, held: Sequence[tuple[str, ...]]) -> set[str]:
    """Return the top packages of a part that hold all its transforms; none if some lie elsewhere."""
    inside = {names[0] for names in held if names and (part.location / names[0]).is_dir()}
    holds_all = all(names and names[0] in inside for names in held)
    return inside if holds_all and all(name.isidentifier() for name in inside) else set()


def _strays(part: Part) -> list[str]:
    """Return the paths of a part's tests and programs, which no module may import."""
    modules = set(part.modules())
    return [path for path, file in part.files().items() if file.suffix == ".py" and file not in modules]


def _inits(path: str) -> list[str]:
    folders = path.split("/")[:-1]
    return ["/".join([*folders[:depth], "__init__.py"]) for depth in range(1, len(folders) + 1)]


def _setup(parts: Sequence[Part], entry_point: str, modules: Mapping[str, bytes]) -> bytes:
    alone = [part.name for part in parts if part.location.is_file()]
    has_data = any(not path.endswith(".py") for path in modules)
    return texts.setup(entry_point, alone, has_data).encode()


def _refuse_full_names(parts: Sequence[Part]) -> None:
    """Raise if a part imports itself by a name that it does not have in the export.

    Raises:
        ExportError: a part does.
    """
    for part in parts:
        if part.name == part.imported_as:
            continue
        for file in part.files().values():
            for name, line in imports_of(file.read_bytes()) if file.suffix == ".py" else ():
                if f"{name}.".startswith(f"{part.imported_as}."):
                    raise ExportError(
                        f"{file}:{line} imports {name}, which is '{part.name}' in the export, since a package "
                        f"'transforms' would hide Foundry's. Import it relatively: from . import …"
                    )


def _modules_in(files: Mapping[str, bytes]) -> list[bytes]:
    return [content for path, content in files.items() if path.endswith(".py")]


def _pinned(*requirements: Requirements) -> dict[str, str]:
    pinned = [item for required in requirements for item in required.pinned.items()]
    return {name: version for name, version in pinned if name != "pyspark"}


RECORD = "transforms-export.json"
"""What an export says of itself: the files that it has, the versions that it pins."""


@dataclass(frozen=True)
class Differences:
    """The differences between an export and the pipeline, as paths in its folder."""

    differing: list[str]
    missing: list[str]
    surplus: list[str]
    """No longer in the pipeline."""


def write_export(export: Export, folder: Path, *, replace: bool = False) -> list[str]:
    """Write an export, and return the files of an earlier one that were removed.

    Files of others stay, unless they have the path of a file of the export.

    Args:
        export: the export.
        folder: target folder.
        replace: write into a folder that has files and is no export.

    Raises:
        ExportError: the folder has files, is no export, and `replace` is false; or it cannot be written.
    """
    if not replace and not (folder / RECORD).is_file() and folder.exists() and any(folder.iterdir()):
        hit = sorted(path for path in export.files if (folder / path).exists() and path not in export.foundrys)
        replaced = f"would replace {', '.join(hit[:5])}{' and more' if len(hit) > 5 else ''}" if hit else "adds files"
        raise ExportError(
            f"{folder} is not empty and no export, and an export {replaced}. Name another folder, or give --replace; "
            "what the export does not have stays in either case."
        )
    earlier = _written(folder, read_record(folder)[1]) if (folder / RECORD).is_file() else set()
    removed = sorted(earlier - export.files.keys())
    record = {**asdict(export.versions), "files": sorted(export.files)}
    try:
        for path, content in export.files.items():
            target = folder / path
            if not (path in export.foundrys and target.exists()):
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
        for path in removed:
            (folder / path).unlink()
        (folder / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise ExportError(f"The export cannot be written: {error}") from error
    return removed


def compare_export(export: Export, folder: Path) -> Differences:
    """Return the differences between the export in a folder and a new one.

    Args:
        export: the export that the pipeline would make now.
        folder: folder of the export.

    Raises:
        ExportError: the folder has no export.
    """
    _, recorded = read_record(folder)
    there = {path for path in export.files if (folder / path).is_file()}
    differing = [path for path in sorted(there - export.foundrys) if (folder / path).read_bytes() != export.files[path]]
    on_disk = {f"{covered}/{path}" for covered in export.covered for path in files_below(folder / covered)}
    surplus = (on_disk | _written(folder, recorded)) - export.files.keys()
    return Differences(differing, sorted(export.files.keys() - there), sorted(surplus))


def read_record(folder: Path) -> tuple[Versions, list[str]]:
    """Return the versions that the export in a folder pins, and the files that it was written with.

    Args:
        folder: folder of the export.

    Raises:
        ExportError: the folder has no export.
    """
    file = folder / RECORD
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        packages = {str(name): str(version) for name, version in record["packages"].items()}
        return Versions(str(record["python"]), packages), [str(path) for path in record["files"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ExportError(
            f"{folder} is no export of run_local.py: {RECORD} in it cannot be read ({type(error).__name__}). "
            "Export into it first, or name another folder."
        ) from error


def _written(folder: Path, recorded: list[str]) -> set[str]:
    """Return the existing files of a record; paths outside the folder are ignored."""
    here = folder.resolve()
    return {path for path in recorded if (folder / path).is_file() and (folder / path).resolve().is_relative_to(here)}
