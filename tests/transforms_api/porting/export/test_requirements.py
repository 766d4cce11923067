import importlib.metadata

import pytest

from transforms_api.porting.export.texts import imports_of, requirements_of


def test_packages_are_pinned_to_what_runs_here():
    needed = requirements_of([b"import yaml", b"from faker.providers import BaseProvider"], [], {})
    version = importlib.metadata.version
    assert needed.pinned == {"faker": version("faker"), "pyyaml": version("pyyaml")}


def test_a_package_is_pinned_by_the_name_that_it_is_installed_by():
    assert list(requirements_of([b"from delta.tables import DeltaTable"], [], {}).pinned) == ["delta-spark"]


def test_stated_versions_take_precedence_over_those_that_run_here():
    assert requirements_of([b"import yaml"], [], {"pyyaml": "1.2"}).pinned == {"pyyaml": "1.2"}


def test_spark_is_foundry_s_whatever_runs_here():
    assert requirements_of([b"import pyspark.sql"], [], {"pyspark": "4.2"}).pinned == {"pyspark": "3.5.*"}


@pytest.mark.parametrize("text", [b"import os.path", b"from . import a", b"from shop.a import b", b"def ("])
def test_python_itself_the_project_and_broken_modules_need_nothing(text):
    needed = requirements_of([text], ["shop"], {})
    assert (needed.pinned, needed.of_foundry, needed.unknown) == ({}, (), ())


@pytest.mark.parametrize(
    ("text", "packages"),
    [
        (b"from transforms.api import Input", ()),
        (b"from transforms import expectations as E", ("transforms-expectations",)),
        (b"from transforms.verbs.dataframes import union_many", ("transforms-verbs",)),
        (b"import transforms.external.systems", ("transforms-external-systems",)),
        (b"from palantir_models.transforms import OpenAiGptChatLanguageModelInput", ("palantir_models",)),
        (b"import language_model_service_api.languagemodelservice_api", ("language-model-service-api",)),
    ],
)
def test_parts_of_transforms_are_packages_of_foundry(text, packages):
    assert requirements_of([text], [], {}).of_foundry == packages


def test_a_module_that_no_installed_package_has_is_named():
    assert requirements_of([b"import only_on_foundry"], [], {}).unknown == ("only_on_foundry",)


def test_imports_come_with_their_lines():
    assert list(imports_of(b"import a.b\n\nfrom c import d, e\n")) == [("a.b", 1), ("c.d", 3), ("c.e", 3)]
