"""A page for this machine's browsers, made anew at most once a minute, however many look."""

from __future__ import annotations

import html
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from tamr_provider.cli.output.printing import say
from tamr_provider.cli.signals import interrupts, wait_for
from tamr_provider.clock import SystemClock
from tamr_provider.errors import InputError, TamrError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tamr_provider.clock import Clock

EVERY_SECONDS = 60
_HOSTS = ("127.0.0.1", "localhost")


class CachedPage:
    """A text that is made when somebody asks for it and the last one is a minute old."""

    def __init__(self, make: Callable[[], str], clock: Clock) -> None:
        self._make, self._clock, self._lock = make, clock, threading.Lock()
        self._made: tuple[float, str] | None = None

    def get(self) -> str:
        """Return it; whoever comes while it is made waits for the same."""
        with self._lock:
            now = self._clock.monotonic()
            if self._made is None or now - self._made[0] >= EVERY_SECONDS:
                self._made = now, self._make()
            return self._made[1]


def serve(make: Callable[[], str], port: int) -> None:
    """Serve until Ctrl-C. Raises InputError where the port is taken."""
    fresh, over = CachedPage(make, SystemClock()), threading.Event()
    fresh.get()  # what is wrong with the project is told here, not in a browser
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), _handler(fresh))
    except OSError as error:
        raise InputError(f"--serve: port {port} cannot be used: {error.strerror}") from None
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    say(f"http://127.0.0.1:{server.server_address[1]}")
    say("the board, made anew once a minute while somebody looks; Ctrl-C ends it", err=True)
    with interrupts(lambda _: None, over):
        wait_for(over)
    server.shutdown()
    server.server_close()


def _page(fresh: CachedPage) -> tuple[int, bytes]:
    """Return the page, or why there is none: somebody may be at work on a stack file."""
    try:
        return 200, fresh.get().encode()
    except TamrError as error:
        lines = f"<pre>{html.escape(str(error))}</pre>"
        refresh = f'<meta http-equiv="refresh" content="{EVERY_SECONDS}">'
        return 503, f'<!doctype html><meta charset="utf-8">{refresh}{lines}'.encode()


def _handler(fresh: CachedPage) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            # A page elsewhere could reach us under a name of its own that leads to this machine.
            if self.headers.get("Host", "").rpartition(":")[0] not in _HOSTS:
                self.send_error(403, "only by the address of this machine")
            elif self.path != "/":
                self.send_error(404)
            else:
                self._send(*_page(fresh))

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing: who looks is nobody's business."""

    return Handler
