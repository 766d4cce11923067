"""What a transform warns of by Python's logging becomes notes of its job, where its user looks."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from transforms_api.declare.transform import Transform


@contextmanager
def warnings_of(transform: Transform[Any, Any]) -> Iterator[list[str]]:
    """Collect, in the list that is yielded, what the transform's own modules warn of in this thread.

    Its own are those below the top package of its function's module: `logging.getLogger(__name__)` is one of them. What
    they warn of in other threads is shown as it is without this.
    """
    warned: list[str] = []
    logger = logging.getLogger(transform.compute_function.__module__.partition(".")[0])
    handler = _Collector(warned)
    logger.addHandler(handler)
    try:
        yield warned
    finally:
        logger.removeHandler(handler)


class _Collector(logging.Handler):
    def __init__(self, warned: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._warned, self._thread = warned, threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self._warned.append(record.getMessage())
        elif logging.lastResort and not logging.root.handlers and not getattr(record, "is_shown", False):
            record.is_shown = True  # several jobs may collect at a time
            logging.lastResort.handle(record)
