"""Pictures drawn by vl-convert in a process of its own.

vl-convert runs Vega in V8 and draws in Rust. Some texts and sizes abort the process in which it does that, and no
`except` catches an abort. So a child process draws: when it dies, one picture is missing and the next one gets a new
child. Texts are made harmless first, so that this is rare.
"""

from __future__ import annotations

import atexit
import base64
import json
import math
import re
import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import Any

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no room for: control characters, lone surrogates, U+FFFE and U+FFFF."""
_LONGEST_TEXT = 2000
"""Characters of a text in a picture; far longer ones take minutes to measure."""
_PATIENCE = 60.0
"""Seconds after which a picture counts as one that cannot be drawn."""


class DrawingError(Exception):
    """A picture cannot be drawn; the others can."""


def harmless(value: Any) -> Any:
    """Return JSON values without what vl-convert cannot draw, at every depth.

    In texts, also in names of fields, characters that XML does not have become U+FFFD, and long ones are cut; numbers
    that JSON does not have become null.
    """
    if isinstance(value, str):
        text = _NO_XML.sub("\ufffd", value)
        return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"
    if isinstance(value, Mapping):
        return {harmless(str(name)): harmless(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [harmless(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, (bool, int, float)) else harmless(str(value))


def svg_of(specification: Mapping[str, Any]) -> str:
    """Return a Vega-Lite specification as SVG.

    Raises:
        DrawingError: it cannot be drawn.
    """
    return _DRAWER.drawn("svg", harmless(specification)).decode()


def png_of(specification: Mapping[str, Any], scale: float) -> bytes:
    """Return a Vega-Lite specification as PNG, with `scale` pixels for each of its own.

    Raises:
        DrawingError: it cannot be drawn.
    """
    return _DRAWER.drawn("png", harmless(specification), scale)


def png_of_svg(svg: str, scale: float) -> bytes:
    """Return an SVG as PNG, with `scale` pixels for each of its own.

    Raises:
        DrawingError: it cannot be drawn.
    """
    return _DRAWER.drawn("png_of_svg", _NO_XML.sub("\ufffd", svg), scale)


class _Drawer:
    """A child process that draws, one picture at a time; started when it is needed, and again after it has died."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        atexit.register(self.close)

    def drawn(self, kind: str, what: Any, scale: float = 1.0) -> bytes:
        """Return a picture.

        Raises:
            DrawingError: it cannot be drawn.
        """
        request = json.dumps({"kind": kind, "what": what, "scale": scale}).encode() + b"\n"
        with self._lock:
            answer = self._answer(request)
        if not answer:
            raise DrawingError("This picture cannot be drawn: the process that draws it has died of it.")
        found = json.loads(answer)
        if "error" in found:
            raise DrawingError(f"This picture cannot be drawn: {found['error']}")
        return base64.b64decode(found["drawn"])

    def close(self) -> None:
        """End the child process, if there is one."""
        if self._child is not None:
            self._child.kill()
            self._child.communicate()
            self._child = None

    def _answer(self, request: bytes) -> bytes:
        """Return the child's answer, nothing where it has died."""
        child = self._running()
        assert child.stdin is not None
        assert child.stdout is not None
        overdue = threading.Timer(_PATIENCE, child.kill)
        overdue.start()
        answer = b""
        try:
            child.stdin.write(request)
            child.stdin.flush()
            answer = child.stdout.readline()
        except OSError:  # it has died meanwhile
            pass
        finally:
            overdue.cancel()
            if not answer.endswith(b"\n"):
                self.close()
        return answer if answer.endswith(b"\n") else b""

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is not None:
            self.close()
        if self._child is None:
            program = f"import sys; sys.path[:] = sys.argv[1:]; from {__name__} import draw_all; draw_all()"
            self._child = subprocess.Popen(
                [sys.executable, "-c", program, *sys.path],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C ends the server, which ends its child
            )
        return self._child


_DRAWER = _Drawer()


def draw_all() -> None:
    """Draw what stdin asks for, a line of JSON each, onto stdout, until stdin ends. The child process runs this."""
    for request in sys.stdin.buffer:
        try:
            answer = {"drawn": base64.b64encode(_draw(**json.loads(request))).decode()}
        except Exception as error:
            answer = {"error": " ".join(str(error).split())[:300]}
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.flush()


def _draw(kind: str, what: Any, scale: float) -> bytes:
    import vl_convert  # in the child alone

    if kind == "svg":
        return str(vl_convert.vegalite_to_svg(what)).encode()
    if kind == "png":
        return bytes(vl_convert.vegalite_to_png(what, scale=scale))
    return bytes(vl_convert.svg_to_png(what, scale=scale))
