"""Spark's classes in an archive that the JVM maps into its memory instead of loading and checking them one by one.

Java's class-data sharing: the first session lets the JVM write the archive when it exits, later ones start in half the
time. An archive fits one Java and one class path; for others, another is written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

_MAGIC = 4
"""Bytes at the begin of an archive that the JVM writes last: while they are zero, it is not complete."""


def archive_option(java: Path, jars: Iterable[Path], cache: Path) -> str:
    """Return the JVM's option to use the archive for a Java and a class path, or to write it where there is none.

    A JVM takes an archive that does not fit, or is damaged, for none.

    Args:
        java: home of the Java that is going to run.
        jars: the class path.
        cache: folder where archives are kept, of about 150 MB each.
    """
    archive = cache / f"classes-{_identity(java, jars)}.jsa"
    if _is_complete(archive):
        return f"-XX:SharedArchiveFile={archive}"
    cache.mkdir(parents=True, exist_ok=True)
    return f"-XX:ArchiveClassesAtExit={archive}"


def _identity(java: Path, jars: Iterable[Path]) -> str:
    """Return a text that differs as soon as the JVM would refuse the archive: it looks at paths, sizes and times."""
    digest = hashlib.sha256(str(java).encode())
    for file in (java / "release", java / "lib" / "modules", *sorted(jars)):
        status = file.stat() if file.exists() else None
        digest.update(f"{file} {status and (status.st_size, status.st_mtime_ns)}\n".encode())
    return digest.hexdigest()[:16]


def _is_complete(archive: Path) -> bool:
    if not archive.is_file():
        return False
    with archive.open("rb") as stream:
        return any(stream.read(_MAGIC))
