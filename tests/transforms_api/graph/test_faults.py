import pytest

from transforms.api import Output, transform_df
from transforms_api.errors import CycleError, DiscoveryError, GraphError
from transforms_api.graph.faults import Fault, raise_faults

ONE = Fault(CycleError("a.py:1: round and round"), "a.py:1")
TWO = Fault(DiscoveryError("b.py:2: no luck"), "b.py:2")


def test_no_fault_is_no_error():
    raise_faults([])


def test_one_fault_is_its_own_error():
    with pytest.raises(CycleError, match="round and round"):
        raise_faults([ONE])


def test_several_faults_are_one_error_that_has_them_all():
    with pytest.raises(GraphError) as error:
        raise_faults([ONE, TWO])
    assert str(error.value).splitlines() == [
        "2 faults:",
        "  1. CycleError: a.py:1: round and round",
        "  2. DiscoveryError: b.py:2: no luck",
    ]


def test_the_reason_tells_what_a_fault_stops_itself_from_what_depends_on_that():
    stopped, after = (transform_df(Output(f"/{n}"))(lambda: None) for n in "ab")
    fault = Fault(TWO.error, "b.py:2", (stopped,))
    assert fault.reason_for(stopped) == "b.py:2: no luck"
    assert fault.reason_for(after) == "what it needs cannot be built: b.py:2: no luck"


def test_a_warning_is_not_raised():
    raise_faults([Fault(GraphError("never mind"), "a.py:1", is_warning=True)])
