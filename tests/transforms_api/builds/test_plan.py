import deltalake
import pyarrow
import pytest

from transforms.api import Input, IntegerParam, Output, incremental, transform, transform_df
from transforms.mediasets import MediaSetOutput
from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.plan import make_plan
from transforms_api.errors import DeclarationError, GraphError, MissingInputError, UnknownTargetError
from transforms_api.project.graph import build_graph

SOURCE = transform(n=IntegerParam(1), out=Output("/A/source"))(lambda n, out: None)
VIEW = transform_df(Output("/A/view"), source=Input("/A/source"))(lambda source: None)
LOOP = transform_df(Output("/B/loop"), loop=Input("/B/loop"))(lambda loop: None)
LOST = transform_df(Output("/B/lost"), gone=Input("/B/gone"))(lambda gone: None)


def at(warehouse, parameters=None):
    return BuildEnvironment(None, warehouse, "build", parameters or {})


def test_without_targets_everything_is_planned_in_build_order(warehouse):
    assert make_plan(build_graph([VIEW, SOURCE]), at(warehouse)).jobs == [SOURCE, VIEW]


def test_a_target_is_planned_with_what_it_needs_alone(warehouse):
    assert make_plan(build_graph([VIEW, SOURCE, LOST]), at(warehouse), ["/A/view"]).jobs == [SOURCE, VIEW]


def test_a_missing_input_stops_the_plan_that_needs_it(warehouse):
    with pytest.raises(MissingInputError, match="reads /B/gone"):
        make_plan(build_graph([VIEW, SOURCE, LOST]), at(warehouse))


def test_a_target_that_no_transform_writes_stops_the_plan(warehouse):
    with pytest.raises(UnknownTargetError, match=r"'/A/veiw'.*Did you mean /A/view"):
        make_plan(build_graph([VIEW, SOURCE]), at(warehouse), ["/A/veiw"])


def test_a_parameter_has_to_be_declared_somewhere_and_to_fit(warehouse):
    graph = build_graph([SOURCE])
    assert make_plan(graph, at(warehouse, {"n": 5})).jobs == [SOURCE]
    with pytest.raises(DeclarationError, match="No transform has a parameter 'm'"):
        make_plan(graph, at(warehouse, {"m": 5}))
    with pytest.raises(DeclarationError, match="takes int"):
        make_plan(graph, at(warehouse, {"n": "many"}))


def test_a_tolerant_plan_leaves_out_what_a_fault_stops_and_says_why(warehouse):
    plan = make_plan(build_graph([VIEW, SOURCE, LOST]), at(warehouse), strict=False)
    assert plan.jobs == [SOURCE, VIEW]
    assert plan.stopped == [(LOST, plan.faults[0])]
    assert [fault.kind for fault in plan.faults] == ["MissingInputError"]


def test_a_fault_in_what_a_target_needs_stops_even_a_tolerant_plan(warehouse):
    after = transform_df(Output("/B/after"), lost=Input("/B/lost"))(lambda lost: None)
    with pytest.raises(MissingInputError, match="reads /B/gone"):
        make_plan(build_graph([SOURCE, LOST, after]), at(warehouse), ["/B/after"], strict=False)


def test_a_fault_outside_of_what_a_target_needs_is_no_concern_of_a_tolerant_plan(warehouse):
    plan = make_plan(build_graph([VIEW, SOURCE, LOST, LOOP]), at(warehouse), ["/A/view"], strict=False)
    assert (plan.jobs, plan.stopped, plan.faults) == ([SOURCE, VIEW], [], [])


def test_a_strict_plan_has_all_faults_in_one_error(warehouse):
    with pytest.raises(GraphError, match=r"(?s)2 faults:.*CycleError: .*/B/loop.*MissingInputError: .*/B/gone"):
        make_plan(build_graph([SOURCE, LOST, LOOP]), at(warehouse))


def test_an_input_of_another_branch_is_looked_for_there(warehouse):
    pinned = transform_df(Output("/B/pinned"), raw=Input("/B/raw", branch="main"))(lambda raw: None)
    table = pyarrow.table({"n": [1]})
    deltalake.write_deltalake(warehouse.table("/B/raw", "main"), table)
    assert make_plan(build_graph([pinned]), at(warehouse)).jobs == [pinned]


def test_a_transform_without_datasets_is_not_taken_for_imported(warehouse):
    media = transform(media=MediaSetOutput("/B/media"))(lambda media: None)
    assert make_plan(build_graph([media]), at(warehouse)).jobs == [media]


@pytest.fixture
def growing():
    """An incremental transform that writes /A/growing from /A/source."""
    return incremental()(transform(source=Input("/A/source"), out=Output("/A/growing"))(lambda source, out: None))


def test_a_snapshot_is_planned_with_its_reason_and_so_is_what_reads_it(warehouse, growing):
    reader = transform_df(Output("/A/reader"), growing=Input("/A/growing"))(lambda growing: None)
    graph = build_graph([SOURCE, growing, reader])
    plan = make_plan(graph, at(warehouse), only_stale=True, snapshots=["growing"])
    assert plan.environment.snapshots == {"/A/growing"}
    assert plan.why(growing) == "a snapshot is requested: it reads everything and replaces its datasets"
    assert plan.jobs == [SOURCE, growing, reader]


def test_a_snapshot_of_a_transform_that_is_not_incremental_is_an_error_that_says_what_to_do(warehouse, growing):
    graph = build_graph([SOURCE, growing])
    with pytest.raises(
        DeclarationError, match=r"(?s)--snapshot source: .*writes /A/source is not @incremental.*--force"
    ):
        make_plan(graph, at(warehouse), snapshots=["source"])


def test_a_snapshot_of_an_unknown_dataset_is_an_error_with_the_nearest_name(warehouse, growing):
    with pytest.raises(UnknownTargetError, match=r"'/A/growling'.*Did you mean /A/growing"):
        make_plan(build_graph([SOURCE, growing]), at(warehouse), snapshots=["/A/growling"])


def test_a_snapshot_that_the_targets_do_not_need_is_an_error(warehouse, growing):
    graph = build_graph([SOURCE, growing])
    with pytest.raises(UnknownTargetError, match="the targets of this build do not need /A/growing"):
        make_plan(graph, at(warehouse), ["/A/source"], snapshots=["growing"])
