"""What goes wrong between here and a Foundry account: each is one sentence, and an interrupted pull goes on."""

import json
import socket
import ssl
import threading

import pyarrow as pa
import pytest
import trustme

from transforms_api.errors import EnvironmentProblem, PullError
from transforms_api.importing.foundry_account import FoundryAccount
from transforms_api.importing.foundry_connection import Connection
from transforms_api.importing.foundry_content import Selection
from transforms_api.importing.foundry_downloads import downloads_of
from transforms_api.importing.pulling import PullTarget, pull_dataset

ORDERS = "/Shop/raw/orders"
ROWS = pa.table({"id": [1, 2, 3]})
FILES = {f"part {number}.txt": bytes([number]) * 1000 for number in range(4)}


@pytest.fixture
def account(foundry):
    foundry.add(ORDERS, ROWS)
    return FoundryAccount(Connection(foundry.host, foundry.token, timeout=2, pause=0.01))


@pytest.fixture
def pull(account, warehouse):
    """pull(dataset, **selection) → the result."""

    def run(dataset=ORDERS, **selection):
        return pull_dataset(account, PullTarget(dataset, ("master",)), warehouse, Selection(**selection))

    return run


@pytest.fixture
def problem_of(pull, warehouse):
    """problem_of(dataset) → the text of the error of a pull, after which there is no dataset."""

    def run(dataset=ORDERS):
        with pytest.raises(PullError) as raised:
            pull(dataset)
        assert warehouse.latest(dataset) is None
        return str(raised.value)

    return run


# Answers with an error


@pytest.mark.parametrize(
    ("part", "fault", "sentence"),
    [
        (
            "getByPath",
            {"status": 401, "name": "Default:Unauthorized"},
            "/Shop/raw/orders cannot be pulled: the account does not accept the token in FOUNDRY_TOKEN (401 "
            "Default:Unauthorized): it has expired, was revoked or is not complete. Make a new one in the settings of "
            "your account.",
        ),
        (
            "getSchema",
            {"status": 403, "name": "GetDatasetSchemaPermissionDenied"},
            "/Shop/raw/orders cannot be pulled: the token's user may not read it (403 "
            "GetDatasetSchemaPermissionDenied). Ask its owner for the role Viewer, or make a token with the scopes "
            "api:datasets-read and api:filesystem-read.",
        ),
        (
            "getByPath",
            {"status": 404, "name": "PathNotFound"},
            "/Shop/raw/orders cannot be pulled: the account does not have it, or the token's user may not see it (404 "
            "PathNotFound). Check the path or RID.",
        ),
        (
            "getByPath",
            {"status": 429, "name": "RateLimited", "headers": {"Retry-After": "3600"}},
            "/Shop/raw/orders cannot be pulled: the account has too many requests (429), and asks to wait 3600 seconds."
            " Run the same command again later: it keeps what has been downloaded.",
        ),
        (
            "/files?",
            {"status": 502, "body": b"<html>Bad gateway</html>"},
            "/Shop/raw/orders cannot be pulled: the account has an internal error (502). Run the same command again "
            "later: it keeps what has been downloaded.",
        ),
        (
            "getByPath",
            {"status": 400, "name": "InvalidPath"},
            "/Shop/raw/orders cannot be pulled: the account refuses the request (400 InvalidPath). Check the name and "
            "the options.",
        ),
    ],
)
def test_an_error_of_the_account_is_one_sentence(foundry, problem_of, part, fault, sentence):
    foundry.fail(part, times=99, **fault)
    assert problem_of() == sentence


def test_an_internal_error_has_the_identifier_that_support_needs(foundry, problem_of):
    body = {"errorCode": "INTERNAL", "errorName": "Internal", "errorInstanceId": "abc-1", "parameters": {}}
    foundry.fail("getSchema", 500, times=99, body=json.dumps(body).encode())
    assert "(500 Internal), errorInstanceId abc-1 for Foundry's support. Run" in problem_of()


def test_a_host_without_foundrys_api_is_reported_as_such(foundry, problem_of):
    host = foundry.host.removeprefix("http://")
    foundry.fail("getByPath", 404, body=b"")
    assert f"{host} does not have this part of Foundry's API (404). Check FOUNDRY_HOSTNAME" in problem_of()
    foundry.fail("getByPath", 200, body=b"<html>Please log in</html>")
    assert f"{host} gives no answer of Foundry's API" in problem_of()


def test_a_request_that_the_account_refuses_for_now_is_repeated_after_the_time_that_it_states(foundry, pull):
    foundry.fail("getByPath", 429, "RateLimited", times=1, headers={"Retry-After": "0"})
    foundry.fail("/content", 503, "Unavailable", times=1, headers={"Retry-After": "1"})
    assert pull().rows == 3


def test_internal_errors_and_cut_connections_are_tried_three_times(foundry, pull):
    foundry.fail("getByPath", 500, times=2)
    foundry.fail("/files?", cut=20, times=2)
    foundry.fail("/content", cut=100, times=2)
    assert pull().rows == 3
    assert [len(foundry.requests_with(part)) for part in ("getByPath", "/files?", "/content")] == [3, 3, 3]


def test_a_connection_that_is_cut_each_time_is_one_sentence_with_the_file(foundry, problem_of):
    foundry.add("/Shop/scans", FILES)
    foundry.fail("part 2.txt/content", cut=100, times=99)
    problem = problem_of("/Shop/scans")
    assert problem.startswith("/Shop/scans: file 'part 2.txt' cannot be pulled: the connection to 127.0.0.1:")
    assert problem.endswith("was cut 3 times. Run the same command again later: it keeps what has been downloaded.")


def test_a_file_that_is_shorter_than_the_account_says_is_not_taken(foundry, problem_of):
    foundry.add("/Shop/scans", FILES)
    foundry.fail("part 1.txt/content", 200, times=99, body=b"short")
    assert "file 'part 1.txt' cannot be pulled: the account sent 5 of its 1,000 bytes. Run" in problem_of("/Shop/scans")


def test_a_table_that_is_cut_is_requested_again(foundry, pull):
    foundry.fail("readTable", cut=50, times=2)
    assert pull(rows=2).rows == 2


def test_an_answer_that_does_not_come_in_time_is_an_error(foundry, warehouse):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"http://127.0.0.1:{silent.getsockname()[1]}"
        account = FoundryAccount(Connection(host, "token", timeout=0.05, pause=0.01))
        with pytest.raises(PullError, match=r"127\.0\.0\.1:\d+ did not answer within 0\.05 seconds\. Run"):
            pull_dataset(account, PullTarget(ORDERS, ("master",)), warehouse)


# Datasets that cannot be pulled


def test_a_dataset_without_the_branch_names_those_that_it_has(foundry, account, warehouse):
    foundry.add(ORDERS, ROWS, branch="develop")
    with pytest.raises(PullError, match=r"none of the branches feature/x\. Choose .* --from-branch: develop, master\."):
        pull_dataset(account, PullTarget(ORDERS, ("feature/x",)), warehouse)


def test_a_dataset_with_neither_schema_nor_files_is_an_error(foundry, problem_of):
    foundry.add("/Shop/empty", {})
    assert "has neither a schema nor files. Build it on Foundry" in problem_of("/Shop/empty")


def test_a_name_that_is_no_rid_and_a_resource_that_is_no_dataset_are_errors(foundry, problem_of):
    assert problem_of("ri.x") == "ri.x cannot be pulled: ri.x is no RID. Copy it from the account."
    foundry.add("/Shop/app", ROWS)
    foundry.datasets[foundry.paths["/Shop/app"]]["type"] = "CARBON_WORKSPACE"
    assert "it is a carbon workspace of the account, and only datasets have rows" in problem_of("/Shop/app")


@pytest.mark.parametrize("name", ["../up.txt", "a/../../up.txt", "/etc/up.txt", "a//b.txt", "..\\up.txt"])
def test_a_file_never_leaves_the_dataset(foundry, problem_of, name):
    foundry.add("/Shop/scans", {name: b"x"})
    assert "would lie outside of the dataset" in problem_of("/Shop/scans")
    assert foundry.requests_with("/content") == []


def test_a_column_of_an_unknown_type_is_named(foundry, problem_of):
    schema = {"fieldSchemaList": [{"name": "where", "type": "GEOSHAPE", "nullable": True}]}
    foundry.add("/Shop/places", ROWS, schema=schema)
    assert "column 'where' has the type GEOSHAPE, which is not known here" in problem_of("/Shop/places")


# Going on


def test_a_pull_goes_on_with_the_files_that_it_lacks(foundry, pull, problem_of):
    foundry.add("/Shop/scans", FILES)
    foundry.fail("part 3.txt/content", 403, "Denied", times=1)
    problem_of("/Shop/scans")
    done = len(foundry.requests_with("/content"))

    assert pull("/Shop/scans").files == 4
    assert 1 <= len(foundry.requests_with("/content")) - done <= 4
    assert len(foundry.requests_with("part 3.txt/content")) == 2


def interrupted(foundry, account, warehouse):
    """Download all files of a dataset, and return them and where they are."""
    foundry.add("/Shop/scans", FILES)
    dataset = account.dataset("/Shop/scans", None)
    version = account.version(dataset, ["master"])
    downloads = downloads_of(warehouse, "/Shop/scans")
    with downloads.locked("/Shop/scans"):
        return downloads.files(account, dataset, version, account.files(dataset, version)), downloads


def test_only_what_is_whole_counts_as_downloaded(foundry, account, warehouse, pull):
    files, downloads = interrupted(foundry, account, warehouse)
    files[0].file.write_bytes(b"\xff" * 1000)
    files[1].file.write_bytes(b"short")
    files[2].file.unlink()
    (downloads.folder / "files.jsonl").open("a").write('{"name": "half of a li')
    foundry.requests.clear()

    pull("/Shop/scans")

    assert len(foundry.requests_with("/content")) == 3
    version = warehouse.latest("/Shop/scans")
    assert {name: (version.files_folder / name).read_bytes() for name in FILES} == FILES


def test_a_newer_version_needs_only_the_files_that_it_added(foundry, account, warehouse, pull):
    interrupted(foundry, account, warehouse)
    foundry.add("/Shop/scans", {"new.txt": b"new", "part 0.txt": b"other"}, kind="UPDATE")
    foundry.requests.clear()

    assert pull("/Shop/scans").files == 5
    assert sorted(request.rpartition("/files/")[2].split("/")[0] for request in foundry.requests_with("/content")) == [
        "new.txt",
        "part 0.txt",
    ]


def test_what_was_downloaded_goes_when_the_dataset_is_there(foundry, pull, warehouse):
    pull()
    assert [file.name for file in downloads_of(warehouse, ORDERS).folder.iterdir()] == ["seen.json"]


def test_two_pulls_of_one_dataset_do_not_run_at_the_same_time(pull, warehouse):
    with (
        downloads_of(warehouse, ORDERS).locked(ORDERS),
        pytest.raises(PullError, match="being pulled by another process"),
    ):
        pull()


def test_ten_thousand_files_are_listed_by_pages(foundry, account):
    foundry.add("/Shop/scans", {f"{number:05}.txt": b"x" for number in range(10_000)})
    dataset = account.dataset("/Shop/scans", None)

    assert len(account.files(dataset, account.version(dataset, ["master"]))) == 10_000
    assert len(foundry.requests_with("/files?")) == 10


def test_files_of_several_pages_are_pulled(foundry, pull):
    foundry.page = 7
    foundry.add("/Shop/scans", {f"{number:05}.txt": b"x" for number in range(30)})
    assert pull("/Shop/scans").files == 30


# Token and host


@pytest.mark.parametrize(
    ("environment", "problem"),
    [
        ({}, "The environment has no FOUNDRY_TOKEN and FOUNDRY_HOSTNAME: set"),
        ({"FOUNDRY_TOKEN": "t"}, "The environment has no FOUNDRY_HOSTNAME: set"),
        ({"FOUNDRY_TOKEN": "Bearer secret", "FOUNDRY_HOSTNAME": "a.example"}, "FOUNDRY_TOKEN has a space"),
        ({"FOUNDRY_TOKEN": "sec\nret", "FOUNDRY_HOSTNAME": "a.example"}, "FOUNDRY_TOKEN has a space, a line break"),
        ({"FOUNDRY_TOKEN": "t", "FOUNDRY_HOSTNAME": "http://a.example"}, "the token must not be sent unencrypted"),
        ({"FOUNDRY_TOKEN": "t", "FOUNDRY_HOSTNAME": "https://me:secret@a.example"}, "FOUNDRY_HOSTNAME is no host"),
        ({"FOUNDRY_TOKEN": "t", "FOUNDRY_HOSTNAME": "a b"}, "FOUNDRY_HOSTNAME is no host"),
        ({"FOUNDRY_TOKEN": "t", "FOUNDRY_HOSTNAME": "a.example:port"}, "FOUNDRY_HOSTNAME is no host"),
    ],
)
def test_token_and_host_are_checked_before_anything_is_sent(environment, problem):
    with pytest.raises(EnvironmentProblem, match=problem) as raised:
        FoundryAccount.of_environment(environment)
    assert "secret" not in str(raised.value)


def test_the_host_may_be_written_as_an_address():
    environment = {"FOUNDRY_TOKEN": "t", "FOUNDRY_HOSTNAME": "https://a.example:8443/ "}
    assert FoundryAccount.of_environment(environment).connection.url == "https://a.example:8443"


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("https://no-such-host.invalid", r"there is no host no-such-host\.invalid\. Check FOUNDRY_HOSTNAME"),
        ("https://127.0.0.1:1", r"127\.0\.0\.1:1 accepts no connection\. Check FOUNDRY_HOSTNAME"),
    ],
)
def test_a_host_that_does_not_answer_concerns_all_datasets(url, problem, warehouse):
    with pytest.raises(PullError, match=problem) as raised:
        pull_dataset(FoundryAccount(Connection(url, "t", pause=0.01)), PullTarget(ORDERS, ("master",)), warehouse)
    assert raised.value.concerns_all


def test_a_certificate_is_checked_and_that_of_an_organization_can_be_named(
    serve_foundry, warehouse, monkeypatch, tmp_path
):
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with serve_foundry(context) as own:
        own.add(ORDERS, ROWS)
        target = PullTarget(ORDERS, ("master",))
        with pytest.raises(PullError, match=r"the certificate of 127\.0\.0\.1:\d+ is not accepted .* SSL_CERT_FILE"):
            pull_dataset(FoundryAccount(Connection(own.host, own.token, pause=0.01)), target, warehouse)
        monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)  # the SDK reads it first
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        assert pull_dataset(FoundryAccount(Connection(own.host, own.token)), target, warehouse).rows == 3


def test_neither_token_nor_host_is_stored_or_shown(foundry, account, pull, warehouse):
    pull()
    stored = b"".join(file.read_bytes() for file in warehouse.root.rglob("*") if file.is_file())
    assert foundry.token.encode() not in stored
    assert foundry.host.removeprefix("http://").encode() not in stored
    assert foundry.token not in repr(account)
    foundry.token = "another"
    foundry.fail("getByPath", 400, f"Bad{account.connection._token}", times=1)
    with pytest.raises(PullError) as raised:
        pull("/Shop/other")
    assert account.connection._token not in str(raised.value)


def test_threads_are_gone_after_a_pull(pull):
    before = threading.active_count()
    pull()
    assert threading.active_count() <= before + 1, "the fake account keeps one for the open connection"
