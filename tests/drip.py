"""A tenant at the other end of a real socket that answers with given bytes, whatever is asked."""

from __future__ import annotations

import contextlib
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def slow_tenant(reply: bytes, endless: bytes = b"") -> Iterator[str]:
    """Answer every request with `reply`, then with `endless` again and again."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                connection, _ = door.accept()
                with connection, contextlib.suppress(OSError):
                    connection.recv(65_536)
                    connection.sendall(reply)
                    while endless and not over.is_set():
                        connection.sendall(endless)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{door.getsockname()[1]}"
        finally:
            over.set()
            with contextlib.suppress(OSError):
                socket.create_connection(door.getsockname(), 1).close()
            thread.join(5)
