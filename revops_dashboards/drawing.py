"""SVG drawn as PNG by vl-convert, in a process of its own.

vl-convert draws in Rust. Some texts and sizes abort the process, and `except` does not catch an abort. So a child
process draws: when it dies, one picture is missing and the next one gets a new child.
"""

from __future__ import annotations

import atexit
import base64
import json
import re
import subprocess
import sys
import threading

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 does not allow: control characters, lone surrogates, U+FFFE and U+FFFF."""
_PATIENCE = 60.0
"""Seconds after which drawing a picture counts as failed."""


class DrawingError(Exception):
    """A picture cannot be drawn; others can."""


def png_of_svg(svg: str, scale: float) -> bytes:
    """Return an SVG as PNG, with `scale` pixels for each of its own.

    Characters that XML does not allow become U+FFFD.

    Args:
        svg: the SVG as text.

    Raises:
        DrawingError: it cannot be drawn.
    """
    return _DRAWER.drawn(_NO_XML.sub("\ufffd", svg), scale)


class _Drawer:
    """A child process that draws one picture at a time; started when it is needed, and again after it has died."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        atexit.register(self.close)

    def drawn(self, svg: str, scale: float = 1.0) -> bytes:
        """Return a picture as PNG.

        Raises:
            DrawingError: it cannot be drawn.
        """
        request = json.dumps({"svg": svg, "scale": scale}).encode() + b"\n"
        with self._lock:
            answer = self._answer(request)
        if not answer:
            raise DrawingError("This picture cannot be drawn: the process that draws it has died of it.")
        reply = json.loads(answer)
        if "error" in reply:
            raise DrawingError(f"This picture cannot be drawn: {reply['error']}")
        return base64.b64decode(reply["drawn"])

    def close(self) -> None:
        """End the child process, if there is one."""
        if self._child is not None:
            self._child.kill()
            self._child.communicate()
            self._child = None

    def _answer(self, request: bytes) -> bytes:
        """Return the child's answer; nothing if it has died."""
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
    """Draw the requests on stdin, a line of JSON each, onto stdout, until stdin ends. The child process runs this."""
    import vl_convert

    for request in sys.stdin.buffer:
        try:
            payload = json.loads(request)
            answer = {"drawn": base64.b64encode(vl_convert.svg_to_png(payload["svg"], scale=payload["scale"])).decode()}
        except Exception as error:
            answer = {"error": " ".join(str(error).split())[:300]}
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.flush()
