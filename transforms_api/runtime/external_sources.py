"""External sources: URL and secrets from conf/sources.toml."""

from __future__ import annotations

from typing import Any

from transforms_api.errors import NotSupportedLocallyError
from transforms_api.extras import extra
from transforms_api.project import SourceSettings


class HttpsConnection:
    """The connection of a source.

    Attributes:
        url: URL of the source.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    def get_client(self) -> Any:
        """Return a `requests` session."""
        return extra("requests").Session()


class ResolvedSource:
    """The source that a compute function receives."""

    def __init__(self, rid: str, settings: SourceSettings) -> None:
        self.rid = rid
        self._settings = settings

    def get_https_connection(self) -> HttpsConnection:
        """Return the connection to the source's URL.

        Raises:
            NotSupportedLocallyError: conf/sources.toml has no URL.
        """
        if self._settings.url is None:
            raise NotSupportedLocallyError(f"Source {self.rid} has no url in conf/sources.toml.")
        return HttpsConnection(self._settings.url)

    def get_secret(self, name: str) -> str:
        """Return a secret.

        Args:
            name: name of the secret.

        Raises:
            NotSupportedLocallyError: conf/sources.toml has no such secret.
        """
        if name not in self._settings.secrets:
            raise NotSupportedLocallyError(f"Source {self.rid} has no secret '{name}' in conf/sources.toml.")
        return self._settings.secrets[name]
