"""The recorded lineage as a graph: three datasets, /in → /middle → /out, and what is known of their columns."""

import pytest

from transforms_api.catalog.column_graph import ColumnGraph
from transforms_api.warehouse.column_lineage import ColumnLineage, ColumnName, Influence
from transforms_api.warehouse.provenance import InputVersion, Provenance

A, B = ColumnName("/in", "a"), ColumnName("/in", "b")
X, Y = ColumnName("/middle", "x"), ColumnName("/middle", "y")
Z = ColumnName("/out", "z")
READ = InputVersion(branch="master", version=0, transaction="t")


def made(reads, lineage):
    return Provenance(transform="shop:it", inputs={dataset: READ for dataset in reads}, columns=lineage)


@pytest.fixture
def graph():
    middle = ColumnLineage.of(
        {"x": {Influence.AGGREGATION: [A]}, "y": {Influence.CONDITIONAL: [A]}}, {Influence.FILTER: [B]}
    )
    out = ColumnLineage.of({"z": {Influence.IDENTITY: [X]}}, {Influence.JOIN: [Y]})
    return ColumnGraph({"/middle": made(["/in"], middle), "/out": made(["/middle"], out)})


def test_the_sources_of_a_column_have_their_influences(graph):
    assert graph.sources(X) == {A: (Influence.AGGREGATION,), B: (Influence.FILTER,)}


def test_the_readers_of_a_column_are_one_step_away(graph):
    assert graph.readers(A) == {X: (Influence.AGGREGATION,), Y: (Influence.CONDITIONAL,)}


def test_what_is_computed_from_a_column_in_all_steps_is_reached_directly(graph):
    reach = graph.reach(A)
    assert (reach.direct, reach.indirect) == ((X, Z), (Y,))


def test_a_column_that_filters_rows_reaches_all_columns_indirectly(graph):
    reach = graph.reach(B)
    assert (reach.direct, reach.indirect) == ((), (X, Y, Z))


def test_several_columns_reach_what_each_of_them_does(graph):
    assert graph.reach(Y, B).columns == (X, Z)


def test_a_reader_of_unknown_lineage_may_depend_on_a_column_and_so_may_its_readers(graph):
    unknown = made(["/in"], ColumnLineage(reason="a single-node transform wrote it"))
    reach = ColumnGraph({"/pandas": unknown, "/next": made(["/pandas"], ColumnLineage(unknown=("n",)))}).reach(A)
    assert list(reach.unknown) == ["/pandas", "/next"]


def test_a_dataset_that_was_built_before_lineage_was_recorded_is_unknown_with_the_command_that_records_it():
    graph = ColumnGraph({"/old": made(["/in"], None)})
    assert "`build /old --force`" in graph.why_unknown("/old")


@pytest.mark.parametrize("kind", [Provenance(kind="import"), made([], None)], ids=["import", "no inputs"])
def test_a_dataset_that_is_made_from_no_other_is_known(kind):
    assert ColumnGraph({"/in": kind}).why_unknown("/in") is None


def test_the_links_of_a_column_keep_direct_and_other_ones_apart(graph):
    links = graph.links(A, ["Deals: Filters"])
    assert [(link.column, link.kinds) for link in links.feeds["/middle"]] == [(X, "aggregation")]
    assert [(link.column, link.kinds) for link in links.affects["/middle"]] == [(Y, "conditional")]
    assert links.pages == ("Deals: Filters",)


def test_a_column_of_which_nothing_is_recorded_has_no_links(graph):
    assert graph.links(ColumnName("/other", "a")) is None
