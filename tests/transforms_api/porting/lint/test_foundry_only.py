import pytest

from transforms_api.porting.lint.foundry_rules import FoundryOnlyNames


@pytest.mark.parametrize(
    "code",
    [
        "from transforms.mediasets import MediaSetInput\nMediaSetInput('/a')",
        "from transforms.sidecar import sidecar\n@sidecar(image='a', tag='1')\ndef f():\n    pass",
        "from transforms.sidecar import sidecar\n@sidecar\ndef f():\n    pass",
        "import palantir_models as pm\npm.ModelInput('/a')",
        "from palantir_models.transforms import GenericEmbeddingModelInput\nGenericEmbeddingModelInput('ri.a')",
        "from foundry.transforms import Dataset\nDataset.get('a')",
        "from transforms.external.systems import use_external_systems\nuse_external_systems(a=b)",
        "from transforms.tables import TableOutput\nTableOutput('/a', 'ri.source')",
        "from transforms.tables import TableOutput\nTableOutput(alias='/a', source='ri.source')",
        "import transforms.tables as t\nt.TableOutput('/a', 'ri.source', t.SnowflakeTable('d', 's', 't'))",
        "@transform.snowflake.using(a=Output('/a'))\ndef f(a):\n    pass",
        "@transform.using(a=Output('/a')).with_container(container_image='i', container_tag='t')\ndef f(a):\n    pass",
        "@lightweight(container_image='i', container_tag='t')\ndef f(a):\n    pass",
    ],
)
def test_a_name_that_only_foundry_has_is_a_finding_if_it_is_used(code_of, code):
    assert code_of(FoundryOnlyNames, code) == "F601"


@pytest.mark.parametrize(
    "code",
    [
        "from transforms.mediasets import MediaSetInput",
        "from palantir_models.transforms import OpenAiGptChatLanguageModelInput as Gpt\nGpt('ri.a')",
        "import language_model_service_api.languagemodelservice_api as a\na.ChatMessage(a.ChatMessageRole.USER, '')",
        "from transforms.mediasets import MediaSetInput\ndef f(media: MediaSetInput):\n    pass",
        "from transforms.external.systems import Source, external_systems\nexternal_systems(a=Source('/a'))",
        "from transforms.verbs.dataframes import union_many\nunion_many(a, b)",
        "from transforms.tables import TableInput, TableOutput\nTableInput('/a')\nTableOutput('/b', description='c')",
        "from transforms.tables import DeltaTable, TableOutput\nTableOutput('/b', 'ri.source', DeltaTable('c'))",
        "import transforms.tables as t\nt.TableOutput('/b', 'ri.source', t.IcebergTable('c', 'd'))",
        "@lightweight(cpu_cores=2)\ndef f(a):\n    pass",
        "@transform.spark.using(a=Output('/a')).with_config(profiles=[])\ndef f(a):\n    pass",
    ],
)
def test_an_import_a_type_hint_and_what_works_here_is_left_alone(code_of, code):
    assert code_of(FoundryOnlyNames, code) is None
