import pytest

from transforms.api import Input, IntegerParam, Output, transform, transform_df
from transforms_api.build.plan import make_plan
from transforms_api.errors import DeclarationError, MissingInputError, UnknownTargetError
from transforms_api.graph.build_graph import build_graph

SOURCE = transform(n=IntegerParam(1), out=Output("/A/source"))(lambda n, out: None)
VIEW = transform_df(Output("/A/view"), source=Input("/A/source"))(lambda source: None)
LOST = transform_df(Output("/B/lost"), gone=Input("/B/gone"))(lambda gone: None)


def test_without_targets_everything_is_planned_in_build_order(warehouse):
    assert make_plan(build_graph([VIEW, SOURCE]), warehouse, [], {}).jobs == [SOURCE, VIEW]


def test_a_target_is_planned_with_what_it_needs_alone(warehouse):
    assert make_plan(build_graph([VIEW, SOURCE, LOST]), warehouse, ["/A/view"], {}).jobs == [SOURCE, VIEW]


def test_a_missing_input_stops_the_plan_that_needs_it(warehouse):
    with pytest.raises(MissingInputError, match="reads /B/gone"):
        make_plan(build_graph([VIEW, SOURCE, LOST]), warehouse, [], {})


def test_a_target_that_nobody_writes_stops_the_plan(warehouse):
    with pytest.raises(UnknownTargetError, match=r"'/A/veiw'.*Did you mean /A/view"):
        make_plan(build_graph([VIEW, SOURCE]), warehouse, ["/A/veiw"], {})


def test_a_parameter_has_to_be_declared_somewhere_and_to_fit(warehouse):
    graph = build_graph([SOURCE])
    assert make_plan(graph, warehouse, [], {"n": 5}).parameters == {"n": 5}
    with pytest.raises(DeclarationError, match="No transform has a parameter 'm'"):
        make_plan(graph, warehouse, [], {"m": 5})
    with pytest.raises(DeclarationError, match="takes int"):
        make_plan(graph, warehouse, [], {"n": "many"})
