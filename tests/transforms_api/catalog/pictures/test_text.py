from transforms_api.builds.states import State
from transforms_api.catalog.pictures import text_picture


def test_datasets_are_listed_by_layers_with_their_states_and_sources(shop):
    assert [line.rstrip() for line in text_picture(shop).plain.splitlines()] == [
        "layer 1",
        "  ↓ imported  /shop/raw/orders      1,204 rows  version 7    2026-01-02 03:04 UTC",
        "  ○ missing   /shop/raw/prices",
        "              why missing",
        "layer 2",
        "  ✓ fresh     /shop/orders          1,204 rows  version 7    2026-01-02 03:04 UTC",
        "              from /shop/raw/orders",
        "layer 3",
        "  ~ stale     /shop/totals          1,204 rows  version 7    2026-01-02 03:04 UTC",
        "              from /shop/orders, prices",
        "              why stale",
        "layer 4",
        "  ✗ failed    /shop/view            1,204 rows  version 7    2026-01-02 03:04 UTC",
        "              from totals",
        "              why failed",
        "5 datasets: 1 fresh, 1 stale, 1 failed, 1 missing, 1 imported",
    ]


def test_states_have_colours(graph):
    picture = text_picture(graph(("/orders", State.FAILED)))
    assert "#ef4444" in {str(span.style) for span in picture.spans}


def test_no_name_gives_the_terminal_a_command_or_a_line(hostile):
    shown = text_picture(hostile).plain
    assert "\x1b" not in shown
    assert "/x/\\x1b[31mred\\u202egnp\\ud800\\nline" in shown


def test_a_project_without_datasets_has_none():
    assert text_picture({}).plain == "0 datasets\n"
