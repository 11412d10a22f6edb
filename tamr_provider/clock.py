"""The only module that reads the time or sleeps."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import threading


class Clock(Protocol):
    """Time as an argument."""

    def now(self) -> datetime:
        """Return this machine's wall clock, in UTC."""

    def monotonic(self) -> float:
        """Return seconds that never jump, from an arbitrary start."""

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Wait until the event is set or the seconds are over; return whether it is set."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return this machine's wall clock, in UTC."""
        return datetime.now(timezone.utc)

    def monotonic(self) -> float:
        """Return seconds that never jump, from an arbitrary start."""
        return time.monotonic()

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Wait until the event is set or the seconds are over; return whether it is set."""
        return event.wait(seconds)
