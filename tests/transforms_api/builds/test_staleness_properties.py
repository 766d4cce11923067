"""In any graph: what has changed makes stale what is made from it, and nothing else."""

import tempfile
from pathlib import Path

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.api import Input, Output, transform
from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.job import run_job
from transforms_api.builds.plan import make_plan
from transforms_api.project.fingerprint import CodeFingerprint
from transforms_api.project.graph import build_graph
from transforms_api.warehouse.warehouse import Warehouse

GRAPHS = st.lists(st.sets(st.integers(0, 4), max_size=2), min_size=1, max_size=6).map(
    lambda reading: [sorted(m for m in inputs if m < n) for n, inputs in enumerate(reading)]
)
"""Node of an acyclic graph → the nodes that it reads, all of which come before it."""


class Logic:
    """The transforms' logic, each as often changed as a test says."""

    def __init__(self):
        self.changes = {}

    def of(self, transform):
        return CodeFingerprint({"module": str(self.changes.get(transform.writes[0], 0))})


def node(number, inputs):
    def write(out, **sources):
        out.write_table(pl.DataFrame({"n": [number]}))

    reads = {f"i{other}": Input(f"/{other}") for other in inputs}
    made = transform.using(**reads, out=Output(f"/{number}"))(write)
    made.__name__ = f"node_{number}"
    return made


def descendants(reading, changed):
    stale = {changed}
    for number, inputs in enumerate(reading):
        if stale & set(inputs):
            stale.add(number)
    return stale


def stale(transforms, environment):
    plan = make_plan(build_graph(transforms), environment, only_stale=True)
    return {int(dataset[1:]) for job in plan.jobs for dataset in job.writes}


def built(reading, folder):
    """Return the transforms of a graph, all of them built, and where."""
    transforms = [node(number, inputs) for number, inputs in enumerate(reading)]
    environment = BuildEnvironment(lambda: None, Warehouse(Path(folder)), "build", logic=Logic())
    for job in transforms:
        run_job(job, environment)
    return transforms, environment


@settings(max_examples=15, deadline=None)
@given(reading=GRAPHS, data=st.data())
def test_changed_code_of_a_node_makes_the_node_and_its_descendants_stale(reading, data):
    changed = data.draw(st.integers(0, len(reading) - 1))
    with tempfile.TemporaryDirectory() as folder:
        transforms, environment = built(reading, folder)
        assert stale(transforms, environment) == set()
        environment.logic.changes[f"/{changed}"] = 1
        assert stale(transforms, environment) == descendants(reading, changed)


@settings(max_examples=15, deadline=None)
@given(reading=GRAPHS, data=st.data())
def test_a_new_version_of_a_node_makes_its_descendants_stale_and_not_itself(reading, data):
    changed = data.draw(st.integers(0, len(reading) - 1))
    with tempfile.TemporaryDirectory() as folder:
        transforms, environment = built(reading, folder)
        run_job(transforms[changed], environment)
        assert stale(transforms, environment) == descendants(reading, changed) - {changed}
