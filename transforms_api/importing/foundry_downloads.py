"""Downloads of a dataset's files, which an interrupted pull goes on with.

A dataset has a folder of its own. Each file is written as `<name>.part` and renamed when it is complete; a line of
`files.jsonl` then has its size and SHA-256. The name is made of the file's path and of the transaction that wrote it,
so that a newer version of the dataset needs only the files that it added. When the dataset is published, the files are
removed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, ValidationError

from transforms_api.errors import PullError
from transforms_api.importing.foundry_account import (
    AccountDataset,
    AccountFile,
    AccountVersion,
    FoundryAccount,
)
from transforms_api.importing.foundry_connection import IncompleteError
from transforms_api.importing.foundry_rows import LocalFile
from transforms_api.warehouse import PULLS, PulledVersion, Warehouse

_WORKERS = 8
"""Files that are downloaded side by side: most of a small file's time is the wait for its first byte."""
_LINES, _SEEN, _TABLE = "files.jsonl", "seen.json", "table.arrow"


class _Complete(BaseModel):
    """A file that has been downloaded completely."""

    model_config = ConfigDict(frozen=True)

    name: str
    size: int
    sha256: str


class _Seen(BaseModel):
    """The version that the account had when it was read last."""

    model_config = ConfigDict(frozen=True)

    pulled: PulledVersion
    time: datetime


@dataclass
class Downloads:
    """The downloads of one dataset.

    Attributes:
        folder: of the dataset.
    """

    folder: Path
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _stop: threading.Event = field(default_factory=threading.Event, repr=False)

    @contextlib.contextmanager
    def locked(self, dataset: str) -> Iterator[None]:
        """Keep other processes from pulling the same dataset into the same branch.

        Args:
            dataset: its name, for messages.

        Raises:
            PullError: a process does this already.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(f"{self.folder}.lock", timeout=0):
                yield
        except Timeout as error:
            raise PullError(f"{dataset} is being pulled by another process already. Wait for its end.") from error

    def files(
        self,
        account: FoundryAccount,
        dataset: AccountDataset,
        version: AccountVersion,
        wanted: Sequence[AccountFile],
        on_file: Callable[[int], None] = lambda _: None,
    ) -> list[LocalFile]:
        """Download the files that are not here yet and return all.

        Args:
            account: has the files.
            dataset: of the account.
            version: of the dataset.
            wanted: its files.
            on_file: called with the number of files that are complete, after each one.

        Raises:
            PullError: a file cannot be downloaded; those that are complete stay.
        """
        names = {file: _name(file) for file in wanted}
        complete = {file.name for file in self._complete() if file.name in names.values() and self._is_whole(file)}
        missing = [file for file in wanted if names[file] not in complete]
        counts = iter(range(len(wanted) - len(missing) + 1, len(wanted) + 1))

        def fetch(file: AccountFile) -> None:
            account.download(dataset, version, file, lambda parts: self._write(file, parts))
            with self._lock:
                on_file(next(counts))

        with ThreadPoolExecutor(_WORKERS) as pool:
            running = [pool.submit(fetch, file) for file in missing]
            try:
                done, _ = wait(running, return_when=FIRST_EXCEPTION)
            finally:
                self._stop.set()  # after an error, or Ctrl-C: the other files end at their next part
                pool.shutdown(wait=True, cancel_futures=True)
                self._stop.clear()
            for download in done:
                download.result()
        return [LocalFile(file.path, self.folder / name) for file, name in names.items()]

    def table(self, fetch: Callable[[Path], None]) -> Path:
        """Return the file of a table that the account computes.

        Args:
            fetch: writes the file.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / _TABLE
        fetch(file)
        return file

    def clear(self, seen: PulledVersion) -> None:
        """Remove the files, since they have been published, and note the version that the account has.

        Args:
            seen: the version.
        """
        shutil.rmtree(self.folder, ignore_errors=True)
        self.note(seen)

    def note(self, seen: PulledVersion) -> None:
        """Note that the account has a version now.

        Args:
            seen: the version.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        text = _Seen(pulled=seen, time=datetime.now(UTC)).model_dump_json()
        (self.folder / _SEEN).write_text(text, encoding="utf-8")

    def seen(self, pulled: PulledVersion) -> datetime | None:
        """Return when the account was last known to have a version; None if it is not noted.

        Args:
            pulled: the version.
        """
        try:
            noted = _Seen.model_validate_json((self.folder / _SEEN).read_text(encoding="utf-8"))
        except (OSError, ValidationError, UnicodeDecodeError):
            return None
        return noted.time if noted.pulled.model_dump() == pulled.model_dump() else None

    def _write(self, file: AccountFile, parts: Iterator[bytes]) -> None:
        name, digest, size = _name(file), hashlib.sha256(), 0
        part = self.folder / f"{name}.part"
        with part.open("wb") as stream:
            for content in parts:
                if self._stop.is_set():
                    return
                digest.update(content)
                size += len(content)
                stream.write(content)
        if file.size is not None and size != file.size:
            raise IncompleteError(f"the account sent {size:,} of its {file.size:,} bytes")
        os.replace(part, self.folder / name)
        line = _Complete(name=name, size=size, sha256=digest.hexdigest()).model_dump_json()
        with self._lock, (self.folder / _LINES).open("a", encoding="utf-8") as lines:
            lines.write(f"{line}\n")

    def _complete(self) -> Iterator[_Complete]:
        with contextlib.suppress(OSError):
            for line in (self.folder / _LINES).read_text(encoding="utf-8", errors="replace").splitlines():
                with contextlib.suppress(ValidationError):  # the last line of a killed process
                    yield _Complete.model_validate_json(line)

    def _is_whole(self, entry: _Complete) -> bool:
        file = self.folder / entry.name
        if not file.is_file() or file.stat().st_size != entry.size:
            return False
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == entry.sha256


def downloads_of(tables: Warehouse, dataset: str) -> Downloads:
    """Return the downloads of a dataset: in its warehouse, or for an object store in the user's cache.

    Args:
        tables: the warehouse, with the branch that is written.
        dataset: name of the dataset.

    Raises:
        StoreError: the warehouse's folder of downloads is a link.
    """
    storage = tables.storage
    if storage.is_remote:
        root = platformdirs.user_cache_path("transforms-api") / PULLS / _digest(str(tables.root))
    else:
        root = storage.own_folder(tables.root, PULLS)
    return Downloads(root / _digest(json.dumps([tables.branch, dataset])))


def _name(file: AccountFile) -> str:
    return _digest(json.dumps([file.path, file.transaction, file.size]))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()[:40]
