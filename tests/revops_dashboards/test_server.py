import urllib.error
import urllib.request

import pytest

from revops_dashboards.build_state import BuildState, BuildStatePoller
from revops_dashboards.pages import PIPELINE_HEALTH
from revops_dashboards.server import application


def fetch(url, **headers):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as answer:
        return answer.read().decode(), answer


@pytest.fixture
def server(tables, serve):
    """The address of the dashboards of an empty warehouse."""
    return serve(application(tables, BuildStatePoller(BuildState, lambda: 1, lambda: 1), ["127.0.0.1"]))


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/", "Pipeline health"),
        ("/deals", "Deals"),
        ("/coaching", "Rep coaching"),
        ("/team", "Team"),
        ("/build", "Build"),
    ],
)
def test_each_page_opens_even_if_nothing_has_been_built(server, path, title):
    page, _ = fetch(server + path)
    assert f"<title>{title} · RevOps</title>" in page
    assert f'<a href="{path}" aria-current="page">{title}</a>' in page


def test_every_widget_says_what_is_missing(server):
    page, _ = fetch(f"{server}/")
    assert page.count("has not been built yet") == 1 + len(PIPELINE_HEALTH.widgets)  # the filters, and each widget


def test_another_name_for_this_machine_is_refused(server):
    with pytest.raises(urllib.error.HTTPError, match="400"):
        fetch(f"{server}/", Host="elsewhere.example")


def test_a_page_runs_no_script_but_its_own_and_is_shown_in_no_other(server):
    _, answer = fetch(f"{server}/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy


def test_each_table_of_an_empty_warehouse_answers_why_it_has_no_csv(server):
    with pytest.raises(urllib.error.HTTPError, match="503"):
        fetch(f"{server}/csv/stuck_deals")
    with pytest.raises(urllib.error.HTTPError, match="404"):
        fetch(f"{server}/csv/no_such_table")


def test_what_an_address_says_is_text_and_never_markup(server):
    page, _ = fetch(f"{server}/?team=%3Cscript%3Ealert(1)%3C/script%3E&quarter=%22%3E%3Cimg%20src=x%3E")
    assert "<script>alert" not in page
    assert "<img" not in page


def test_no_page_requests_anything_from_other_hosts(server):
    for path in ("/", "/deals", "/coaching", "/team", "/build", "/static/style.css", "/static/page.js"):
        page, _ = fetch(server + path)
        assert "http://" not in page.replace("http://www.w3.org/", "")
        assert "https://" not in page


def test_changes_are_signalled_by_a_token_that_the_page_also_has(server):
    page, _ = fetch(f"{server}/")
    token, _ = fetch(f"{server}/changes")
    assert token.endswith(f".{hash(1)}")
    assert f'data-changes="0.{hash(1)}"' in page


def test_a_warehouse_of_another_pipeline_has_the_page_about_the_build_alone(tables, serve):
    server = serve(
        application(tables, BuildStatePoller(BuildState, lambda: 1, lambda: 1), ["127.0.0.1"], is_ours=False)
    )
    page, answer = fetch(f"{server}/")
    assert answer.url == f"{server}/build"
    assert "Pipeline health" not in page
