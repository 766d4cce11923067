"""The environment of a build: session, warehouse and settings, shared by all its jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from transforms_api.engines import Engine, SessionFactory, SparkEngine
from transforms_api.project import CodeFingerprints, SourceSettings
from transforms_api.runtime import Endpoint, redact_key
from transforms_api.warehouse import Warehouse


@dataclass(frozen=True)
class BuildEnvironment:
    """The session, the warehouse and the settings of a build.

    Attributes:
        spark: returns the session; the first call starts it.
        warehouse: the warehouse with the branch that is built.
        build: identifier of the build.
        parameters: name of a parameter → value, for all transforms that declare it.
        profiles: name of a Spark profile → settings.
        sources: RID or name of an external system → URL and secrets.
        logic: code fingerprints of the transforms.
        language_model: endpoint of language models; None: calls fail.
        other_engine: computes the jobs of Spark transforms; None: Spark, in the session of `spark`.
        prefers_sail: whether Spark computes what the other engine, Sail, cannot compute as Spark does: `--engine auto`.
        why_no_sail: a setting of the session that only Spark knows, as a sentence; None: there is none.
        snapshots: datasets whose incremental transforms run as a snapshot in this build: `build --snapshot`.
        is_scanned: whether a scan of the job's transform has found nothing that keeps it from Sail.
        verifies: whether Spark computes each job of Sail, too, and both are compared.
        sail_differences: how the rows of Sail, which are not published, differ from those that this job computes.
        engine_note: why the build does not use the engine that was requested; None: it does.
    """

    spark: SessionFactory
    warehouse: Warehouse
    build: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    profiles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sources: Mapping[str, SourceSettings] = field(default_factory=dict)
    logic: CodeFingerprints = field(default_factory=CodeFingerprints)
    language_model: Endpoint | None = None
    other_engine: Engine | None = None
    prefers_sail: bool = False
    why_no_sail: str | None = None
    is_scanned: bool = False
    verifies: bool = False
    sail_differences: tuple[str, ...] = ()
    engine_note: str | None = None
    snapshots: frozenset[str] = frozenset()

    @property
    def engine(self) -> Engine:
        """The engine that computes the jobs of Spark transforms, unless `choose_engine` says otherwise."""
        return self.other_engine or SparkEngine(self.spark)

    def on(self, engine: Engine) -> BuildEnvironment:
        """Return the environment with an engine for all jobs.

        Args:
            engine: the engine.
        """
        return replace(self, other_engine=engine, prefers_sail=False)

    def redact(self, text: str) -> str:
        """Return a text without the secrets of sources and of the language model.

        Args:
            text: text for a screen, report or log.
        """
        secrets = (secret for source in self.sources.values() for secret in source.secrets.values() if secret)
        for secret in sorted(secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        return redact_key(text)
