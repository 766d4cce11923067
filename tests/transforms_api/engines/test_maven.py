"""Downloads from a Maven repository that is a server of this process."""

import hashlib
import ssl

import pytest
import trustme

from transforms_api.engines.spark.maven import Artifact, FetchError, Repository, Resolution
from transforms_api.errors import EnvironmentProblem

PATH = "io/delta/delta-spark_2.12/3.3.3/delta-spark_2.12-3.3.3.jar"
CONTENT = b"classes" * 1000


@pytest.fixture
def server(maven_server):
    maven_server.put(PATH, CONTENT)
    return maven_server


@pytest.fixture
def authority():
    return trustme.CA()


@pytest.fixture
def https_server(authority, maven_server):
    """A server whose certificate the authority has signed, which no system trusts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    server = type(maven_server)(context)
    server.put(PATH, CONTENT)
    yield server
    server.close()


@pytest.fixture
def fetch(tmp_path):
    """fetch(url, **variables) → the content of the JAR that was fetched from there."""

    def fetch(url, say=lambda line: None, **variables):
        Repository.at(url, say, variables).fetch(PATH, tmp_path / "a.jar")
        return (tmp_path / "a.jar").read_bytes()

    return fetch


def test_a_file_is_verified_by_its_sha1_where_there_is_no_better_checksum(server, fetch, tmp_path):
    assert fetch(server.url) == CONTENT
    assert server.paths() == [f"{PATH}.sha256", f"{PATH}.sha1", PATH]
    assert [file.name for file in tmp_path.iterdir()] == ["a.jar"]


def test_a_sha256_goes_before_a_sha1(server, fetch):
    server.put(PATH, CONTENT, "sha256")
    fetch(server.url)
    assert server.paths() == [f"{PATH}.sha256", PATH]


def test_a_file_with_another_checksum_is_refused(server, fetch, tmp_path):
    server.files[f"{PATH}.sha1"] = b"0" * 40
    with pytest.raises(FetchError, match=r"3\.3\.3\.jar: its sha1 checksum is .*, but should be 0000"):
        fetch(server.url)
    assert list(tmp_path.iterdir()) == []


def test_a_file_without_a_checksum_is_refused(server, fetch):
    del server.files[f"{PATH}.sha1"]
    with pytest.raises(FetchError, match="no such file, or it has no checksum"):
        fetch(server.url)


def test_a_login_page_in_the_place_of_a_checksum_is_recognised(server, fetch):
    server.files[f"{PATH}.sha256"] = b"<html>Welcome to the hotel's network"
    with pytest.raises(FetchError, match="login page"):
        fetch(server.url)


def test_a_cut_connection_is_continued_where_it_was_cut(server, fetch):
    server.cuts[PATH] = [1500, 2000]
    assert fetch(server.url) == CONTENT
    ranges = [headers.get("Range") for path, headers in server.requests if path == PATH]
    assert ranges == [None, "bytes=1500-", "bytes=3500-"]


def test_a_connection_that_is_always_cut_ends_in_an_error(server, fetch, tmp_path):
    server.cuts[PATH] = [10, 10, 10, 10]
    with pytest.raises(FetchError, match="the connection was cut after 40 of 7000 bytes"):
        fetch(server.url)
    assert not (tmp_path / "a.jar").exists()


def test_the_part_of_a_different_file_that_an_earlier_process_left_is_discarded(server, fetch, tmp_path):
    (tmp_path / "a.jar.part").write_bytes(b"something else")
    assert fetch(server.url) == CONTENT


def test_a_server_that_is_busy_gets_another_request(server, fetch):
    server.statuses[PATH] = [503, 429]
    assert fetch(server.url) == CONTENT


@pytest.mark.parametrize("status", [401, 403])
def test_a_server_that_refuses_gets_no_other_request(server, fetch, status):
    server.statuses[f"{PATH}.sha256"] = [status]
    with pytest.raises(FetchError, match=f"the server answers {status}"):
        fetch(server.url)
    assert len(server.requests) == 1


def test_a_refused_connection_is_an_error_with_the_url(server, fetch):
    server.close()
    with pytest.raises(FetchError, match=rf"{server.url}/io/delta/.*Connection refused"):
        fetch(server.url)


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_the_certificate_of_a_company_is_accepted_from_the_environment(
    https_server, authority, fetch, tmp_path, variable
):
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    assert fetch(https_server.url, **{variable: str(tmp_path / "ca.pem")}) == CONTENT


def test_an_unknown_certificate_is_refused_with_the_remedy(https_server, fetch):
    with pytest.raises(FetchError, match=r"certificate.*set SSL_CERT_FILE"):
        fetch(https_server.url)


def test_a_proxy_of_the_environment_is_used(server, fetch, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", server.url.removesuffix("/maven"))
    assert fetch("http://repository.invalid/maven") == CONTENT


def test_a_host_in_no_proxy_is_reached_without_the_proxy(server, fetch, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:1")
    monkeypatch.setenv("NO_PROXY", "localhost")
    assert fetch(server.url) == CONTENT


def test_a_mirror_gets_the_credentials_of_its_url_and_no_message_has_them(server, fetch):
    messages = []
    url = server.url.replace("http://", "http://me:s%40cret@")
    fetch(url, messages.append)
    assert {headers["Authorization"] for _, headers in server.requests} == {"Basic bWU6c0BjcmV0"}
    server.close()
    with pytest.raises(FetchError) as refused:
        fetch(url, messages.append)
    texts = [refused.value, refused.value.__cause__, refused.value.__context__, messages, Repository.at(url, print, {})]
    assert "cret" not in f"{texts}"
    assert messages == [f"Fetching delta-spark_2.12-3.3.3.jar (0.01 MB) from {server.url}"]


@pytest.mark.parametrize(
    "url", ["https://me:s/cret@host/maven", "nexus/maven", "ftp://host/maven", "https://me:se#cret@h"]
)
def test_a_mirror_that_is_no_url_is_refused_without_showing_it(url):
    with pytest.raises(EnvironmentProblem, match="no URL like") as refused:
        Repository.at(url, print, {})
    assert url not in str(refused.value)
    assert "cret" not in str(refused.value)


def test_a_folder_can_be_the_mirror(fetch, tmp_path):
    file = tmp_path / "mirror" / PATH
    file.parent.mkdir(parents=True)
    file.write_bytes(CONTENT)
    file.with_name(f"{file.name}.sha1").write_text(hashlib.sha1(CONTENT).hexdigest())
    assert fetch((tmp_path / "mirror").as_uri()) == CONTENT


def pom(dependencies="", before=""):
    return f'<project xmlns="http://maven.apache.org/POM/4.0.0">{before}<dependencies>{dependencies}</dependencies></project>'


def dependency(name, more="<version>1</version>"):
    return f"<dependency><groupId>g</groupId><artifactId>{name}</artifactId>{more}</dependency>"


@pytest.fixture
def resolve(server):
    """resolve({name: POM, …}, provided=…) → names and versions that `root` needs."""

    def resolve(poms, provided=()):
        for name, text in {"root": pom(), **poms}.items():
            server.put(Artifact("g", name, "1").path("pom"), text.encode())
        repository = Repository.at(server.url, print, {})
        artifacts = Resolution(repository, lambda artifact: artifact.name in provided).needed(
            [Artifact("g", "root", "1")]
        )
        return [f"{artifact.name} {artifact.version}" for artifact in artifacts]

    return resolve


def test_dependencies_of_the_scopes_compile_and_runtime_are_followed(resolve):
    root = pom(dependency("a") + dependency("b", "<version>1</version><scope>runtime</scope>"))
    assert resolve({"root": root, "a": pom(dependency("c")), "b": pom(), "c": pom()}) == ["root 1", "a 1", "b 1", "c 1"]


@pytest.mark.parametrize(
    "more",
    ["<scope>provided</scope>", "<scope>test</scope>", "<optional>true</optional>", "<type>test-jar</type>",
     "<classifier>tests</classifier>"],
)  # fmt: skip
def test_dependencies_that_are_not_needed_at_run_time_are_not_followed(resolve, more):
    assert resolve({"root": pom(dependency("a", f"<version>1</version>{more}"))}) == ["root 1"]


def test_dependencies_that_spark_has_are_not_followed(resolve):
    assert resolve({"root": pom(dependency("jackson"))}, provided=["jackson"]) == ["root 1"]


def test_a_version_comes_from_a_parent_and_its_properties(resolve):
    parent = pom(
        before="<properties><a.version>1</a.version></properties><dependencyManagement><dependencies>"
        + dependency("a", "<version>${a.version}</version>") + "</dependencies></dependencyManagement>",
    )  # fmt: skip
    of = "<parent><groupId>g</groupId><artifactId>parent</artifactId><version>1</version></parent>"
    assert resolve({"root": pom(dependency("a", ""), of), "parent": parent, "a": pom()}) == ["root 1", "a 1"]


def test_a_version_comes_from_an_imported_list(resolve):
    managed = "<dependencyManagement><dependencies>{}</dependencies></dependencyManagement>"
    imported = dependency("list", "<version>1</version><type>pom</type><scope>import</scope>")
    root = pom(dependency("a", ""), managed.format(imported))
    assert resolve({"root": root, "list": pom(before=managed.format(dependency("a"))), "a": pom()}) == ["root 1", "a 1"]


def test_dependencies_that_a_dependency_excludes_are_not_followed(resolve):
    without = "<exclusions><exclusion><groupId>g</groupId><artifactId>b</artifactId></exclusion></exclusions>"
    root = pom(dependency("a", f"<version>1</version>{without}"))
    assert resolve({"root": root, "a": pom(dependency("b"))}) == ["root 1", "a 1"]


def test_of_two_versions_the_nearer_counts(resolve):
    root = pom(dependency("a") + dependency("b"))
    deeper = pom(dependency("b", "<version>9</version>"))
    assert resolve({"root": root, "a": deeper, "b": pom()}) == ["root 1", "a 1", "b 1"]
