import re

from transforms_api.builds.states import State
from transforms_api.catalog.pictures import mermaid_picture


def test_the_flowchart_has_a_node_for_each_dataset_and_the_colours_of_their_states(graph):
    picture = mermaid_picture(graph(("/raw", State.IMPORTED), ("/orders", State.STALE, "/raw")))
    assert picture.splitlines() == [
        "flowchart LR",
        "    accTitle: Build graph",
        "    accDescr: 2 datasets: 1 stale, 1 imported",
        '    d0["raw<br/>↓ imported, 1,204 rows"]:::imported',
        '    d1["orders<br/>#126; stale, 1,204 rows"]:::stale',
        "    d0 --> d1",
        "    classDef stale fill:#1a1a1a,stroke:#eab308,stroke-width:2px,color:#ffffff",
        "    classDef imported fill:#1a1a1a,stroke:#3b82f6,stroke-width:2px,color:#ffffff",
    ]


def test_no_character_of_a_name_ends_its_label(hostile):
    for line in mermaid_picture(hostile).splitlines()[3:7]:
        label = re.fullmatch(r'    d\d\["(.*)<br/>✓ fresh, 1,204 rows"\]:::fresh', line)[1]
        assert re.fullmatch(r"(\w|[ _,.:]|#\d+;)*", label)


def test_letters_of_every_language_stay_readable(graph):
    assert '["売上<br/>' in mermaid_picture(graph(("/売上", State.FRESH)))
