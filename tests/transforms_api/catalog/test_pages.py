import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from transforms_api.builds.states import DatasetState, State
from transforms_api.catalog.column_graph import ColumnGraph
from transforms_api.catalog.entries import Column, Entry
from transforms_api.catalog.pages import page_names, render_pages
from transforms_api.warehouse.column_lineage import ColumnLineage, ColumnName, Influence
from transforms_api.warehouse.provenance import Provenance

ORDERS, REPORT = "datasets/shop.orders.html", "datasets/shop.report.html"


class Read(HTMLParser):
    """What a page has: its tags with their attributes, and its text."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.text += " "

    def handle_data(self, text):
        self.text += text

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def entry(dataset, reason=None, about=(), sources=()):
    state = DatasetState(dataset, State.STALE, reason, sources=sources)
    return Entry(state, about, None, None, None, (), (), "", (), (), (), (), ())


@pytest.fixture
def dictionary(shop, contract):
    return render_pages(shop(contract), "the shop")


def test_there_is_an_index_and_a_page_for_each_dataset(dictionary):
    own = ["datasets/shop.raw.html", ORDERS, REPORT]
    assert list(dictionary) == ["index.html", *own, "style.css", "search.js"]


def test_equal_entries_give_equal_pages(shop, contract):
    assert render_pages(shop(contract), "the shop") == render_pages(shop(contract), "the shop")


def test_a_page_says_what_the_dataset_is(dictionary):
    text = " ".join(Read(dictionary[ORDERS]).text.split())
    for expected in [
        "/shop/orders",
        "○ missing",
        "not built",
        "What was sold.",
        "Grain one row per order",
        "Key order_id",
        "amount double USD not priced yet",
        "order_id key string what it is called never",
        "not evaluated order_id is its key so that nobody pays twice",
    ]:
        assert expected in text, expected


def test_links_lead_from_each_dataset_to_its_neighbours(dictionary):
    hrefs = [link["href"] for link in Read(dictionary[ORDERS]).all("a")]
    assert {"shop.raw.html", "shop.report.html", "../index.html"} <= set(hrefs)


def test_every_link_and_file_that_a_page_names_exists(dictionary):
    for path, page in dictionary.items():
        if path.endswith(".html"):
            read = Read(page)
            folder = path.rpartition("/")[0]
            links = [link["href"] for link in read.all("a") + read.all("link")] + [
                script["src"] for script in read.all("script")
            ]
            resolved = [re.sub(r"^[^/]+/\.\./", "", f"{folder}/{link}".lstrip("/")) for link in links if link[0] != "#"]
            assert set(resolved) <= set(dictionary), path


def test_nothing_is_fetched_from_elsewhere(dictionary):
    everything = "".join(dictionary.values()).replace("http://www.w3.org/2000/svg", "")
    assert re.findall(r"https?://|@import|fetch\(|url\((?!#)", everything) == []


def test_the_graph_s_cards_lead_to_the_datasets_pages(dictionary):
    hrefs = [link["href"] for link in Read(dictionary["index.html"]).all("a")]
    assert hrefs.count(ORDERS) == 2


def test_the_search_finds_columns_by_what_the_index_says_of_them(dictionary):
    items = [item["data-columns"] for item in Read(dictionary["index.html"]).all("li") if "data-columns" in item]
    assert items == ["order_id\namount", "", ""]


def test_names_docstrings_and_reasons_are_texts_and_nothing_else():
    evil = '"><script>alert(1)</script>{{ 7 * 7 }}\x1b\u202e\ud800'
    made = render_pages({f"/x/{evil}": entry(f"/x/{evil}", reason=evil, about=(f"`{evil}`", evil))}, evil)
    for path, page in made.items():
        page.encode("utf-8")
        if path.endswith(".html"):
            read = Read(page)
            assert [script.get("src", "").removeprefix("../") for script in read.all("script")] == ["search.js"]
            assert "{{ 7 * 7 }}\\x1b\\u202e\\ud800" in read.text


@pytest.mark.parametrize(
    ("text", "html"),
    [("the `day` of it", "the <code>day</code> of it"), ("``a`b``", "<code>a`b</code>"), ("5` high", "5` high")],
)
def test_text_in_backquotes_is_shown_as_code(text, html):
    assert f'<p class="prose">{html}</p>' in render_pages({"/a": entry("/a", about=(text,))}, "x")["datasets/a.html"]


@pytest.mark.parametrize(
    ("datasets", "names"),
    [
        (["/shop/orders"], [r"shop\.orders\.html"]),
        (["/shop/all orders?"], [r"shop\.all\.orders\.~[0-9a-f]{16}\.html"]),
        (["/a/b", "/a.b"], [r"a\.b~[0-9a-f]{16}\.html"] * 2),
        (["/A/x", "/a/x"], [r"A\.x~[0-9a-f]{16}\.html", r"a\.x~[0-9a-f]{16}\.html"]),
        (["/" + "x" * 300], [r"x{100}~[0-9a-f]{16}\.html"]),
        (["/../../etc/passwd"], [r"\.etc\.passwd~[0-9a-f]{16}\.html"]),
    ],
)
def test_every_page_has_a_name_of_its_own_that_disks_and_urls_take(datasets, names):
    names_of_pages = list(page_names(datasets).values())
    assert len(set(names_of_pages)) == len(datasets)
    assert all(re.fullmatch(name, page_name) for name, page_name in zip(names, names_of_pages, strict=True)), (
        names_of_pages
    )


def test_a_project_without_datasets_has_an_index():
    assert "0 datasets" in Read(render_pages({}, "nothing")["index.html"]).text


def test_an_entry_may_name_a_source_that_has_no_page(dictionary):
    lonely = entry("/a", sources=("/gone",))
    assert "/gone" in Read(render_pages({"/a": replace(lonely)}, "x")["datasets/a.html"]).text


@pytest.fixture
def linked():
    """A dictionary of two datasets: /shop/report.total is aggregated from /shop/orders.price, and a page shows it."""
    price, total = ColumnName("/shop/orders", "price"), ColumnName("/shop/report", "total")
    lineage = ColumnLineage.of({"total": {Influence.AGGREGATION: [price]}}, {})
    graph = ColumnGraph({"/shop/report": Provenance(transform="shop:report", columns=lineage)})
    entries = {}
    for column in (price, total):
        links = {column.column: graph.links(column, ["Sales: Total"] if column == total else ())}
        columns = (Column("id", 0, "long"), Column(column.column, 0, "double"))
        entries[column.dataset] = replace(entry(column.dataset), columns=columns, links=links)
    return render_pages(entries, "the shop")


def hrefs(page):
    return [tag.get("href") for tag in Read(page).all("a")]


def test_a_column_leads_to_its_lineage_and_from_there_to_the_columns_it_comes_from_and_feeds(linked):
    assert {"#lineage-2", "shop.orders.html#lineage-2"} <= set(hrefs(linked[REPORT]))
    assert "shop.report.html#lineage-2" in hrefs(linked[ORDERS])
    for page, other in ((linked[REPORT], linked[ORDERS]), (linked[ORDERS], linked[REPORT])):
        assert "lineage-2" in [tag.get("id") for tag in Read(page).all("tr")]
        assert "aggregation" in Read(other).text


def test_a_column_whose_lineage_is_not_recorded_is_no_link(linked):
    assert "#lineage-1" not in hrefs(linked[REPORT])


def test_the_lineage_of_a_column_names_the_pages_that_show_it(linked):
    assert ("Sales: Total" in linked[REPORT], "Sales: Total" in linked[ORDERS]) == (True, False)
