import polars
import pytest
from palantir_models.transforms import ModelOutput

from transforms.api import Input, IntegerParam, Output, configure, transform
from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.job import run_job
from transforms_api.builds.plan import make_plan, why_stale
from transforms_api.declare.decorators import external_systems
from transforms_api.declare.parameters import Source
from transforms_api.project.fingerprint import CodeFingerprint
from transforms_api.project.graph import build_graph
from transforms_api.warehouse.warehouse import Warehouse


class Logic:
    """Logic versions that a test sets by hand.

    Attributes:
        computed: the transforms whose logic was computed.
    """

    def __init__(self):
        self.digest = "1"
        self.computed = []

    def of(self, transform):
        self.computed.append(transform)
        return CodeFingerprint({"shop": self.digest}, {}, {})


def write(out, n=None):
    out.write_table(polars.DataFrame({"n": [1 if n is None else n.value]}))


SOURCE = transform.using(n=IntegerParam(1), out=Output("/A/source"))(write)
VIEW = transform.using(source=Input("/A/source"), out=Output("/A/view"))(lambda source, out: write(out))
SOURCE.__name__, VIEW.__name__ = "source", "view"


@pytest.fixture
def at(warehouse):
    """at(branch, **parameters) → an environment to build in; `at.logic` is that of all transforms."""

    def environment(branch="master", **parameters):
        fallbacks = () if branch == "master" else ("master",)
        own = Warehouse(warehouse.root, branch, fallbacks)
        return BuildEnvironment(lambda: None, own, "build", parameters, {"OURS": {"x": "1"}}, logic=environment.logic)

    environment.logic = Logic()
    return environment


def build(environment, *transforms):
    for job in transforms:
        run_job(job, environment)


def test_a_dataset_that_was_never_built_is_stale(at):
    assert why_stale(SOURCE, at()) == "/A/source has not been built yet"


def test_a_dataset_that_was_just_built_is_fresh(at):
    build(at(), SOURCE, VIEW)
    assert why_stale(SOURCE, at()) is None
    assert why_stale(VIEW, at()) is None


def test_a_new_transaction_of_an_input_makes_its_reader_stale(at):
    build(at(), SOURCE, VIEW, SOURCE)
    assert why_stale(VIEW, at()) == "/A/source has changed: version 1, was 0"


def test_changed_code_makes_a_transform_stale(at):
    build(at(), SOURCE)
    at.logic.digest = "2"
    assert why_stale(SOURCE, at()) == "shop has changed"


def test_a_changed_value_of_a_parameter_makes_a_transform_stale(at):
    build(at(), SOURCE)
    assert why_stale(SOURCE, at(n=2)) == "n is 2 now, was 1"


def test_settings_of_a_profile_count(at):
    build(at(), SOURCE)
    configured = configure(profile="OURS")(transform.using(n=IntegerParam(1), out=Output("/A/source"))(write))
    configured.__name__ = "source"
    assert why_stale(configured, at()) == "x is 1 now, was None"


def test_a_dataset_that_a_different_transform_wrote_last_is_stale(at):
    build(at(), SOURCE)
    other = transform.using(out=Output("/A/source"))(write)
    assert why_stale(other, at()) == f"/A/source was last written by {SOURCE.reference}"


def test_a_transform_that_reads_an_external_source_is_always_stale(at):
    asking = external_systems(crm=Source("ri.crm"))(
        transform.using(out=Output("/A/deals"))(lambda crm, out: write(out))
    )
    assert why_stale(asking, at()) == "it reads an external source"


def test_an_output_that_one_of_several_lacks_makes_the_transform_stale(at):
    both = transform.using(a=Output("/A/a"), b=Output("/A/b"))(lambda a, b: (write(a), b.abort()))
    build(at(), both)
    assert why_stale(both, at()) == "/A/b has not been built yet"


def test_a_plan_leaves_out_what_is_fresh_and_runs_what_reads_something_stale(at):
    later = transform.using(view=Input("/A/view"), out=Output("/A/later"))(lambda view, out: write(out))
    alone = transform.using(out=Output("/A/alone"))(write)
    build(at(), SOURCE, VIEW, later, alone)
    plan = make_plan(build_graph([SOURCE, VIEW, later, alone]), at(n=2), only_stale=True)
    assert plan.jobs == [SOURCE, VIEW, later]
    assert plan.fresh == [alone]
    assert plan.reasons[later] == "/A/view, which it reads, is stale"


def test_the_logic_of_a_transform_with_several_outputs_is_computed_once(at):
    both = transform.using(a=Output("/A/a"), b=Output("/A/b"))(lambda a, b: (write(a), write(b)))
    build(at(), both)
    at.logic.computed.clear()
    assert why_stale(both, at()) is None
    assert at.logic.computed == [both]


def test_a_plan_looks_at_each_dataset_once_however_many_transforms_read_it(at, monkeypatch):
    views = [
        transform.using(source=Input("/A/source"), out=Output(f"/A/view {n}"))(lambda source, out: write(out))
        for n in range(3)
    ]
    build(at(), SOURCE, *views)
    looked = []
    look = Warehouse.last_change
    monkeypatch.setattr(Warehouse, "last_change", lambda *arguments: looked.append(arguments[1]) or look(*arguments))
    plan = make_plan(build_graph([SOURCE, *views]), at(), only_stale=True)
    assert plan.fresh == [SOURCE, *views]
    assert set(looked) == {"/A/source", "/A/view 0", "/A/view 1", "/A/view 2"}
    assert len(looked) == 4


def test_a_branch_that_has_nothing_of_its_own_is_as_fresh_as_its_parent(at):
    build(at(), SOURCE, VIEW)
    assert why_stale(VIEW, at("feature")) is None
    build(at("feature"), SOURCE)
    assert why_stale(VIEW, at("feature")) == "/A/source has changed: version 0, was 0 of branch master"
    assert why_stale(VIEW, at()) is None


def test_a_transform_that_writes_no_dataset_is_never_fresh(at):
    model = transform.using(model=ModelOutput("/A/model"))(lambda model: None)
    assert why_stale(model, at()) == "it writes no dataset, so nothing shows whether it has run"
