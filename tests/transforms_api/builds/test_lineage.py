"""The OpenLineage events of a job. Transforms here are single-node ones: no Spark."""

import json
import sys
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import polars
import pytest
from openlineage.client.serde import Serde

from transforms.api import Input, Output, transform
from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.lineage import _column_lineage, run_event
from transforms_api.builds.plan import make_plan
from transforms_api.builds.report import BuildListener, JobResult, JobState, lineage_listeners
from transforms_api.builds.scheduler import BuildOptions, run_build
from transforms_api.errors import EnvironmentProblem
from transforms_api.expectations.evaluate import CheckResult
from transforms_api.project.graph import build_graph
from transforms_api.project.settings import SourceSettings
from transforms_api.warehouse.column_lineage import ColumnLineage, ColumnName, Influence
from transforms_api.warehouse.provenance import InputVersion, Provenance, PulledVersion
from transforms_api.warehouse.warehouse import Warehouse


@transform.using(out=Output("/A/deals"))
def deals(out):
    out.write_table(polars.DataFrame({"deal": ["A", "B"], "amount": [10, 20]}))


DONE = JobResult(deals, JobState.COMPLETED)


@pytest.fixture
def warnings_of(warehouse, tmp_path):
    """warnings_of(target) → the warnings of a build that begins and ends one job."""
    environment = BuildEnvironment(lambda: pytest.fail("Spark"), warehouse, "0123456789abcdef0123456789abcdef")

    def build(target):
        warnings = []
        with lineage_listeners(target, tmp_path, environment, warnings.append) as listeners:
            for listener in listeners:
                listener.on_job_started(deals)
                listener.on_job_ended(DONE)
        return warnings

    return build


@contextmanager
def server(status=201):
    """Yield the URL of a server that answers with `status`, and the requests that it got: path, key, event."""
    requests = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            requests.append((self.path, self.headers["Authorization"], event["eventType"]))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_):
            pass

    running = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}", requests
    running.shutdown()
    running.server_close()


def test_without_a_target_no_event_is_sent(warnings_of, tmp_path):
    assert warnings_of("") == []
    assert list(tmp_path.iterdir()) == []


def test_a_file_gets_a_line_for_each_event_after_those_of_earlier_builds(warnings_of, tmp_path):
    assert warnings_of("file:lineage.jsonl") == warnings_of("file:lineage.jsonl") == []
    events = [json.loads(line)["eventType"] for line in (tmp_path / "lineage.jsonl").read_text().splitlines()]
    assert events == ["START", "COMPLETE", "START", "COMPLETE"]


def test_a_server_gets_each_event_in_order(warnings_of):
    with server() as (url, requests):
        assert warnings_of(url) == []
    assert [(path, event) for path, _, event in requests] == [
        ("/api/v1/lineage", "START"),
        ("/api/v1/lineage", "COMPLETE"),
    ]


def test_a_server_that_wants_a_key_gets_that_of_the_environment(warnings_of, monkeypatch):
    monkeypatch.setenv("OPENLINEAGE_API_KEY", "k3y")
    with server() as (url, requests):
        warnings_of(url)
    assert {key for _, key, _ in requests} == {"Bearer k3y"}


def test_a_refused_event_causes_one_warning_and_ends_the_sending(warnings_of):
    with server(status=403) as (url, requests):
        [warning] = warnings_of(url)
    assert "an event could not be sent: 403" in warning
    assert [event for _, _, event in requests] == ["START"]


def test_a_file_that_cannot_be_written_fails_no_build(warnings_of):
    [warning] = warnings_of("file:no-such-folder/lineage.jsonl")
    assert "no-such-folder" in warning


def test_without_the_library_the_text_says_what_to_install(warnings_of, monkeypatch):
    monkeypatch.setitem(sys.modules, "openlineage.client.transport", None)
    monkeypatch.delitem(sys.modules, "transforms_api.builds.lineage", raising=False)
    with pytest.raises(EnvironmentProblem, match=r"pip install 'transforms-anywhere\[lineage\]'"):
        warnings_of("file:lineage.jsonl")


NOON = datetime(2025, 6, 2, 12, tzinfo=UTC)
BUILD = "0123456789abcdef0123456789abcdef"


@transform.using(deals=Input("/A/deals"), out=Output("/A/total"))
def total(deals, out):
    out.write_table(deals.polars().select(polars.col("amount").sum()))


@pytest.fixture
def environment(warehouse):
    sources = {"ri.source": SourceSettings(secrets={"token": "s3cret"})}
    return BuildEnvironment(lambda: pytest.fail("a job started Spark"), warehouse, BUILD, sources=sources)


@pytest.fixture
def events(environment):
    """events(transform, …) → the events of a build of these, one job after the other."""

    def build(*transforms):
        graph, sent = build_graph(transforms), []

        class Recorder(BuildListener):
            def on_job_started(self, transform):
                sent.append(Serde.to_dict(run_event(transform, None, environment, NOON)))

            def on_job_ended(self, result):
                sent.append(Serde.to_dict(run_event(result.transform, result, environment, NOON)))

        plan = make_plan(graph, environment, strict=False)
        run_build(plan, BuildOptions(side_by_side=1), [Recorder()])
        return sent

    return build


def uri(warehouse, branch="master"):
    return f"file://{warehouse.root}/{branch}"


def facet(facets, name):
    """Return what a facet says, without who made it and how."""
    return {key: value for key, value in facets[name].items() if not key.startswith("_")}


def test_a_pulled_input_has_its_names_in_the_account(events, write):
    pulled = PulledVersion(dataset="ri.dataset.1", branch="master", transaction="ri.transaction.2")
    write("/A/deals", made_from={"kind": "import", "pulled": pulled}, deal=["A"], amount=[10])

    _, ended = events(total)

    assert facet(ended["inputs"][0]["facets"], "symlinks") == {
        "identifiers": [
            {"namespace": "foundry", "name": "ri.dataset.1", "type": "DATASET"},
            {"namespace": "foundry", "name": "ri.transaction.2", "type": "TRANSACTION"},
        ]
    }


def test_an_event_says_what_happened_when_and_how_it_is_to_be_read(events):
    began, ended = events(deals)
    assert [began["eventType"], ended["eventType"]] == ["START", "COMPLETE"]
    assert began["eventTime"] == "2025-06-02T12:00:00+00:00"
    assert began["producer"].startswith("pkg:pypi/transforms-anywhere@")
    assert began["schemaURL"].endswith("/OpenLineage.json#/$defs/RunEvent")


def test_every_facet_says_who_made_it_and_how_it_is_to_be_read(events):
    *_, ended = events(deals, total)
    [output] = ended["outputs"]
    facets = ended["run"]["facets"] | output["facets"] | output["outputFacets"]
    assert facets.keys() == {"parent", "version", "schema", "outputStatistics"}
    for facet in facets.values():
        assert facet["_producer"] == ended["producer"]
        assert facet["_schemaURL"].startswith("https://openlineage.io/spec/facets/")


def test_both_events_of_a_job_are_of_one_run_whose_parent_is_the_build(events, warehouse):
    *of_deals, began, ended = events(deals, total)
    assert began["run"]["runId"] == ended["run"]["runId"]
    assert began["run"]["runId"] not in {event["run"]["runId"] for event in of_deals}
    parent = facet(began["run"]["facets"], "parent")
    assert parent["run"]["runId"] == "01234567-89ab-cdef-0123-456789abcdef"
    assert (parent["job"]["namespace"], parent["job"]["name"]) == (uri(warehouse), "build")


def test_a_job_is_called_as_its_transform_and_datasets_as_on_foundry(events, warehouse):
    *_, began, _ = events(deals, total)
    assert (began["job"]["namespace"], began["job"]["name"]) == (uri(warehouse), f"{__name__}:total")
    assert [(input_["namespace"], input_["name"]) for input_ in began["inputs"]] == [(uri(warehouse), "/A/deals")]
    assert [(output["namespace"], output["name"]) for output in began["outputs"]] == [(uri(warehouse), "/A/total")]


def test_the_end_of_a_job_has_version_columns_and_rows_of_its_outputs(events):
    _, ended = events(deals)
    [output] = ended["outputs"]
    assert facet(output["facets"], "version") == {"datasetVersion": "0"}
    columns = facet(output["facets"], "schema")["fields"]
    assert [(column["name"], column["type"]) for column in columns] == [("deal", "string"), ("amount", "bigint")]
    assert facet(output["outputFacets"], "outputStatistics") == {"rowCount": 2}


def test_an_input_has_the_version_that_the_job_read_even_if_there_are_later_ones(events, write):
    @transform.using(source=Input("/A/source"), out=Output("/A/copy"))
    def copy(source, out):
        out.write_table(source.polars())
        write("/A/source", n=[1, 2])

    write("/A/source", n=[1])
    _, ended = events(copy)
    assert facet(ended["inputs"][0]["facets"], "version") == {"datasetVersion": "0"}


def test_an_input_belongs_to_the_branch_that_it_is_read_from(environment, warehouse, write):
    write("/A/deals", branch="master", amount=[10])
    feature = Warehouse(warehouse.root, "feature", ("master",))
    began = Serde.to_dict(run_event(total, None, BuildEnvironment(environment.spark, feature, BUILD), NOON))
    assert [input_["namespace"] for input_ in began["inputs"]] == [uri(warehouse, "master")]
    assert [output["namespace"] for output in began["outputs"]] == [uri(warehouse, "feature")]


def test_a_dataset_of_files_has_their_number_and_no_columns(events):
    @transform.using(out=Output("/A/letters"))
    def letters(out):
        for name in ("a.txt", "b.txt"):
            with out.filesystem().open(name, "w") as stream:
                stream.write(name)

    _, ended = events(letters)
    [output] = ended["outputs"]
    assert output["facets"].keys() == {"version"}
    assert facet(output["outputFacets"], "outputStatistics") == {"fileCount": 2}


def test_a_failure_has_its_reason_without_secrets_and_no_version_of_unwritten_outputs(environment):
    failed = JobResult(deals, JobState.FAILED, reason="token s3cret was refused")
    event = Serde.to_dict(run_event(deals, failed, environment, NOON))
    assert event["eventType"] == "FAIL"
    message = facet(event["run"]["facets"], "errorMessage")
    assert message == {"message": "token *** was refused", "programmingLanguage": "PYTHON"}
    assert [(output["name"], output["facets"], output["outputFacets"]) for output in event["outputs"]] == [
        ("/A/deals", {}, {})
    ]


def test_a_job_that_cannot_begin_is_sent_as_aborted_with_the_reason(events):
    @transform.using(out=Output("/A/deals"))
    def fails(out):
        raise RuntimeError("no luck")

    *_, aborted = events(fails, total)
    assert (aborted["eventType"], aborted["job"]["name"]) == ("ABORT", f"{__name__}:total")
    message = facet(aborted["run"]["facets"], "errorMessage")["message"]
    assert message == f"{fails.reference} did not complete"


def test_checks_are_sent_as_assertions_on_their_dataset(environment):
    checks = [
        CheckResult("/A/deals", "amounts are positive", "WARN", "1 rows break it"),
        CheckResult("/A/total", "one row", "FAIL", None),
    ]
    event = Serde.to_dict(run_event(total, JobResult(total, JobState.COMPLETED, checks=checks), environment, NOON))
    [read], [written] = event["inputs"], event["outputs"]
    [of_input] = facet(read["inputFacets"], "dataQualityAssertions")["assertions"]
    assert (of_input["assertion"], of_input["success"]) == ("amounts are positive", False)
    [of_output] = facet(written["facets"], "dataQualityAssertions")["assertions"]
    assert (of_output["assertion"], of_output["success"]) == ("one row", True)


def test_the_lineage_of_columns_has_openlineages_types_and_subtypes(warehouse):
    deal, stage = ColumnName("/A/deals", "amount"), ColumnName("/A/deals", "stage")
    columns = ColumnLineage.of({"total": {Influence.AGGREGATION: [deal]}}, {Influence.FILTER: [stage]})
    made = Provenance(inputs={"/A/deals": InputVersion(branch="master", version=0)}, columns=columns)
    version = SimpleNamespace(commit=SimpleNamespace(provenance=made))
    facet = Serde.to_dict(_column_lineage(version, warehouse)["columnLineage"])
    [source] = facet["fields"]["total"]["inputFields"]
    [filtered] = facet["dataset"]
    assert (source["name"], source["field"], source["transformations"]) == (
        "/A/deals",
        "amount",
        [{"type": "DIRECT", "subtype": "AGGREGATION"}],
    )
    assert (filtered["field"], filtered["transformations"]) == ("stage", [{"type": "INDIRECT", "subtype": "FILTER"}])


def test_unknown_lineage_of_columns_is_left_out(warehouse):
    made = Provenance(columns=ColumnLineage(reason="a single-node transform wrote it"))
    assert _column_lineage(SimpleNamespace(commit=SimpleNamespace(provenance=made)), warehouse) == {}
