"""The endpoint that answers for language models on this machine: any that speaks OpenAI's chat completions."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from transforms_api.errors import EnvironmentProblem
from transforms_api.runtime.answer_cache import default_folder

MODEL, BASE_URL, KEY, TIMEOUT = "OPENAI_MODEL", "OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_TIMEOUT"
"""Variables of the environment. The client knows the second and third by itself."""
OPENAI = "https://api.openai.com/v1"
_SECONDS = 60.0
_SHORTEST_SECRET = 12
"""Characters; shorter keys are words such as 'none' or 'ollama', which endpoints without keys are given."""


@dataclass(frozen=True)
class Endpoint:
    """Whom to ask, and how.

    Attributes:
        model: the model, as the endpoint calls it.
        seconds: how long one attempt may take.
        answers: the folder where answers are kept.
    """

    model: str
    base_url: str
    seconds: float
    answers: Path

    @property
    def told(self) -> str:
        """Model and place in a few words, without a password that may stand in the URL."""
        parts = urlsplit(self.base_url)
        return f"{self.model} at {parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"


def endpoint_of(environ: Mapping[str, str]) -> Endpoint | None:
    """Return the endpoint that variables of the environment name; None without OPENAI_MODEL.

    A key alone, which many have for other programs, sets none: nothing is sent that nobody asked to be sent.

    Raises:
        EnvironmentProblem: a variable says what cannot be.
    """
    model = environ.get(MODEL, "").strip()
    if not model:
        return None
    base_url = environ.get(BASE_URL, "").strip() or OPENAI
    if urlsplit(base_url).scheme not in ("http", "https") or not urlsplit(base_url).hostname:
        raise EnvironmentProblem(f"{BASE_URL} has to be a URL such as http://localhost:11434/v1.")
    return Endpoint(model, base_url, _seconds(environ.get(TIMEOUT, "").strip()), default_folder())


def told(endpoint: Endpoint | None) -> str:
    """Return what answers for language models, as a version of it: another text, other answers."""
    if endpoint is None:
        return "none"
    return endpoint.told if is_installed() else "none (openai is not installed)"


def is_installed() -> bool:
    """Tell whether the client's library is there."""
    return importlib.util.find_spec("openai") is not None


def key() -> str:
    """Return the key of the environment, '' for none. It is read where it is used, and kept by nothing of ours."""
    return os.environ.get(KEY, "").strip()


def without_key(text: str) -> str:
    """Return a text with `***` in place of the key."""
    secret = key()
    return text.replace(secret, "***") if len(secret) >= _SHORTEST_SECRET else text


def _seconds(text: str) -> float:
    try:
        seconds = float(text or _SECONDS)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= 86_400:
        raise EnvironmentProblem(f"{TIMEOUT} has to be a number of seconds above 0, not '{text}'.")
    return seconds
