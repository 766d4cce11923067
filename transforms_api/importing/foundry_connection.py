"""Requests to a Foundry account: repeated where this helps, and each error as one sentence.

The SDK repeats requests that the account refuses for now (429 and 503). This module waits as long as `Retry-After`
says, and repeats requests that a cut connection or an internal error of the account ended. The token is sent to the
account and nowhere else: no text and no file has it.
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
import time
import urllib.request
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from transforms_api.errors import EnvironmentProblem, PullError
from transforms_api.extras import needs_extra

if TYPE_CHECKING:
    import httpx
    from foundry_sdk import FoundryClient, UserTokenAuth

T = TypeVar("T")

TOKEN, HOST = "FOUNDRY_TOKEN", "FOUNDRY_HOSTNAME"
"""Environment variables of the SDK: a user's token, and the name of the account's host."""
_ATTEMPTS = 3
"""Attempts of a request that a cut connection or an internal error ends."""
_REFUSALS = 6
"""Attempts of a request that the account refuses by 429 or 503; the SDK makes them."""
_LONGEST_WAIT = 120
"""Seconds of `Retry-After` that are waited for; a longer wait ends the command."""
_ERROR_NAME = re.compile(r"[A-Za-z][\w:.-]{0,99}")
_AGAIN = "Run the same command again later: it keeps what has been downloaded"
CANNOT_COMPUTE = frozenset({
    "ColumnTypesNotSupported", "DatasetReadNotSupported", "ReadTableError", "ReadTableRowLimitExceeded",
    "ReadTableTimeout", "InvalidParameterCombination",
})  # fmt: skip
"""Names of the errors by which an account refuses to compute a table."""


class IncompleteError(Exception):
    """The content of a file ended before its size, or does not have its size."""


class _Problem(NamedTuple):
    """Why a request failed.

    Attributes:
        text: what happened and what to do.
        passes: whether the same request may succeed now.
        concerns_all: see `PullError`.
    """

    text: str
    passes: bool = False
    concerns_all: bool = False


@dataclass
class Connection:
    """The connection to the account that the environment names. Nothing is sent before the first request.

    Attributes:
        url: scheme and host.
        timeout: seconds that the account may take for each part of an answer.
        pause: seconds before the second attempt of a request; doubled before each further one.
    """

    url: str
    _token: str = field(repr=False)
    timeout: float = 120
    pause: float = 1
    _last: threading.local = field(default_factory=threading.local, repr=False)

    @classmethod
    def of_environment(cls, environment: Mapping[str, str]) -> Connection:
        """Return the connection to the account of the environment.

        Args:
            environment: has FOUNDRY_TOKEN and FOUNDRY_HOSTNAME.

        Raises:
            EnvironmentProblem: one of them is missing or has characters that it cannot have, or the SDK is not
                installed.
        """
        with needs_extra("foundry"):
            import foundry_sdk  # noqa: F401
        token, host = (environment.get(name, "").strip() for name in (TOKEN, HOST))
        if not token or not host:
            missing = " and ".join(name for name, value in ((TOKEN, token), (HOST, host)) if not value)
            raise EnvironmentProblem(
                f"The environment has no {missing}: set {TOKEN} to a token of your Foundry account (Settings, Tokens) "
                f"and {HOST} to its host, as in example.palantirfoundry.com."
            )
        if not token.isascii() or not token.isprintable() or " " in token:
            raise EnvironmentProblem(
                f"{TOKEN} has a space, a line break or another character that no token has: copy it again, without "
                "'Bearer' and without quotes."
            )
        return cls(_checked_url(host), token)

    @cached_property
    def client(self) -> FoundryClient:
        from foundry_sdk import Config, FoundryClient

        warnings.filterwarnings("ignore", module="foundry_sdk")  # about answers whose errors this module describes
        parts = urlsplit(self.url)
        config = Config(
            timeout=self.timeout,
            scheme="http" if parts.scheme == "http" else "https",
            proxies=_proxies(parts.hostname or ""),
            max_retries=_REFUSALS,
        )
        return FoundryClient(
            auth=_patient_auth(self._token, self._last), hostname=parts.netloc + parts.path, config=config
        )

    def send(self, subject: str, request: Callable[[], T]) -> T:
        """Send a request, again after a failure that may pass, and return the answer.

        Args:
            subject: what cannot be pulled without the answer, for the message.
            request: sends the request through `client` and returns the answer.

        Raises:
            PullError: the account gives no answer, or refuses.
        """
        import httpx
        from foundry_sdk import PalantirException
        from pydantic import ValidationError

        for attempt in range(1, _ATTEMPTS + 1):
            self._last.response = None
            try:
                return request()
            except (PalantirException, httpx.HTTPError, ValidationError, ValueError, IncompleteError) as error:
                problem = self._problem(error)
                if not problem.passes or attempt == _ATTEMPTS:
                    text = f"{subject} cannot be pulled: {problem.text}."
                    raise PullError(self._without_token(text), _name_of(error), problem.concerns_all) from error
            time.sleep(self.pause * 2 ** (attempt - 1))
        raise AssertionError("the last attempt returns or raises")

    def _without_token(self, text: str) -> str:
        """Return a text of the account's without the token; so short a text as 't' is no token."""
        return text.replace(self._token, "…") if len(self._token) > 8 else text

    def _problem(self, error: Exception) -> _Problem:
        causes, response = list(_causes(error)), getattr(self._last, "response", None)
        if problem := self._network_problem(causes):
            return problem
        if response is None or response.status_code < 400:
            first = (str(error) or type(error).__name__).splitlines()[0]
            return _Problem(f"{urlsplit(self.url).netloc} gives no answer of Foundry's API ({first}). Check {HOST}")
        return self._refusal(response, error)

    def _network_problem(self, causes: Sequence[BaseException]) -> _Problem | None:
        """Return what is wrong with the connection; None if the account has answered completely."""
        import httpx
        from foundry_sdk import ConnectionError, ProxyError, TimeoutError

        def has(*kinds: type[BaseException]) -> BaseException | None:
            return next((cause for cause in causes if isinstance(cause, kinds)), None)

        host = urlsplit(self.url).netloc
        if has(ssl.SSLCertVerificationError):
            reason = getattr(has(ssl.SSLCertVerificationError), "verify_message", "") or "not trusted"
            advice = "If your organization has certificates of its own, name their file by SSL_CERT_FILE"
            return _Problem(f"the certificate of {host} is not accepted ({reason}). {advice}", concerns_all=True)
        if has(ProxyError, httpx.ProxyError):
            return _Problem(f"the proxy between here and {host} refuses. Check HTTPS_PROXY", concerns_all=True)
        if has(TimeoutError, httpx.TimeoutException):
            return _Problem(f"{host} did not answer within {self.timeout:g} seconds. {_AGAIN}", passes=True)
        if has(ssl.SSLError):
            return _Problem(
                f"{host} does not answer by TLS, as a Foundry account does. Check {HOST}", concerns_all=True
            )
        if has(socket.gaierror):
            return _Problem(f"there is no host {host}. Check {HOST}, and your connection", concerns_all=True)
        if has(ConnectionError, httpx.ConnectError):
            return _Problem(f"{host} accepts no connection. Check {HOST}, and your connection", concerns_all=True)
        if has(httpx.TransportError):
            return _Problem(f"the connection to {host} was cut {_ATTEMPTS} times. {_AGAIN}", passes=True)
        incomplete = has(IncompleteError)
        return _Problem(f"{incomplete}. {_AGAIN}", passes=True) if incomplete else None

    def _refusal(self, response: httpx.Response, error: Exception) -> _Problem:
        """Return what an answer with an error status means."""
        status, name = response.status_code, _name_of(error)
        shown = f"{status} {name}".strip()
        if status == 401:
            return _Problem(
                f"the account does not accept the token in {TOKEN} ({shown}): it has expired, was revoked or is not "
                "complete. Make a new one in the settings of your account",
                concerns_all=True,
            )
        if status == 403:
            return _Problem(
                f"the token's user may not read it ({shown}). Ask its owner for the role Viewer, or make a token with "
                "the scopes api:datasets-read and api:filesystem-read"
            )
        if name == "ApiNotFound":
            return _Problem(f"{urlsplit(self.url).netloc} does not have this part of Foundry's API (404). Check {HOST}")
        if status == 404:
            return _Problem(
                f"the account does not have it, or the token's user may not see it ({shown}). Check the path or RID"
            )
        if status == 429:
            wait = response.headers.get("Retry-After", "")
            seconds = f", and asks to wait {wait} seconds" if wait.isdecimal() else ""
            return _Problem(f"the account has too many requests ({shown}){seconds}. {_AGAIN}", concerns_all=True)
        if status >= 500:
            passes = status != 503 and name not in CANNOT_COMPUTE
            instance = getattr(error, "error_instance_id", None)
            support = f", errorInstanceId {instance} for Foundry's support" if instance else ""
            return _Problem(f"the account has an internal error ({shown}){support}. {_AGAIN}", passes=passes)
        return _Problem(f"the account refuses the request ({shown}). Check the name and the options")


def _patient_auth(token: str, last: threading.local) -> UserTokenAuth:
    """Return the SDK's authentication, which also keeps the last answer and waits as long as `Retry-After` says.

    The SDK repeats a refused request, but does not read the header.
    """
    from foundry_sdk import UserTokenAuth

    class PatientAuth(UserTokenAuth):
        def execute_with_token(self, func: Callable[[Any], Any]) -> Any:
            last.response = response = super().execute_with_token(func)
            wait = response.headers.get("Retry-After", "")
            if response.status_code in (429, 503) and wait.isdecimal():
                if int(wait) > _LONGEST_WAIT:
                    response.headers["QoS-Retry-Hint"] = "do-not-retry"  # the SDK then raises at once
                else:
                    time.sleep(int(wait))
            return response

    return PatientAuth(token)


def _name_of(error: Exception) -> str:
    """Return the account's name of an error; empty if it has none."""
    name = getattr(error, "name", None)
    if type(error).__name__ == "ApiNotFoundError":
        return "ApiNotFound"
    return name if isinstance(name, str) and _ERROR_NAME.fullmatch(name) else ""


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _proxies(host: str) -> dict[Any, str]:
    """Return the proxy of the environment for a host; the SDK itself reads none."""
    proxy = None if urllib.request.proxy_bypass(host) else urllib.request.getproxies().get("https")
    return {"https": proxy} if proxy else {}


def _checked_url(host: str) -> str:
    """Return scheme and host of an account.

    Raises:
        EnvironmentProblem: it is no host, has a user in it, or the token would be sent without encryption.
    """
    try:
        parts = urlsplit(host if "://" in host else f"https://{host}")
        name, _ = parts.hostname, parts.port
    except ValueError:
        name = None
    if not name or parts.scheme not in ("http", "https") or parts.username or any(map(str.isspace, host)):
        raise EnvironmentProblem(f"{HOST} is no host: write it as in example.palantirfoundry.com.")
    if parts.scheme == "http" and name not in ("localhost", "127.0.0.1", "::1"):
        raise EnvironmentProblem(
            f"{HOST} begins with http://, and the token must not be sent unencrypted: write https."
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
