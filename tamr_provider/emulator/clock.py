"""Emulated time: it may run faster than real time, and it never runs backwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tamr_provider.emulator.timestamps import LATEST, later, truncate_to_milliseconds

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


@dataclass(frozen=True)
class Origin:
    """A moment known in both times, and how much faster emulated time runs from there."""

    real: datetime
    emulated: datetime
    speed: float

    def emulated_at(self, real: datetime) -> datetime:
        """Return the emulated time of a real one."""
        try:
            passed = max(real - self.real, timedelta()) * self.speed
        except OverflowError:
            return LATEST
        return later(self.emulated, passed)

    def resume(self, real: datetime, speed: float, latest: datetime) -> Origin:
        """Return the origin of a restart: time went on at the old speed, now at the new one.

        What is on record, `latest`, has happened, whatever the machine's clock did since.
        """
        return Origin(real, max(self.emulated_at(real), latest), speed)


class EmulatedClock:
    """Reads emulated time, in whole milliseconds; call it from one thread at a time."""

    def __init__(self, real: Callable[[], datetime], origin: Origin) -> None:
        self.origin = origin
        self._real = real
        self._latest = truncate_to_milliseconds(origin.emulated)

    def now(self) -> datetime:
        """Return the emulated time."""
        moment = truncate_to_milliseconds(self.origin.emulated_at(self._real()))
        # The machine's own clock may be set back; what was shown stays in the past.
        self._latest = max(self._latest, moment)
        return self._latest
