"""How the pipeline's tests run a transform: in memory, on the rows that they state. test_jobs.py runs jobs."""

import importlib
import pkgutil

import pytest


@pytest.fixture(scope="session")
def run(compute_transform):
    """run(transform, name=rows or parameter value, …) → the rows that it writes to its only output.

    Datasets that the transform does not read may be among the rows: every transform is called with all of the story's.
    """

    def run_on(transform, **values):
        inputs = {name: values[name] for name in transform.inputs}
        parameters = {name: values[name] for name in transform.parameters if name in values}
        return compute_transform(transform, inputs, **parameters).only

    return run_on


@pytest.fixture(scope="session")
def run_job(run_transform):
    """run_job(transform, name=rows, …) → the same as a job of a build writes it: to files, and read from them."""

    def run_on(transform, **values):
        inputs = {name: values[name] for name in transform.inputs}
        parameters = {name: values[name] for name in transform.parameters if name in values}
        return run_transform(transform, inputs, checks=False, **parameters).only

    return run_on


@pytest.fixture(scope="session")
def story(run):
    """The demo scenario at its usual 500 opportunities: dataset path → DataFrame."""
    datasets = {}
    for package in ("scenario", "reference"):
        folder = importlib.import_module(f"transforms.revops.{package}")
        for module in pkgutil.iter_modules(folder.__path__, f"{folder.__name__}."):
            compute = getattr(importlib.import_module(module.name), "compute", None)
            if compute is not None:
                [output] = compute.outputs.values()
                datasets[output.alias] = run(compute).localCheckpoint()
    return datasets
