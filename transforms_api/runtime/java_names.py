"""Java's classes and methods are looked up once: py4j asks the JVM anew for each use of a name.

A pipeline of twenty tables uses 26,000 names (`functions`, `functions.col`, …) to build its plans, and for each of them
the JVM looks through all of Spark's JARs.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from py4j.java_gateway import JavaClass, JavaMember, JavaPackage, JVMView


def look_up_names_once() -> None:
    """Let each view, package and class of py4j keep what a name in it has been found to mean."""
    for owner in (JVMView, JavaPackage, JavaClass):
        if not hasattr(owner.__getattr__, "__wrapped__"):
            owner.__getattr__ = keeping(owner.__getattr__)


def keeping(look_up: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    """Return a `__getattr__` that lets an object keep what `look_up` found for a name."""

    @functools.wraps(look_up)
    def kept(owner: Any, name: str) -> Any:
        found = look_up(owner, name)
        if _is_meaning(name, found):
            vars(owner)[name] = found
        return found

    return kept


def _is_meaning(name: str, found: Any) -> bool:
    """Fields have values, which may change; and a class that is not there yet looks like a package until its JAR is."""
    return isinstance(found, (JavaClass, JavaMember)) or (isinstance(found, JavaPackage) and name.islower())
