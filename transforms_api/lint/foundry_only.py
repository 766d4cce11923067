"""F601: what only Foundry has, where it is used; that it is imported does no harm, here as little as there."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from transforms_api.lint.module import Module, argument, method_of
from transforms_api.lint.rules import Finding

_PACKAGES = (
    "transforms.aip", "transforms.objects", "transforms.timeseries", "transforms.foundry", "transforms.mediasets",
    "transforms.tables", "transforms.sidecar", "transforms.verbs.columns", "palantir_models",
    "palantir_models_serializers", "foundry_ml", "transforms.tags", "transforms.preview", "language_model_service_api",
    "foundry.transforms.Dataset", "transforms.api.Dataset", "transforms.api.ContainerTransformsConfiguration",
    "transforms.api.ParamContext", "transforms.api.transform.databricks", "transforms.api.transform.snowflake",
    "transforms.api.transform.bigquery", "transforms.external.systems.use_external_systems",
    "transforms.external.systems.EgressPolicy", "transforms.external.systems.Credential",
    "transforms.external.systems.ExportControl", "transforms.verbs.dataframes.sort_array_columns",
    "transforms.verbs.dataframes.map_columns",
)  # fmt: skip
"""As docs/foundry-parity.md has them: packages of which every name is refused, and single names."""
_CHATS = "language_model_service_api.languagemodelservice_api"
_WORK = frozenset(
    {"palantir_models.transforms.OpenAiGptChatLanguageModelInput", f"{_CHATS}_completion_v3.GptChatCompletionRequest",
     f"{_CHATS}.ChatMessage", f"{_CHATS}.ChatMessageRole"}
)  # fmt: skip
"""Names of these packages that work here."""
_CONTAINER = "container_image"


def check_foundry_only(module: Module) -> Iterator[Finding]:
    """Yield calls of, and decorations by, what a build here refuses; one for each decorator of a transform."""
    for call in module.all_of(ast.Call):
        origin = module.origin(call.func)
        if origin and _is_refused(origin):
            yield module.finding(call, "F601", f"'{origin}' is refused by a build here")
        elif method_of(call) == "with_container" or (origin and _has_container(origin, call)):
            yield module.finding(call, "F601", "containers of one's own are refused by a build here")
    for function in module.functions:
        for decorator in function.decorator_list:
            origin = module.origin(decorator)
            if origin and _is_refused(origin):
                yield module.finding(decorator, "F601", f"'{origin}' is refused by a build here")


def _is_refused(origin: str) -> bool:
    return origin not in _WORK and any(f"{origin}.".startswith(f"{package}.") for package in _PACKAGES)


def _has_container(origin: str, call: ast.Call) -> bool:
    return origin == "transforms.api.lightweight" and argument(call, None, _CONTAINER) is not None
