"""JARs of a Maven repository: which ones an artifact needs by its POM, and their verified download.

Python fetches them and not Spark's Ivy, which knows neither the proxy nor the certificates of a company.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import re
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit, urlunsplit
from xml.etree import ElementTree

from transforms_api.errors import EnvironmentProblem

CENTRAL = "https://repo1.maven.org/maven2"
_CHECKSUMS = ("sha256", "sha1")
"""Algorithms in order of preference. Maven Central has a .sha1 of each file, and a .sha256 of newer ones."""
_CERTIFICATES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_TIMEOUT = 30.0
"""Seconds without any byte after which a connection counts as cut."""
_PAUSES = (1.0, 3.0, 9.0)
"""Seconds before each further attempt."""
_REPORT_EACH = 10.0
"""Seconds between two lines of progress."""
_CHUNK = 1 << 20
_DEEPEST = 10
"""Parents of a POM, and properties within properties, that are followed."""


class FetchError(EnvironmentProblem):
    """A file of a Maven repository could not be fetched; the text has its URL without credentials."""


class _CutError(Exception):
    """An attempt failed in a way that another attempt may not."""


@dataclass(frozen=True)
class Artifact:
    """Coordinates of a file in a Maven repository."""

    group: str
    name: str
    version: str

    @classmethod
    def parse(cls, coordinates: str) -> Artifact:
        """Return the artifact of some coordinates.

        Args:
            coordinates: `group:name:version`.
        """
        return cls(*coordinates.split(":"))

    def path(self, kind: str = "jar") -> str:
        """Return the path of one of the artifact's files in a repository.

        Args:
            kind: ending of the file, such as 'jar'.
        """
        return f"{self.group.replace('.', '/')}/{self.name}/{self.version}/{self.name}-{self.version}.{kind}"

    @property
    def file_name(self) -> str:
        """The name of its JAR in the cache folder, which is Ivy's."""
        return f"{self.group}_{self.name}-{self.version}.jar"


@dataclass(frozen=True)
class Repository:
    """A Maven repository at a URL.

    Attributes:
        url: without credentials, as messages show it.
        say: receives lines of progress.
    """

    url: str
    say: Callable[[str], object] = field(default=lambda line: None, repr=False)
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    _authorization: str | None = field(default=None, repr=False)

    @classmethod
    def at(cls, url: str, say: Callable[[str], object], environ: Mapping[str, str]) -> Repository:
        """Return the repository of a URL.

        Args:
            url: may contain credentials: `https://user:password@host/path`.
            say: prints a message about a download.
            environ: environment variables, which may name a proxy or certificates.

        Raises:
            EnvironmentProblem: the URL is invalid. The text does not repeat it, as it may contain a password.
        """
        try:
            parts = urlsplit(url)
            is_valid = parts.scheme in ("http", "https", "file") and "@" not in parts.path + parts.query
            host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
            host += f":{parts.port}" if parts.port else ""
        except ValueError:
            is_valid = False
        if not is_valid:
            raise EnvironmentProblem(
                "The Maven mirror is no URL like https://user:password@host/path, in which a user and a password are "
                "optional and have special characters as %40. Correct spark.transforms.mavenMirror or "
                "TRANSFORMS_MAVEN_MIRROR."
            ) from None
        authorization = None
        if parts.username is not None:
            login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            authorization = "Basic " + base64.b64encode(login.encode()).decode()
        shown = urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))
        return cls(shown, say, environ, authorization)

    def fetch(self, path: str, target: Path) -> None:
        """Download a file, which appears complete and verified or not at all.

        An interrupted download is kept as `target.part` and continued.

        Args:
            path: path in the repository.
            target: the local file.

        Raises:
            FetchError: the download failed, or the checksum is wrong.
        """
        part = target.with_name(f"{target.name}.part")
        algorithm, expected = self._checksum(path)
        for attempt in range(len(_PAUSES) + 1):
            try:
                self._continue(path, part)
                with part.open("rb") as stream:
                    actual = _digest(stream, algorithm)
                if actual == expected:
                    part.replace(target)
                    return
                part.unlink()
                problem = f"its {algorithm} checksum is {actual}, but should be {expected}"
            except _CutError as error:
                problem = str(error)
            _pause(attempt)
        raise FetchError(f"{self.url}/{path}: {problem}.")

    def read(self, path: str) -> bytes:
        """Return the verified content of a small file.

        Args:
            path: path in the repository.

        Raises:
            FetchError: the download failed, or the checksum is wrong.
        """
        algorithm, expected = self._checksum(path)
        content = self._small(path)
        if hashlib.new(algorithm, content).hexdigest() != expected:
            raise FetchError(f"{self.url}/{path}: its {algorithm} checksum is wrong.")
        return content

    def _checksum(self, path: str) -> tuple[str, str]:
        for algorithm in _CHECKSUMS:
            try:
                text = self._small(f"{path}.{algorithm}").decode("ascii", "replace").strip()
            except _MissingError:
                continue
            digits = hashlib.new(algorithm).digest_size * 2
            if match := re.match(rf"[0-9a-fA-F]{{{digits}}}\b", text):
                return algorithm, match[0].lower()
            raise FetchError(f"{self.url}/{path}.{algorithm}: this is no checksum. Does the URL lead to a login page?")
        raise FetchError(f"{self.url}/{path}: there is no such file, or it has no checksum.")

    def _small(self, path: str) -> bytes:
        for attempt in range(len(_PAUSES) + 1):
            try:
                with self._open(path) as response:
                    return _read_all(response)
            except _CutError as error:
                problem = str(error)
            _pause(attempt)
        raise FetchError(f"{self.url}/{path}: {problem}.")

    def _continue(self, path: str, part: Path) -> None:
        """Receive the rest of a file, all of it if nothing was received before.

        Raises:
            _CutError: the connection was cut; what was received is in `part`.
        """
        begin = part.stat().st_size if part.exists() else 0
        with self._open(path, begin) as response:
            is_rest = begin > 0 and response.status == 206
            length = response.headers.get("Content-Length")
            total = int(length) + (begin if is_rest else 0) if length else 0
            size = begin if is_rest else 0
            name, last = path.rpartition("/")[2], time.monotonic()
            self.say(f"Fetching {name}{f' ({total / 1e6:.2f} MB)' if total else ''} from {self.url}")
            with part.open("ab" if is_rest else "wb") as stream:
                while chunk := _chunk(response):
                    stream.write(chunk)
                    size += len(chunk)
                    if time.monotonic() - last > _REPORT_EACH:
                        self.say(f"Fetching {name}: {size / 1e6:.0f} of {total / 1e6:.0f} MB")
                        last = time.monotonic()
        if size < total:
            raise _CutError(f"the connection was cut after {size} of {total} bytes")

    def _open(self, path: str, begin: int = 0) -> http.client.HTTPResponse:
        request = urllib.request.Request(f"{self.url}/{path}", headers={"User-Agent": "transforms-anywhere"})
        if begin:
            request.add_header("Range", f"bytes={begin}-")
        if self._authorization:
            request.add_unredirected_header("Authorization", self._authorization)  # not to the host of a redirection
        try:
            return self._opener.open(request, timeout=_TIMEOUT)  # type: ignore[no-any-return]
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == 416:
                return self._open(path)
            if error.code in (408, 429) or error.code >= 500:
                raise _CutError(f"the server answers {error.code} {error.reason}") from None
            kind = _MissingError if error.code in (404, 410) else FetchError
            raise kind(f"{self.url}/{path}: the server answers {error.code} {error.reason}.") from None
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            if isinstance(reason, FileNotFoundError):
                raise _MissingError(f"{self.url}/{path}: there is no such file.") from None
            if isinstance(reason, ssl.SSLCertVerificationError):
                raise FetchError(
                    f"{self.url}/{path}: {reason.verify_message or reason}. If a proxy of your company signs "
                    "connections, set SSL_CERT_FILE to a file with its certificate."
                ) from None
            raise _CutError(str(reason) or type(reason).__name__) from None

    @cached_property
    def _opener(self) -> urllib.request.OpenerDirector:
        import truststore  # the system's certificates, on macOS and Windows too

        context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        for name in _CERTIFICATES:
            path = self.environ.get(name)
            if path and Path(path).exists():
                is_folder = Path(path).is_dir()
                context.load_verify_locations(None if is_folder else path, path if is_folder else None)
        return urllib.request.build_opener(urllib.request.HTTPSHandler(context=context))


class _MissingError(FetchError):
    """A repository does not have a file."""


def _read_all(response: http.client.HTTPResponse) -> bytes:
    content = b""
    while chunk := _chunk(response):
        content += chunk
    length = response.headers.get("Content-Length")
    if length and len(content) < int(length):
        raise _CutError(f"the connection was cut after {len(content)} of {length} bytes")
    return content


def _chunk(response: http.client.HTTPResponse) -> bytes:
    try:
        return response.read(_CHUNK)
    except http.client.IncompleteRead as error:
        return error.partial
    except (OSError, http.client.HTTPException) as error:
        raise _CutError(f"the connection was cut: {error or type(error).__name__}") from None


def _digest(stream: IO[bytes], algorithm: str) -> str:
    digest = hashlib.new(algorithm)
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _pause(attempt: int) -> None:
    if attempt < len(_PAUSES):
        time.sleep(_PAUSES[attempt])


@dataclass(frozen=True)
class _Dependency:
    artifact: Artifact
    exclusions: frozenset[tuple[str, str]]


@dataclass
class _Pom:
    """A project with what its parents say."""

    properties: dict[str, str] = field(default_factory=dict)
    managed: dict[tuple[str, str], str] = field(default_factory=dict)
    imported: list[Artifact] = field(default_factory=list)
    dependencies: list[ElementTree.Element] = field(default_factory=list)

    def text(self, node: ElementTree.Element, name: str) -> str:
        """Return the text of a child element with its properties resolved; "" without such a child.

        Args:
            node: the parent element.
            name: tag of the child.
        """
        text = (node.findtext(name) or "").strip()
        for _ in range(_DEEPEST):
            if "${" not in text:
                break
            text = re.sub(r"\$\{([^}]+)\}", lambda match: self.properties.get(match[1], ""), text)
        return text


class Resolution:
    """Which artifacts some roots need, by the POMs of a repository."""

    def __init__(self, repository: Repository, is_provided: Callable[[Artifact], bool]) -> None:
        """Prepare a resolution; POMs are read when they are needed, each once.

        Args:
            is_provided: whether the class path has an artifact already, in any version, with what it needs.
        """
        self._repository, self._is_provided = repository, is_provided
        self._poms: dict[Artifact, _Pom] = {}

    def needed(self, roots: Iterable[Artifact]) -> list[Artifact]:
        """Return some artifacts and their run-time dependencies; of two versions, the one nearest to a root.

        Args:
            roots: the artifacts.

        Raises:
            FetchError: a POM cannot be downloaded.
        """
        artifacts: dict[tuple[str, str], Artifact] = {}
        waiting = [_Dependency(root, frozenset()) for root in roots]
        while waiting:
            dependency = waiting.pop(0)
            artifact = dependency.artifact
            if (artifact.group, artifact.name) in artifacts or self._is_provided(artifact):
                continue
            artifacts[artifact.group, artifact.name] = artifact
            waiting += self._dependencies(dependency)
        return list(artifacts.values())

    def _dependencies(self, of: _Dependency) -> list[_Dependency]:
        pom = self._pom(of.artifact)
        dependencies = []
        for node in pom.dependencies:
            group, name = pom.text(node, "groupId"), pom.text(node, "artifactId")
            is_excluded = not {(group, name), (group, "*"), ("*", "*")}.isdisjoint(of.exclusions)
            if is_excluded or not _is_needed_to_run(node, pom) or self._is_provided(Artifact(group, name, "")):
                continue
            version = pom.text(node, "version") or self._managed_version(pom, group, name)
            excluded = {(pom.text(no, "groupId"), pom.text(no, "artifactId")) for no in node.iterfind("exclusions/*")}
            dependencies.append(_Dependency(Artifact(group, name, version), of.exclusions | excluded))
        return dependencies

    def _managed_version(self, pom: _Pom, group: str, name: str) -> str:
        if version := pom.managed.get((group, name)):
            return version
        for artifact in pom.imported:
            if version := self._managed_version(self._pom(artifact), group, name):
                return version
        return ""

    def _pom(self, artifact: Artifact, depth: int = 0) -> _Pom:
        if artifact not in self._poms:
            self._poms[artifact] = self._read(artifact, depth)
        return self._poms[artifact]

    def _read(self, artifact: Artifact, depth: int) -> _Pom:
        try:
            project = _without_namespaces(self._repository.read(artifact.path("pom")))
        except ElementTree.ParseError as error:
            raise FetchError(f"{self._repository.url}/{artifact.path('pom')}: this is no POM: {error}.") from error
        pom = _Pom()
        parent = project.find("parent")
        if parent is not None and depth < _DEEPEST:
            coordinates = [(parent.findtext(name) or "").strip() for name in ("groupId", "artifactId", "version")]
            above = self._pom(Artifact(*coordinates), depth + 1)
            pom = _Pom({**above.properties}, {**above.managed}, [*above.imported], [*above.dependencies])
        for node in project.iterfind("properties/*"):
            pom.properties[node.tag] = (node.text or "").strip()
        own = {"groupId": artifact.group, "artifactId": artifact.name, "version": artifact.version}
        pom.properties |= {f"{prefix}.{key}": value for prefix in ("project", "pom") for key, value in own.items()}
        for node in project.iterfind("dependencyManagement/dependencies/dependency"):
            managed = Artifact(*(pom.text(node, key) for key in ("groupId", "artifactId", "version")))
            if pom.text(node, "scope") == "import":
                pom.imported.append(managed)
            elif pom.text(node, "type") in ("", "jar") and not pom.text(node, "classifier"):
                pom.managed[managed.group, managed.name] = managed.version
        pom.dependencies += project.findall("dependencies/dependency")
        return pom


def _is_needed_to_run(node: ElementTree.Element, pom: _Pom) -> bool:
    is_jar = pom.text(node, "type") in ("", "jar") and not pom.text(node, "classifier")
    return is_jar and pom.text(node, "scope") in ("", "compile", "runtime") and pom.text(node, "optional") != "true"


def _without_namespaces(content: bytes) -> ElementTree.Element:
    root = ElementTree.fromstring(content)
    for node in root.iter():
        if isinstance(node.tag, str):
            node.tag = node.tag.rpartition("}")[2]
    return root
