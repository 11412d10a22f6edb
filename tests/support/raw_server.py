"""A tenant at the other end of a real socket that answers with given bytes, whatever is asked."""

from __future__ import annotations

import contextlib
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def _read_request(connection: socket.socket) -> None:
    """Read all of a request: what is left unread would reset the connection at its end."""
    with connection.makefile("rb") as request:
        length = 0
        for line in iter(request.readline, b"\r\n"):
            name, _, value = line.lower().partition(b":")
            length = int(value) if name == b"content-length" else length
            if not line:
                return
        request.read(length)


@contextmanager
def slow_tenant(reply: bytes, endless: bytes = b"", is_held: bool = False) -> Iterator[str]:
    """Answer every request with `reply`, then with `endless` again and again, or with silence."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                connection, _ = door.accept()
                with connection, contextlib.suppress(OSError):
                    _read_request(connection)
                    connection.sendall(reply)
                    while endless and not over.is_set():
                        connection.sendall(endless)
                    if is_held:
                        over.wait()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{door.getsockname()[1]}"
        finally:
            over.set()
            with contextlib.suppress(OSError):
                socket.create_connection(door.getsockname(), 1).close()
            thread.join(5)
