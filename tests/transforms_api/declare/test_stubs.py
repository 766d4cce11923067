import importlib
import pickle
import sys
from abc import ABC, abstractmethod
from typing import Optional, get_type_hints

import palantir_models as pm
import pytest

from transforms.aip import ChatModel, agent_tool
from transforms.api import Dataset, Output, transform
from transforms_api.errors import NotSupportedLocallyError


def declared():
    """Return a transform whose parameter `tool` nothing declares yet."""
    return transform(out=Output("/A/out"))(lambda ctx, out, tool: None)


def test_every_name_of_a_package_is_there_and_always_the_same():
    assert importlib.import_module("transforms.aip").ChatModel is ChatModel
    assert ChatModel.__name__ == "ChatModel"


def test_every_submodule_is_there_at_any_depth():
    deep = importlib.import_module("transforms.aip.any.depth")
    assert deep.Model is importlib.import_module("transforms.aip").any.depth.Model


def test_packages_without_stubs_get_no_submodules_that_do_not_exist():
    with pytest.raises(ModuleNotFoundError, match=r"transforms\.nothing"):
        importlib.import_module("transforms.nothing")
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("transforms_api.declare.nothing")


def test_names_that_python_looks_up_in_modules_and_classes_are_not_made_up():
    assert not hasattr(sys.modules["transforms.aip"], "__wrapped__")
    assert not hasattr(ChatModel, "_is_protocol")
    assert not hasattr(ChatModel("gpt"), "__wrapped__")


def test_a_stub_is_a_type_hint():
    def ask(model: ChatModel, other: Optional[ChatModel] = None, third: ChatModel | None = None): ...  # noqa: UP045

    assert get_type_hints(ask)["model"] is ChatModel


def test_a_stub_is_a_base_class_whose_own_methods_run():
    class Interface(ABC):
        @abstractmethod
        def predict(self, x): ...

    class Doubling(pm.ModelAdapter, Interface):
        columns = (pm.DataFrame, pm.Type.FLOAT)

        def __init__(self, double):
            self.double = double

        def predict(self, x):
            return self.double(x)

    assert Doubling(lambda x: 2 * x).predict(3) == 6


def test_an_instance_of_a_stub_keeps_its_arguments_and_can_be_pickled_for_workers():
    model = pickle.loads(pickle.dumps(ChatModel("gpt", branch="b")))
    assert (model.arguments, model.settings) == (("gpt",), {"branch": "b"})


@pytest.mark.parametrize("decorator", [agent_tool, agent_tool(), agent_tool("name", limit=3)])
def test_a_decorator_lets_its_transform_need_the_feature_and_provides_for_its_parameters(decorator):
    decorated = declared()
    assert decorator(decorated) is decorated
    assert decorated.foundry_only == ["transforms.aip.agent_tool"]
    decorated.check_binding()


@pytest.mark.parametrize("decorator", [agent_tool, agent_tool("name")])
def test_a_decorated_function_keeps_its_name_and_fails_when_it_is_called(decorator):
    @decorator
    def ask(question): ...

    assert ask.__name__ == "ask"
    with pytest.raises(NotSupportedLocallyError, match=r"test_stubs\.py:\d+: 'ask' needs transforms\.aip\.agent_tool"):
        ask("why?")


def test_a_decorated_class_is_the_class():
    class Tool: ...

    assert agent_tool("name")(Tool) is Tool


@pytest.mark.parametrize(
    ("use", "feature"),
    [
        (lambda: ChatModel("gpt").complete, r"transforms\.aip\.ChatModel\.complete"),
        (lambda: ChatModel("gpt")("why?"), r"transforms\.aip\.ChatModel"),
        (lambda: Dataset.get("sales").read_table(), r"foundry\.transforms\.Dataset\.get\.read_table"),
    ],
)
def test_use_of_what_is_not_here_is_an_error_that_names_it(use, feature):
    with pytest.raises(NotSupportedLocallyError, match=f"{feature}: only Foundry has that"):
        use()
