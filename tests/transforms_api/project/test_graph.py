import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.api import Input, Output, transform_df
from transforms_api.declare.transforms import Transform
from transforms_api.errors import DiscoveryError, UnknownTargetError
from transforms_api.project.graph import build_graph
from transforms_api.project.problems import Fault


def reads(output, *inputs):
    """Return a transform that writes `output` from `inputs`."""
    return transform_df(Output(output), **{f"i{n}": Input(path) for n, path in enumerate(inputs)})(
        lambda **inputs: None
    )


def datasets(transforms):
    return [dataset for transform in transforms for dataset in transform.writes]


def stopped(graph):
    """Return the datasets that the faults of the graph stop."""
    return {dataset for transform in graph.stopped_by(graph.faults) for dataset in transform.writes}


def test_a_transform_comes_after_those_whose_datasets_it_reads():
    graph = build_graph([reads("/c", "/b"), reads("/b", "/a"), reads("/a")])
    assert datasets(graph.order) == ["/a", "/b", "/c"]


@given(st.lists(st.sets(st.integers(0, 19)), max_size=20), st.randoms())
def test_in_every_acyclic_graph_a_transform_comes_after_those_whose_datasets_it_reads(reading, random):
    transforms = [reads(f"/{n}", *[f"/{m}" for m in sorted(inputs) if m < n]) for n, inputs in enumerate(reading)]
    random.shuffle(transforms)
    order = datasets(build_graph(transforms).order)
    assert sorted(order) == sorted(f"/{n}" for n in range(len(reading)))
    assert all(order.index(f"/{m}") < order.index(f"/{n}") for n, inputs in enumerate(reading) for m in inputs if m < n)


def test_a_circle_is_a_fault_that_shows_the_way_round():
    graph = build_graph([reads("/a", "/c"), reads("/b", "/a"), reads("/c", "/b"), reads("/d", "/c"), reads("/e")])
    [fault] = graph.faults
    assert fault.kind == "CycleError"
    assert all(f"  {dataset}, written at" in fault.text for dataset in ("/a", "/b", "/c"))
    assert stopped(graph) == {"/a", "/b", "/c", "/d"}


def test_every_circle_is_found():
    graph = build_graph([reads("/a", "/b"), reads("/b", "/a"), reads("/c", "/d"), reads("/d", "/c")])
    assert sorted(sorted(datasets(fault.stops)) for fault in graph.faults) == [["/a", "/b"], ["/c", "/d"]]


def test_a_transform_that_reads_its_own_output_is_a_fault():
    graph = build_graph([reads("/a", "/a"), reads("/b", "/a"), reads("/c")])
    [fault] = graph.faults
    assert "reads /a, which it writes itself" in fault.text
    assert stopped(graph) == {"/a", "/b"}


def test_two_writers_of_one_dataset_are_stopped_with_the_readers_of_that_dataset():
    graph = build_graph([reads("/a"), reads("/a"), reads("/b", "/a"), reads("/c")])
    [fault] = graph.faults
    assert fault.text.startswith("2 transforms write /a: ")
    assert len(fault.stops) == 2
    assert stopped(graph) == {"/a", "/b"}


def test_readers_of_a_dataset_whose_module_cannot_be_imported_are_stopped():
    fault = Fault(DiscoveryError("a.py:1: no luck"), "a.py:1", hides=frozenset({"/a"}))
    graph = build_graph([reads("/b", "/a"), reads("/c", "/b"), reads("/d")], [fault])
    assert stopped(graph) == {"/b", "/c"}


def test_a_dataset_that_another_transform_writes_is_not_hidden():
    fault = Fault(DiscoveryError("a.py:1: no luck"), "a.py:1", hides=frozenset({"/a"}))
    assert stopped(build_graph([reads("/a"), reads("/b", "/a")], [fault])) == set()


def test_a_source_is_not_stopped_nor_what_is_made_from_it_alone():
    graph = build_graph([reads("/a", "/a"), reads("/b", "/a")])
    assert graph.stopped_by(graph.faults, [graph.writers["/a"]]) == {}


def test_a_target_that_a_fault_hides_is_an_error_that_names_the_fault():
    fault = Fault(DiscoveryError("a.py:1: no luck"), "a.py:1", hides=frozenset({"/a"}))
    with pytest.raises(UnknownTargetError, match=r"A fault hides it: a\.py:1: no luck"):
        build_graph([reads("/b")], [fault]).select(["/a"])


def test_the_declarations_of_a_graph_of_a_thousand_are_looked_at_a_fixed_number_of_times_each(monkeypatch):
    def looks(count):
        looked = []
        original = Transform.reads
        counting = property(lambda self: looked.append(1) or original.fget(self))
        transforms = [reads(f"/{n}", *([f"/{n - 1}"] if n else [])) for n in range(count)]
        with monkeypatch.context() as patch:
            patch.setattr(Transform, "reads", counting)
            build_graph(transforms)
        return len(looked)

    assert looks(1000) == 10 * looks(100)


def test_the_names_of_a_transform_are_looked_at_a_fixed_number_of_times_for_a_thousand_targets(monkeypatch):
    looked = []
    original = Transform.writes
    graph = build_graph([reads("/a"), reads("/b")])
    monkeypatch.setattr(Transform, "writes", property(lambda self: looked.append(self) or original.fget(self)))
    graph.select(["/a"])
    looks_for_one = len(looked)
    graph.select(["/a"] * 1000)
    assert len(looked) == 2 * looks_for_one


def test_the_number_of_faults_does_not_change_how_often_declarations_are_read(monkeypatch):
    def looks(count):
        looked = []
        original = Transform.reads
        faults = [Fault(DiscoveryError("no luck"), "a.py:1", hides=frozenset({f"/hidden {n}"})) for n in range(count)]
        with monkeypatch.context() as patch:
            patch.setattr(Transform, "reads", property(lambda self: looked.append(self) or original.fget(self)))
            build_graph([reads("/a", "/hidden 0")], faults)
        return len(looked)

    assert looks(100) == looks(1)


def test_a_transform_with_an_unbound_input_is_not_built():
    unbound = transform_df(Output("/x"), deals=Input())(lambda deals: None)
    assert build_graph([unbound, reads("/a")]).order[0].outputs["output"].alias == "/a"
    assert len(build_graph([unbound, reads("/a")]).order) == 1


@pytest.mark.parametrize("target", ["/R/deals", "deals", "/R/de*", "test_graph", "*:<lambda>"])
def test_targets_are_paths_names_or_globs(target):
    graph = build_graph([reads("/R/deals")])
    assert datasets(graph.select([target])) == ["/R/deals"]


def test_an_unknown_target_is_an_error_with_the_nearest():
    with pytest.raises(UnknownTargetError, match="Did you mean /R/deals"):
        build_graph([reads("/R/deals")]).select(["/R/dels"])


def test_a_target_needs_all_that_it_is_made_from_and_nothing_else():
    graph = build_graph([reads("/a"), reads("/b", "/a"), reads("/c", "/b"), reads("/other")])
    needed = graph.needed_for(graph.select(["/b"]))
    assert datasets(needed) == ["/a", "/b"]


def test_the_inputs_of_a_dataset_taken_as_a_source_are_not_needed():
    graph = build_graph([reads("/a"), reads("/b", "/a"), reads("/c", "/b")])
    needed = graph.needed_for(graph.select(["/c"]), [graph.writers["/b"]])
    assert datasets(needed) == ["/b", "/c"]


def test_a_parameter_that_no_decorator_provides_stops_its_transform_alone():
    wrong = transform_df(Output("/wrong"))(lambda deals: None)
    graph = build_graph([wrong, reads("/a")])
    [fault] = graph.faults
    assert (fault.kind, fault.stops) == ("BindingError", (wrong,))


def test_a_target_may_be_another_name_of_a_dataset():
    graph = build_graph([reads("/a")], called={"/Code/a": "/a", "ri.a": "/a"})
    assert [datasets(graph.select([name])) for name in ("/Code/a", "ri.a")] == [["/a"], ["/a"]]
