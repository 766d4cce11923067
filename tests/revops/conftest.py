"""How the pipeline's tests run a transform: without store, build or disk."""

import importlib
import pkgutil

import pytest

from transforms.api import ParamValueInput


class Given:
    """Stands in for an input whose rows the test states."""

    def __init__(self, df):
        self._df = df

    def dataframe(self):
        return self._df


class Written:
    """Stands in for an output and keeps what the transform wrote."""

    def write_dataframe(self, df):
        self.df = df


class Context:
    def __init__(self, spark):
        self.spark_session = spark


@pytest.fixture(scope="session")
def run(spark):
    """run(transform, name=DataFrame or parameter value, …) → the DataFrame that it writes to its only output."""

    def run_transform(transform, **given):
        [output], written = transform.outputs, Written()
        inputs = {name: Given(given[name]) for name in transform.inputs}
        parameters = {
            name: ParamValueInput(given.get(name, spec.default)) for name, spec in transform.parameters.items()
        }
        arguments = {**inputs, **parameters, output: written}
        if "ctx" in transform.compute_function.__code__.co_varnames[: transform.compute_function.__code__.co_argcount]:
            arguments["ctx"] = Context(spark)
        transform(**arguments)
        return written.df

    return run_transform


@pytest.fixture(scope="session")
def story(run):
    """The demo scenario at its usual 500 opportunities: dataset path → DataFrame, cached."""
    datasets = {}
    for package in ("scenario", "reference"):
        folder = importlib.import_module(f"transforms.revops.{package}")
        for module in pkgutil.iter_modules(folder.__path__, f"{folder.__name__}."):
            compute = getattr(importlib.import_module(module.name), "compute", None)
            if compute is not None:
                [output] = compute.outputs.values()
                datasets[output.alias] = run(compute).cache()
    return datasets
