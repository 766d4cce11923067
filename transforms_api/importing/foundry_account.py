"""A Foundry account, read through the open `foundry-platform-sdk`: datasets, branches, schemas, files and tables.

The SDK repeats requests that the account refuses for now (429 and 503). This module adds the rest: it waits as long as
`Retry-After` says, repeats requests that a cut connection or an internal error of the account ended, and turns each
error into one sentence. The token is sent to the account and nowhere else: no text and no file has it.
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
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

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
_TABLE_TIMEOUT = 900
"""Seconds until the first byte of a table, which the account computes."""
_CHUNK = 1 << 20
_ERROR_NAME = re.compile(r"[A-Za-z][\w:.-]{0,99}")
_RID = re.compile(r"ri\.[a-z][a-z0-9-]*\.([a-z0-9][a-z0-9-]*)?\.[a-z][a-z0-9-]*\.[\w.-]+", re.ASCII)
_AGAIN = "Run the same command again later: it keeps what has been downloaded"


@dataclass(frozen=True)
class AccountDataset:
    """A dataset of the account.

    Attributes:
        name: its path or RID as the user knows it, for messages.
        rid: its RID.
    """

    name: str
    rid: str


@dataclass(frozen=True)
class AccountVersion:
    """A version of an account's dataset.

    Attributes:
        branch: the branch that has the dataset.
        transaction: RID of the last committed transaction; None if nothing has been committed.
    """

    branch: str
    transaction: str | None


@dataclass(frozen=True)
class AccountFile:
    """A file of a version.

    Attributes:
        path: its path in the dataset.
        transaction: RID of the transaction that wrote it.
        size: bytes; None if the account does not say.
    """

    path: str
    transaction: str
    size: int | None


class _Answer(BaseModel):
    """A part of an answer of the account; fields that are not used may change."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class _Resource(_Answer):
    rid: str
    type: str = ""


class BackingDataset(_Answer):
    """A dataset below a view."""

    rid: str = Field(alias="datasetRid")
    branch: str | None = None


class _Resolution(_Answer):
    type: str = "unique"


class _PrimaryKey(_Answer):
    columns: tuple[str, ...] = ()
    resolution: _Resolution = _Resolution()


class AccountView(_Answer):
    """A view: the rows of several datasets.

    Attributes:
        backing: the datasets.
        key: the primary key; None without one.
    """

    backing: tuple[BackingDataset, ...] = Field(alias="backingDatasets")
    key: _PrimaryKey | None = Field(None, alias="primaryKey")

    @property
    def removes_rows(self) -> bool:
        """Whether of several rows with the same key only the latest counts."""
        return self.key is not None and self.key.resolution.type != "unique"


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
class FoundryAccount:
    """The account that the environment names. Nothing is sent until the first method is called.

    Attributes:
        url: scheme and host, without a path.
        timeout: seconds that the account may take for each part of an answer.
        pause: seconds before the second attempt of a request; doubled before each further one.
    """

    url: str
    _token: str = field(repr=False)
    timeout: float = 120
    pause: float = 1
    _last: threading.local = field(default_factory=threading.local, repr=False)

    @classmethod
    def of_environment(cls, environment: Mapping[str, str]) -> FoundryAccount:
        """Return the account of the environment.

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

    # Datasets

    def dataset(self, name: str, rid: str | None) -> AccountDataset:
        """Return a dataset by its RID or its path.

        Args:
            name: its path or RID.
            rid: its RID if it is known.

        Raises:
            PullError: the account has no such dataset.
        """
        rid = rid or (name if name.startswith("ri.") else None)
        if rid is not None:
            if not _RID.fullmatch(rid):
                raise PullError(f"{name} cannot be pulled: {rid} is no RID. Copy it from the account.")
            return AccountDataset(name, rid)
        resources = self._client.filesystem.Resource.with_raw_response
        found = _Resource.model_validate(self._ask(name, lambda: resources.get_by_path(path=name).json()))
        if found.type and found.type not in ("FOUNDRY_DATASET", "GPS_VIEW"):
            kind = found.type.replace("_", " ").lower()
            raise PullError(f"{name} cannot be pulled: it is a {kind} of the account, and only datasets have rows.")
        return AccountDataset(name, found.rid)

    def version(self, dataset: AccountDataset, branches: Sequence[str]) -> AccountVersion:
        """Return the last version of a dataset on the first of several branches that has the dataset.

        Args:
            dataset: of the account.
            branches: names of branches of the account.

        Raises:
            PullError: no branch has it.
        """
        client = self._client.datasets.Dataset
        for name in branches:
            try:
                branch = self._ask(dataset.name, partial(client.Branch.get, dataset.rid, name))
            except PullError as error:
                if error.name == "BranchNotFound":
                    continue
                raise
            return AccountVersion(name, self._committed(dataset, name, branch.transaction_rid))
        known = self._ask(dataset.name, lambda: [one.name for one in client.Branch.list(dataset.rid)])
        listed = ", ".join(sorted(known)) or "none"
        raise PullError(
            f"{dataset.name} cannot be pulled: the account has it on none of the branches {', '.join(branches)}. "
            f"Choose one of its branches by --from-branch: {listed}."
        )

    def _committed(self, dataset: AccountDataset, branch: str, newest: str | None) -> str | None:
        """Return the last committed transaction of a branch, whose newest one may be open."""
        if newest is None:
            return None
        client = self._client.datasets.Dataset
        found = self._ask(dataset.name, lambda: client.Transaction.get(dataset.rid, newest))
        if found.status == "COMMITTED":
            return newest

        def first() -> str | None:
            every = client.Branch.transactions(dataset.rid, branch, preview=True)
            return next((str(one.rid) for one in every if one.status == "COMMITTED"), None)

        return self._ask(dataset.name, first)

    def schema(self, dataset: AccountDataset, version: AccountVersion) -> Mapping[str, Any] | None:
        """Return the JSON of a version's schema; None if it has none.

        Args:
            dataset: of the account.
            version: of the dataset.
        """
        client = self._client.datasets.Dataset.with_raw_response

        def get() -> Any:
            answer = client.get_schema(dataset.rid, branch_name=version.branch, end_transaction_rid=version.transaction)
            return answer.json() if answer.text else None

        try:
            found = self._ask(dataset.name, get)
        except PullError as error:
            if error.name in ("SchemaNotFound", "DatasetViewNotFound"):
                return None
            raise
        schema = found.get("schema") if isinstance(found, dict) else None
        return schema if isinstance(schema, dict) else None

    def view(self, dataset: AccountDataset, branch: str) -> AccountView | None:
        """Return the view that a dataset is; None if it has rows of its own.

        Args:
            dataset: of the account.
            branch: of the account.
        """
        views = self._client.datasets.View.with_raw_response
        try:
            found = self._ask(dataset.name, lambda: views.get(dataset.rid, branch=branch).json())
        except PullError as error:
            if error.name in ("ViewNotFound", "ApiNotFound"):
                return None
            raise
        return AccountView.model_validate(found)

    def files(self, dataset: AccountDataset, version: AccountVersion) -> list[AccountFile]:
        """Return the files of a version.

        Args:
            dataset: of the account.
            version: of the dataset.
        """
        client = self._client.datasets.Dataset.File

        def listed() -> list[AccountFile]:
            found = client.list(dataset.rid, end_transaction_rid=version.transaction)
            return [
                AccountFile(one.path, str(one.transaction_rid), None if one.size_bytes is None else int(one.size_bytes))
                for one in found
            ]

        return [] if version.transaction is None else self._ask(dataset.name, listed)

    # Contents

    def download(
        self, dataset: AccountDataset, version: AccountVersion, file: AccountFile, write: Callable[[Iterator[bytes]], T]
    ) -> T:
        """Pass the content of a file to a function and return its result.

        Args:
            dataset: of the account.
            version: of the dataset.
            file: of the version.
            write: receives the content in parts; called again if the connection is cut, or if it raises
                `IncompleteError`.
        """
        client = self._client.datasets.Dataset.File.with_streaming_response

        def get() -> T:
            with client.content(dataset.rid, file.path, end_transaction_rid=version.transaction) as answer:
                return write(answer.iter_bytes(_CHUNK))

        return self._ask(f"{dataset.name}: file '{file.path}'", get)

    def table(
        self,
        dataset: AccountDataset,
        version: AccountVersion,
        target: Path,
        columns: Sequence[str] | None = None,
        rows: int | None = None,
    ) -> None:
        """Write rows of a version to a file, as a stream of Arrow. An empty file has no rows.

        Args:
            dataset: of the account.
            version: of the dataset.
            target: the file; replaced.
            columns: names of the columns; None: all.
            rows: how many at most; None: all.

        Raises:
            PullError: the account gives no rows. `cannot_compute` tells whether it could give the files.
        """
        client = self._client.datasets.Dataset.with_streaming_response

        def get() -> None:
            with (
                client.read_table(
                    dataset.rid,
                    format="ARROW",
                    branch_name=version.branch,
                    end_transaction_rid=version.transaction,
                    columns=None if columns is None else list(columns),
                    row_limit=rows,
                    request_timeout=_TABLE_TIMEOUT,
                ) as answer,
                target.open("wb") as stream,
            ):
                for part in answer.iter_bytes(_CHUNK):
                    stream.write(part)

        self._ask(dataset.name, get)

    # Requests

    @cached_property
    def _client(self) -> FoundryClient:
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

    def _ask(self, subject: str, request: Callable[[], T]) -> T:
        """Return the answer to a request.

        Raises:
            PullError: the account gives none. The text begins with `subject`.
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
            passes = status != 503 and name not in _CANNOT_COMPUTE
            instance = getattr(error, "error_instance_id", None)
            support = f", errorInstanceId {instance} for Foundry's support" if instance else ""
            return _Problem(f"the account has an internal error ({shown}){support}. {_AGAIN}", passes=passes)
        return _Problem(f"the account refuses the request ({shown}). Check the name and the options")


class IncompleteError(Exception):
    """The content of a file ended before its size, or does not have its size."""


_CANNOT_COMPUTE = frozenset({
    "ColumnTypesNotSupported", "DatasetReadNotSupported", "ReadTableError", "ReadTableRowLimitExceeded",
    "ReadTableTimeout", "InvalidParameterCombination",
})  # fmt: skip


def cannot_compute(error: PullError) -> bool:
    """Return whether the account refuses to compute a table, so that the files have to be read here.

    Args:
        error: of `FoundryAccount.table`.
    """
    return error.name in _CANNOT_COMPUTE


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
