"""The input of a language model, declared as Foundry documents it."""

import importlib

import palantir_models
import pytest
from palantir_models.models import OpenAiGptChatLanguageModel
from palantir_models.transforms import GenericEmbeddingModelInput, OpenAiGptChatLanguageModelInput

from transforms.api import Input, Output, lightweight, transform, transform_df
from transforms_api.declare.parameters import FoundryOnlyParam
from transforms_api.errors import BindingError

GPT = OpenAiGptChatLanguageModelInput("ri.language-model-service..language-model.gpt-4_azure")
OUT = Output("/A/out")


def answered(gpt, out): ...


def of_frames(reviews, gpt): ...


@pytest.mark.parametrize(
    "declared",
    [
        transform(gpt=GPT, out=OUT)(answered),
        transform.using(gpt=GPT, out=OUT)(answered),
        transform.spark.using(gpt=GPT, out=OUT)(answered),
        lightweight(transform(gpt=GPT, out=OUT)(answered)),
        transform_df(OUT, reviews=Input("/A/reviews"), gpt=GPT)(of_frames),
    ],
)
def test_every_decorator_takes_a_language_model_and_binds_it(declared):
    declared.check_binding()
    assert (declared.language_models, declared.foundry_only) == ({"gpt": GPT}, [])


def test_the_name_of_a_language_model_is_that_of_a_parameter():
    with pytest.raises(BindingError, match="'model'"):
        transform(model=GPT, out=OUT)(answered)


def test_names_that_the_packages_lack_here_can_be_imported_and_run_on_foundry_only():
    assert isinstance(GenericEmbeddingModelInput("ri.model"), FoundryOnlyParam)
    assert issubclass(palantir_models.ModelAdapter, FoundryOnlyParam)
    embeddings = importlib.import_module("language_model_service_api.languagemodelservice_api_embeddings_v3")
    assert issubclass(embeddings.GenericEmbeddingsRequest, FoundryOnlyParam)
    assert importlib.import_module("palantir_models.any.depth").Model.__name__ == "Model"


def test_the_class_of_what_is_received_is_a_type_hint_without_anything_of_a_client():
    assert OpenAiGptChatLanguageModel("gpt", None).is_available is False
