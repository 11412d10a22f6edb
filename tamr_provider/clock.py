"""The clock: no other module reads the time or sleeps."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import threading


class Clock(Protocol):
    """Source of time, passed as an argument so that tests control it."""

    def now(self) -> datetime:
        """Return the time of this machine, in UTC."""

    def monotonic(self) -> float:
        """Return monotonic seconds from an arbitrary start."""

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Wait for the event, at most `seconds`, and return whether it is set."""


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """Return the time of this machine, in UTC."""
        return datetime.now(timezone.utc)

    def monotonic(self) -> float:
        """Return monotonic seconds from an arbitrary start."""
        return time.monotonic()

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Wait for the event, at most `seconds`, and return whether it is set."""
        return event.wait(seconds)
