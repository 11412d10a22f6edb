"""What the provider's own host knows of the engine: whose call this is, and when to stop.

In a module of its own: the host runs as `__main__`, and importing that by name would make a
second copy of it. Under the stock host nothing here is ever set, and everything works without.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import Callable

urn: ContextVar[str] = ContextVar("urn", default="")
previewing: ContextVar[bool] = ContextVar("previewing", default=False)

_lock = threading.Lock()
_cancelled = False
_on_cancel: list[Callable[[], None]] = []


def cancel() -> None:
    """Tell everybody that the engine wants no more of us."""
    global _cancelled
    with _lock:
        _cancelled, waiting = True, list(_on_cancel)
        _on_cancel.clear()
    for callback in waiting:
        callback()


def on_cancel(callback: Callable[[], None]) -> None:
    """Call back at the cancellation, at once where it has been."""
    with _lock:
        if not _cancelled:
            _on_cancel.append(callback)
            return
    callback()


class EngineLog:
    """The status texts of the engine's rows; without an engine's address they go nowhere."""

    def __init__(self, address: str) -> None:
        self._engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))

    def show(self, of: str, text: str) -> None:
        """Show a text as the status of a resource, until the next one."""
        self._log(text, of, engine_pb2.INFO, ephemeral=True)

    def tell(self, of: str, text: str, warn: bool = False) -> None:
        """Add a text to what the engine tells of a resource at the end."""
        self._log(text, of, engine_pb2.WARNING if warn else engine_pb2.INFO, ephemeral=False)

    def _log(self, text: str, of: str, severity: Any, ephemeral: bool) -> None:
        request = engine_pb2.LogRequest(
            severity=severity, message=text, urn=of, ephemeral=ephemeral
        )
        # A run stays unharmed where nobody hears what it says.
        with contextlib.suppress(grpc.RpcError):
            self._engine.Log(request, timeout=2)


def row() -> EngineLog | None:
    """Return the engine's rows; its address is the host's last argument."""
    address = sys.argv[-1] if len(sys.argv) > 1 else ""
    return EngineLog(address) if address.rpartition(":")[2].isdigit() and ":" in address else None
