"""Keeps the error of a step from the engine until no other step of the run can go on.

The engine starts nothing more after the first error, so one failed product would stop all others.
It gives no sign of what it will call next, so a run that stays quiet for a while has no other step.
A withheld error takes one of the engine's parallel slots: if errors take all of them, the run
becomes quiet and ends.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tamr_provider.clock import SystemClock
from tamr_provider.resources import _engine_context as engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tamr_provider.clock import Clock

# From the end of a step, the program takes milliseconds to declare the next one, and a policy pack
# that queries the tenant a few seconds.
QUIET_SECONDS = 5.0


class Isolation:
    """Counts the open calls of a run. Thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._open_count = 0
        self._last_call_at = clock.monotonic()
        self._has_failed = False

    @property
    def has_failed(self) -> bool:
        """Whether a step of this run was refused, failed or is on hold."""
        return self._has_failed

    def record_failure(self) -> None:
        """Record that the run will not be a success."""
        self._has_failed = True

    @contextmanager
    def open_call(self) -> Iterator[None]:
        """Count a call of the engine as open until the block ends."""
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)

    def withhold(self) -> None:
        """Block until no call is open and the run is quiet, or `end` is called."""
        while (seconds := self._remaining_seconds()) > 0:
            if self._clock.wait(self._ended, seconds):
                return
        self.end()

    def end(self) -> None:
        """Release all errors, of now and later."""
        self._ended.set()

    def _count(self, change: int) -> None:
        with self._lock:
            self._open_count += change
            self._last_call_at = self._clock.monotonic()

    def _remaining_seconds(self) -> float:
        with self._lock:
            if self._open_count:
                return QUIET_SECONDS
            return self._last_call_at + QUIET_SECONDS - self._clock.monotonic()


# The engine starts one process for the steps of a run.
run = Isolation(SystemClock())
engine.on_cancel(run.end)
