"""What every job of a build is handed: the session, the warehouse, and the settings of the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from transforms_api.engines import SessionFactory
from transforms_api.project import CodeFingerprints, SourceSettings
from transforms_api.runtime import Endpoint, redact_key
from transforms_api.warehouse import Warehouse


@dataclass(frozen=True)
class BuildEnvironment:
    """Where and with what a build runs.

    Attributes:
        spark: returns the session, and starts it at the first call.
        build: identifier of the build.
        parameters: values for parameters of these names.
        profiles: the user's own Spark profiles: name → settings.
        sources: RID or name of a source → where it is, and its secrets.
        logic: the versions of the transforms' logic.
        language_model: who answers for language models; None: nobody.
    """

    spark: SessionFactory
    warehouse: Warehouse
    build: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    profiles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sources: Mapping[str, SourceSettings] = field(default_factory=dict)
    logic: CodeFingerprints = field(default_factory=CodeFingerprints)
    language_model: Endpoint | None = None

    def redact(self, text: str) -> str:
        """Return `text` without the secrets of sources and of the language model, for screens, reports and logs."""
        secrets = (secret for source in self.sources.values() for secret in source.secrets.values() if secret)
        for secret in sorted(secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        return redact_key(text)
