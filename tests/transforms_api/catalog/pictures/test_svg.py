from xml.etree import ElementTree

from transforms_api.builds.states import State
from transforms_api.catalog.pictures import svg_picture

SVG = "{http://www.w3.org/2000/svg}"


def read(picture):
    return ElementTree.fromstring(picture)


def texts(root):
    return [element.text for element in root.iter(f"{SVG}text")]


def test_a_card_has_the_name_the_folder_and_the_state(graph):
    shown = texts(read(svg_picture(graph(("/shop/orders", State.STALE)))))
    assert shown[-3:] == ["orders", "/shop", "~ stale, 1,204 rows"]


def test_the_legend_counts_the_datasets_in_each_state(shop):
    assert texts(read(svg_picture(shop)))[:11] == [
        "Build graph",
        *("✓ fresh", "1", "~ stale", "1", "✗ failed", "1", "○ missing", "1", "↓ imported", "1"),
    ]


def test_the_picture_has_a_title_a_description_and_the_reason_of_each_card_for_screen_readers(shop):
    root = read(svg_picture(shop))
    assert (root.get("role"), root.get("aria-labelledby")) == ("img", "graph-title graph-description")
    assert root.find(f"{SVG}title").text == "Build graph"
    assert root.find(f"{SVG}desc").text.startswith("5 datasets: 1 fresh, 1 stale, 1 failed, 1 missing, 1 imported.")
    assert [title.text for title in root.iter(f"{SVG}title")][-1] == "/shop/view\nfailed, 1,204 rows\nwhy failed"


def test_each_edge_is_a_line_that_ends_in_an_arrow(shop):
    [lines] = [group for group in read(svg_picture(shop)).iter(f"{SVG}g") if group.get("class") == "edges"]
    assert [line.get("marker-end") for line in lines] == ["url(#graph-arrow)"] * 4


def test_an_edge_that_closes_a_circle_is_red_and_broken(graph):
    picture = read(svg_picture(graph(("/hen", State.STALE, "/egg"), ("/egg", State.STALE, "/hen"))))
    [lines] = [group for group in picture.iter(f"{SVG}g") if group.get("class") == "edges"]
    assert [line.get("stroke") for line in lines] == ["#ef4444", None]


def test_four_layers_fit_on_1280_pixels(shop):
    assert float(read(svg_picture(shop)).get("width")) <= 1280


def test_each_card_links_to_the_page_of_its_dataset(shop):
    links = read(svg_picture(shop, lambda dataset: f"page{dataset}")).iter(f"{SVG}a")
    assert [link.get("href") for link in links] == [f"page{dataset}" for dataset in shop]


def test_names_stay_texts(hostile):
    root = read(svg_picture(hostile))
    assert list(root.iter(f"{SVG}script")) == []
    assert "/x/</title><script>alert(1)</script>\nfresh, 1,204 rows" in [
        title.text for title in root.iter(f"{SVG}title")
    ]
    assert "/x/\\x1b[31mred\\u202egnp\\ud800\\nline\nfresh, 1,204 rows" in [
        title.text for title in root.iter(f"{SVG}title")
    ]


def test_a_project_without_datasets_has_a_legend_alone():
    assert texts(read(svg_picture({})))[:3] == ["Build graph", "✓ fresh", "0"]
