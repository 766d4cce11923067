import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.api import Input, Output, transform_df
from transforms_api.errors import CycleError, MissingInputError, UnknownTargetError
from transforms_api.graph.build_graph import build_graph, check_inputs


def reads(output, *inputs):
    """Return a transform that writes `output` from `inputs`."""
    return transform_df(Output(output), **{f"i{n}": Input(path) for n, path in enumerate(inputs)})(
        lambda **inputs: None
    )


def datasets(transforms):
    return [dataset for transform in transforms for dataset in transform.writes]


def test_a_transform_comes_after_those_whose_datasets_it_reads():
    graph = build_graph([reads("/c", "/b"), reads("/b", "/a"), reads("/a")])
    assert datasets(graph.order) == ["/a", "/b", "/c"]


@given(st.lists(st.sets(st.integers(0, 19)), max_size=20), st.randoms())
def test_every_acyclic_graph_is_ordered_so(reading, random):
    transforms = [reads(f"/{n}", *[f"/{m}" for m in sorted(inputs) if m < n]) for n, inputs in enumerate(reading)]
    random.shuffle(transforms)
    order = datasets(build_graph(transforms).order)
    assert sorted(order) == sorted(f"/{n}" for n in range(len(reading)))
    assert all(order.index(f"/{m}") < order.index(f"/{n}") for n, inputs in enumerate(reading) for m in inputs if m < n)


def test_a_cycle_is_an_error_that_shows_the_way_round():
    with pytest.raises(CycleError) as error:
        build_graph([reads("/a", "/c"), reads("/b", "/a"), reads("/c", "/b")])
    assert all(f"  {dataset}, written at" in str(error.value) for dataset in ("/a", "/b", "/c"))
    assert "test_build_graph.py:" in str(error.value)


def test_an_input_that_nobody_writes_and_the_warehouse_lacks_is_named_with_its_nearest():
    graph = build_graph([reads("/RevOps/accounts"), reads("/b", "/RevOps/acounts")])
    with pytest.raises(MissingInputError, match=r"build_graph\.py:\d+.*/RevOps/acounts.*Did you mean /RevOps/accounts"):
        check_inputs(graph, graph.order, lambda dataset: False)


def test_an_input_in_the_warehouse_needs_no_writer():
    graph = build_graph([reads("/b", "/raw")])
    check_inputs(graph, graph.order, {"/raw"}.__contains__)


def test_a_transform_with_an_unbound_input_is_not_built():
    unbound = transform_df(Output("/x"), deals=Input())(lambda deals: None)
    assert build_graph([unbound, reads("/a")]).order[0].outputs["output"].alias == "/a"
    assert len(build_graph([unbound, reads("/a")]).order) == 1


@pytest.mark.parametrize("target", ["/R/deals", "/R/de*", "test_build_graph", "*:<lambda>"])
def test_targets_are_paths_names_or_globs(target):
    graph = build_graph([reads("/R/deals")])
    assert datasets(graph.select([target])) == ["/R/deals"]


def test_an_unknown_target_is_an_error_with_the_nearest():
    with pytest.raises(UnknownTargetError, match="Did you mean /R/deals"):
        build_graph([reads("/R/deals")]).select(["/R/dels"])


def test_a_target_needs_all_that_it_is_made_from_and_nothing_else():
    graph = build_graph([reads("/a"), reads("/b", "/a"), reads("/c", "/b"), reads("/other")])
    needed = graph.needed_for(graph.select(["/b"]), lambda transform: False)
    assert datasets(needed) == ["/a", "/b"]


def test_what_a_source_would_read_is_not_needed():
    graph = build_graph([reads("/a"), reads("/b", "/a"), reads("/c", "/b")])
    needed = graph.needed_for(graph.select(["/c"]), lambda transform: "/b" in transform.writes)
    assert datasets(needed) == ["/b", "/c"]
