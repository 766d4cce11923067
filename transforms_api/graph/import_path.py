"""A repository's roots on Python's path, here and in Spark's workers, without hiding `transforms.api`."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import transforms_api
from transforms_api.declare.pipeline import import_errors

NAMESPACE = "transforms"
_OURS = str(Path(transforms_api.__file__).parents[1] / NAMESPACE)


def put_on_path(roots: Sequence[Path]) -> None:
    """Let the modules under these roots be imported, the first root's first and all before any other."""
    added = [str(root) for root in roots]
    others = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:] = [*added, *(folder for folder in sys.path if folder not in added)]
    os.environ["PYTHONPATH"] = os.pathsep.join([*added, *(folder for folder in others if folder not in ("", *added))])
    importlib.invalidate_caches()
    for root in roots:
        _share_namespace(root / NAMESPACE)


def _share_namespace(folder: Path) -> None:
    """Let a project's own package `transforms` find `transforms.api`, too.

    Without an `__init__.py` Python joins both folders by itself. With one it would see the project's alone; so the
    package is made here, with our folder on its path before its `__init__.py` runs.
    """
    file = folder / "__init__.py"
    if not file.is_file():
        return
    spec = importlib.util.spec_from_file_location(NAMESPACE, file, submodule_search_locations=[str(folder), _OURS])
    assert spec is not None and spec.loader is not None
    package, before = importlib.util.module_from_spec(spec), sys.modules.get(NAMESPACE)
    for name in [name for name in sys.modules if name.startswith(f"{NAMESPACE}.") and name.count(".") == 1]:
        setattr(package, name.partition(".")[2], sys.modules[name])
    sys.modules[NAMESPACE] = package
    try:
        spec.loader.exec_module(package)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        report = import_errors.get()
        if report is None:
            raise
        report(NAMESPACE, error)
        if before is not None:
            sys.modules[NAMESPACE] = before
