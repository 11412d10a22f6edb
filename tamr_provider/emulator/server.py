"""HTTP/1.1 server on the loopback address."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from tamr_provider.emulator.response import Response, error_response

if TYPE_CHECKING:
    from types import TracebackType

    from tamr_provider.emulator.handler import Emulator

_HOST = "127.0.0.1"


class PortTakenError(Exception):
    """The port cannot be used; the message has the port."""


class Server:
    """Serves an emulator in background threads until closed; port 0 selects a free port."""

    def __init__(self, emulator: Emulator, port: int = 0) -> None:
        try:
            self._http_server = _HttpServer(emulator, port)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise PortTakenError(f"cannot use port {port}: {reason}") from None
        self.url = f"http://{_HOST}:{self._http_server.server_port}"
        self._thread = threading.Thread(
            target=self._http_server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Close the port and every open connection."""
        self._http_server.shutdown()
        self._thread.join()
        self._http_server.server_close()
        self._http_server.close_connections()

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, emulator: Emulator, port: int) -> None:
        self.emulator = emulator
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__((_HOST, port), _Connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        """Close idle connections, which would still serve a client after the port is closed."""
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):  # The client disconnected.
            super().handle_error(request, client_address)


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _HttpServer

    def do_GET(self) -> None:
        try:
            body = self._body()
        except ValueError as error:
            self.close_connection = True
            self._send(error_response(400, str(error)))
            return
        headers = dict(self.headers.items())
        self._send(self.server.emulator.handle(self.command, self.path, headers, body))

    do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_GET  # noqa: N815

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            raise ValueError("the body needs a Content-Length")
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal():
            raise ValueError("Content-Length is not a number")
        return self.rfile.read(int(length))

    def _send(self, response: Response) -> None:
        if response.dropped or response.cut:
            self.close_connection = True
        if response.dropped:
            return
        lines = {"Content-Length": str(len(response.body)), **response.headers}
        if self.close_connection:
            lines["Connection"] = "close"
        head = f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        body = b"" if self.command == "HEAD" else response.body
        self.wfile.write(head.encode("latin-1") + b"\r\n" + body)

    def log_message(self, *_: object) -> None:
        """Log nothing; the emulator has its own activity log."""
