"""The files of a new project, from the templates beside this module.

In their names and texts `__package__` stands for the project's own name. All of them end in `.template`, so that
neither Python nor its tools take them for modules of this package.
"""

from __future__ import annotations

import importlib.util
import keyword
import re
import sys
from pathlib import Path

_TEMPLATES = Path(__file__).with_name("files")
_SUFFIX = ".template"
_NAME = "__package__"
_NO_PACKAGES = {"transforms", "test", "tests", "build", "dist", "venv", "env", "src"}
"""Names that Foundry has taken, or folders in which nobody looks for modules."""


def package_name(folder: str) -> str:
    """Return what the package of a project in a folder of this name is called: 'My-Shop' → 'my_shop'.

    A name that a module has already gets an ending, since one of them would hide the other.
    """
    name = re.sub(r"[^a-z0-9]+", "_", folder.lower()).strip("_") or "project"
    if name[0].isdigit():
        name = f"project_{name}"
    return f"{name}_pipeline" if _is_taken(name) else name


def project_files(package: str) -> dict[str, str]:
    """Return path → text of each file of a new project."""
    found = {}
    for template in sorted(_TEMPLATES.rglob(f"*{_SUFFIX}")):
        path = template.relative_to(_TEMPLATES).as_posix().removesuffix(_SUFFIX)
        found[path.replace(_NAME, package)] = template.read_text(encoding="utf-8").replace(_NAME, package)
    return found


def _is_taken(name: str) -> bool:
    if keyword.iskeyword(name) or name in _NO_PACKAGES or name in sys.stdlib_module_names:
        return True
    found = importlib.util.find_spec(name)
    return found is not None and found.origin is not None  # without one it is a folder, maybe the project's own
