"""The report on the demo scenario, as `run_local.py report` writes it."""

import re
from html.parser import HTMLParser

import pytest

from transforms_api.cli import app
from transforms_api.errors import EnvironmentProblem


class Elements(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.elements = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))


@pytest.fixture(scope="module")
def report(built, tmp_path_factory):
    """The file, and the folder of its pictures."""
    folder = tmp_path_factory.mktemp("report")
    app.app(["report", str(folder / "q4.html"), "--warehouse", str(built[0])], standalone_mode=False)
    return folder / "q4.html", folder / "q4_pictures"


def test_a_report_needs_no_other_file_and_no_network(report):
    elements = Elements(report[0].read_text()).elements
    assert [tag for tag, _ in elements if tag in ("script", "link", "img", "iframe", "object")] == []
    links = [attributes["href"] for _, attributes in elements if attributes.get("href")]
    assert [link for link in links if not link.startswith("#")] == []
    assert "url(" not in re.sub(r"url\(#[\w-]+\)", "", report[0].read_text())


def test_no_id_of_a_report_occurs_twice(report):
    names = [attributes["id"] for _, attributes in Elements(report[0].read_text()).elements if "id" in attributes]
    assert len(names) == len(set(names))


def test_a_report_has_the_figures_of_the_quarter(report):
    text = re.sub(r"<[^>]+>", " ", report[0].read_text())
    for expected in ("$13.0M", "$8.2M closed won", "Acme Corporation", "Jessica Taylor", "142%"):
        assert expected in text, expected


def test_every_picture_is_a_png(report):
    names = {file.name for file in report[1].iterdir()}
    assert {"forecast-trend.png", "funnel.png", "health-distribution.png", "build-graph.png"} <= names
    assert len([name for name in names if name.startswith("win-rate-drivers-REP-")]) == 10
    assert all(file.read_bytes().startswith(b"\x89PNG") for file in report[1].iterdir())


def test_an_unknown_team_is_refused_with_a_suggestion(built, tmp_path):
    with pytest.raises(EnvironmentProblem, match="Michael Torres"):
        app.app(
            ["report", str(tmp_path / "x.html"), "--team", "Michal Torres", "--warehouse", str(built[0])],
            standalone_mode=False,
        )
    assert list(tmp_path.iterdir()) == []
