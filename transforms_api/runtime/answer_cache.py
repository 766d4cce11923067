"""Answers of language models by what was asked, in a folder, so that a rebuild asks nothing twice."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import platformdirs


def default_folder() -> Path:
    """Return the folder of answers: of the user, not of a warehouse, so that all warehouses and branches share it."""
    return platformdirs.user_cache_path("transforms-api") / "language-model-answers"


def digest_of(question: Any) -> str:
    """Return what a question, of JSON values, is found by again."""
    text = json.dumps(question, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def kept_answers(folder: Path, digest: str) -> list[str] | None:
    """Return the answers kept for a question; None where there are none, or a file that is not as it must be."""
    try:
        found = json.loads((folder / f"{digest}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    is_sound = isinstance(found, list) and found and all(isinstance(text, str) for text in found)
    return found if is_sound else None


def keep_answers(folder: Path, digest: str, texts: list[str]) -> None:
    """Keep answers, readable by their user alone.

    Two builds may keep at once: each file appears as a whole. A folder that cannot be written keeps nothing.
    """
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, name = tempfile.mkstemp(dir=folder, suffix=".part")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                json.dump(texts, stream)
            os.replace(name, folder / f"{digest}.json")
        except OSError:
            os.unlink(name)
            raise
