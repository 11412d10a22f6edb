"""A runner's progress in the engine's rows: a line per change of state, and one a minute."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tamr_provider.resources import engine

if TYPE_CHECKING:
    from tamr_provider.clock import Clock
    from tamr_provider.progress import Status
    from tamr_provider.steps import Step
    from tamr_provider.ticket import Result

# Without a terminal every text becomes a line of its own in the CI's log.
_SECONDS_BETWEEN = 60.0


class Rows:
    """An observer that knows which step belongs to which resource."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._row = engine.row()
        self._urns: dict[Step, str] = {}
        self._last: dict[Step, tuple[tuple[str, str], float]] = {}

    def belongs(self, step: Step, urn: str) -> None:
        """Note whose step this is; empty where the host cannot tell."""
        with self._lock:
            self._urns[step] = urn

    def status(self, step: Step, status: Status) -> None:
        """Show a step's status where it changed, or a minute has passed."""
        now = self._clock.monotonic()
        with self._lock:
            urn = self._urns.get(step, "")
            change, at = self._last.get(step, (None, 0.0))
            due = change != status.change or now - at >= _SECONDS_BETWEEN
            if due:
                self._last[step] = (status.change, now)
        if due and urn and self._row is not None:
            self._row.show(urn, str(status))

    def ended(self, step: Step, outcome: Result | Exception) -> None:
        """Show how a step ended; an error is the engine's to show."""
        with self._lock:
            urn = self._urns.get(step, "")
        if urn and self._row is not None and not isinstance(outcome, Exception):
            self._row.show(urn, str(outcome))

    def note(self, text: str) -> None:
        """Show what concerns every step in the stack's row."""
        if self._row is not None:
            self._row.show("", text)
