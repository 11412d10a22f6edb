"""What our host knows about the engine: the URN of a call, previews, and cancellation.

A separate module, because importing the host by name would create a second copy of `__main__`.
Pulumi's default host never sets any of it, so all of it is optional.
"""

from __future__ import annotations

import contextlib
import shlex
import sys
import threading
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import Callable

urn: ContextVar[str] = ContextVar("urn", default="")
is_preview: ContextVar[bool] = ContextVar("is_preview", default=False)

# `custom_timeouts` of the resource for this call, 0 for none.
timeout_seconds: ContextVar[float] = ContextVar("timeout_seconds", default=0)
# The properties because of which the last `diff` of this call updates in place, the cause first.
updated: ContextVar[tuple[str, ...]] = ContextVar("updated", default=())

_lock = threading.Lock()
_cancelled = threading.Event()
_on_cancel: list[Callable[[], None]] = []


def resume_command(stack: str) -> str:
    """Return the command that continues a run; `stack` is "" if it is unknown."""
    return f"pulumi up --stack {shlex.quote(stack)}" if stack else "pulumi up"


def cancel() -> None:
    """Run the callbacks of `on_cancel`, because the engine cancels the update."""
    with _lock:
        _cancelled.set()
        callbacks = list(_on_cancel)
        _on_cancel.clear()
    for callback in callbacks:
        callback()


def on_cancel(callback: Callable[[], None]) -> None:
    """Call back on cancellation, or immediately if it has already happened."""
    with _lock:
        if not _cancelled.is_set():
            _on_cancel.append(callback)
            return
    callback()


class EngineLog:
    """Sends status and diagnostics of resources to the engine over gRPC."""

    def __init__(self, address: str) -> None:
        self._engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))

    def show_status(self, urn: str, text: str) -> None:
        """Show a status of a resource, or of the stack if `urn` is empty, until the next one."""
        self._log(text, urn, engine_pb2.INFO, ephemeral=True)

    def add_diagnostic(self, urn: str, text: str, *, is_warning: bool = False) -> None:
        """Add a line to the diagnostics of a resource, or of the stack if `urn` is empty."""
        self._log(text, urn, engine_pb2.WARNING if is_warning else engine_pb2.INFO, ephemeral=False)

    def _log(self, text: str, urn: str, severity: Any, ephemeral: bool) -> None:
        request = engine_pb2.LogRequest(
            severity=severity, message=text, urn=urn, ephemeral=ephemeral
        )
        # An update does not depend on its log.
        with contextlib.suppress(grpc.RpcError):
            self._engine.Log(request, timeout=2)


def open_engine_log() -> EngineLog | None:
    """Return the engine's log, or None if the host's last argument is not an address."""
    address = sys.argv[-1] if len(sys.argv) > 1 else ""
    return EngineLog(address) if address.rpartition(":")[2].isdigit() and ":" in address else None
