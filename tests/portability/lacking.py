"""Stand-ins for what Foundry documents, the pipeline uses, and foundry-dev-tools-transforms lacks.

They say no more than this: a parameter has its default, `discover_transforms` visits modules, and checks and
expectations are taken and not evaluated. Our own engine evaluates these on rows that the test shows to be equal.
"""

import functools
import importlib.util
import pkgutil
import sys
from types import SimpleNamespace

import transforms
from transforms import api


class Check:
    def __init__(self, expectation, name, on_error="FAIL", description=None):
        pass


class IntegerParam:
    def __init__(self, default, *, description=None):
        self.default = default


class Pipeline:
    def __init__(self):
        self.transforms = []

    def discover_transforms(self, *modules):
        for module in modules:
            self.transforms += [value for value in vars(module).values() if isinstance(value, api.Transform)]
            for submodule in pkgutil.iter_modules(getattr(module, "__path__", ()), f"{module.__name__}."):
                self.discover_transforms(importlib.import_module(submodule.name))


class Expectations:
    """`transforms.expectations`, and all that is made with it: every name is there, every call is accepted."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *arguments, **options):
        return self


def with_parameters(transform):
    """Return their decorator, whose compute functions get the parameters, too: theirs drops these."""

    def declare(**declared):
        numbers = {name: spec for name, spec in declared.items() if isinstance(spec, IntegerParam)}
        values = {name: SimpleNamespace(value=spec.default) for name, spec in numbers.items()}
        rest = {name: spec for name, spec in declared.items() if name not in numbers}

        def decorate(compute):
            bound = functools.update_wrapper(functools.partial(compute, **values), compute) if values else compute
            return transform(**rest)(bound)

        return decorate

    return declare


def stand_in():
    """Put the stand-ins where Foundry has what they stand for, and return its names.

    An AssertionError says which of them is there by now, so that its stand-in can go.
    """
    added = {addition.__name__: addition for addition in (Check, IntegerParam, Pipeline)}
    assert not any(hasattr(api, name) for name in added), f"transforms.api has one of {', '.join(added)}"
    assert importlib.util.find_spec("transforms.expectations") is None, "transforms.expectations is there"
    for name, addition in added.items():
        setattr(api, name, addition)
    api.transform = with_parameters(api.transform)
    transforms.expectations = sys.modules["transforms.expectations"] = Expectations()
    return [*(f"transforms.api.{name}" for name in added), "transforms.expectations"]
