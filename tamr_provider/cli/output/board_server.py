"""A page on localhost, rebuilt at most once a minute."""

from __future__ import annotations

import html
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from tamr_provider.cli.output.printing import say
from tamr_provider.cli.signals import on_interrupt, wait_for
from tamr_provider.errors import InputError, TamrError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tamr_provider.clock import Clock

REFRESH_SECONDS = 60
_HOSTS = ("127.0.0.1", "localhost")


class CachedPage:
    """A text that is rebuilt on request, if it is a minute old."""

    def __init__(self, make: Callable[[], str], clock: Clock) -> None:
        self._make = make
        self._clock = clock
        self._lock = threading.Lock()
        self._text = ""
        self._made_at: float | None = None

    def get(self) -> str:
        """Return the text; concurrent requests wait for the same one."""
        with self._lock:
            now = self._clock.monotonic()
            if self._made_at is None or now - self._made_at >= REFRESH_SECONDS:
                self._text = self._make()
                self._made_at = now
            return self._text


def serve(
    make: Callable[[], str],
    port: int,
    clock: Clock,
    open_page: Callable[[str], None] | None = None,
) -> None:
    """Serve until Ctrl-C; `open_page` gets the address. Raises InputError if the port is in use."""
    page, over = CachedPage(make, clock), threading.Event()
    page.get()  # Report a wrong project here, not in the browser.
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), _make_handler(page))
    except OSError as error:
        raise InputError(f"--serve: cannot use port {port}: {error.strerror}") from None
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    say(address)
    say("Serving the board, refreshed once a minute. Press Ctrl-C to stop.", err=True)
    if open_page is not None:
        open_page(address)
    with on_interrupt(lambda _: None, over):
        wait_for(over)
    server.shutdown()
    server.server_close()


def _respond(page: CachedPage) -> tuple[int, bytes]:
    """Return the page, or an error: a stack file may be invalid while it is edited."""
    try:
        return 200, page.get().encode()
    except TamrError as error:
        lines = f"<pre>{html.escape(str(error))}</pre>"
        refresh = f'<meta http-equiv="refresh" content="{REFRESH_SECONDS}">'
        return 503, f'<!doctype html><meta charset="utf-8">{refresh}{lines}'.encode()


def _make_handler(page: CachedPage) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            # DNS rebinding: a foreign page could reach us by its own name for this machine.
            if self.headers.get("Host", "").rpartition(":")[0] not in _HOSTS:
                self.send_error(403, "use the address of this machine")
            elif self.path != "/":
                self.send_error(404)
            else:
                status, body = _respond(page)
                self.send_response(status)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Cache-Control", "no-store")
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Log nothing."""

    return Handler
