"""Emulated time, which can run faster than real time and never runs backwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tamr_provider.emulator.timestamps import LATEST, add_duration, truncate_to_milliseconds

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


@dataclass(frozen=True)
class Origin:
    """A real time, the emulated time at it, and the emulated seconds per real second since."""

    real: datetime
    emulated: datetime
    speed: float

    def emulated_at(self, real: datetime) -> datetime:
        """Return the emulated time at a real time."""
        try:
            passed = max(real - self.real, timedelta()) * self.speed
        except OverflowError:
            return LATEST
        return add_duration(self.emulated, passed)

    def resume(self, real: datetime, speed: float, latest: datetime) -> Origin:
        """Return the origin after a restart: time passed at the old speed while it was down.

        Emulated time resumes at `latest`, the last recorded event, or later, even if the machine's
        clock was set back.
        """
        return Origin(real, max(self.emulated_at(real), latest), speed)


class EmulatedClock:
    """Emulated time in whole milliseconds. Not thread-safe."""

    def __init__(self, real: Callable[[], datetime], origin: Origin) -> None:
        self.origin = origin
        self._real = real
        self._latest = truncate_to_milliseconds(origin.emulated)

    def now(self) -> datetime:
        """Return the emulated time."""
        time = truncate_to_milliseconds(self.origin.emulated_at(self._real()))
        self._latest = max(self._latest, time)  # The machine's clock may be set back.
        return self._latest
