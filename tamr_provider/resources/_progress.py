"""A runner's progress in the engine's rows: a line per change of state, and one more a minute."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tamr_provider.clock import Clock
    from tamr_provider.decision.steps import Step
    from tamr_provider.reconciler.pending import StepResult
    from tamr_provider.reconciler.progress import StepStatus

# Without a terminal every text becomes a line of its own in the CI's log.
_SECONDS_BETWEEN = 60.0


class StatusSink(Protocol):
    """Whoever shows a text as the status of a resource, or of the stack where it is of none."""

    def show(self, of: str, text: str) -> None:
        """Show it until the next one."""

    def tell(self, of: str, text: str, warn: bool = False) -> None:
        """Add it to what is told of the resource at the end."""


class EngineReporter:
    """An observer that knows which step belongs to which resource."""

    def __init__(self, clock: Clock, row: StatusSink | None) -> None:
        self._clock, self._lock, self._row = clock, threading.Lock(), row
        self._urns: dict[Step, str] = {}
        self._last: dict[Step, tuple[tuple[str, str], float]] = {}
        self._repeated = clock.monotonic()

    def belongs(self, step: Step, urn: str) -> None:
        """Note whose step this is; empty where the host cannot tell."""
        with self._lock:
            self._urns[step] = urn

    def status(self, step: Step, status: StepStatus) -> None:
        """Show a step's status where it changed, or where it is its turn to be repeated."""
        with self._lock:
            urn = self._urns.get(step, "")
            due = self._is_due(step, status.change, self._clock.monotonic())
        if due and urn and self._row is not None:
            self._row.show(urn, str(status))

    def _is_due(self, step: Step, change: tuple[str, str], now: float) -> bool:
        """Whether to show a status: a change at once, else the oldest text, one a minute."""
        last, at = self._last.get(step, (None, now))
        changed = last != change
        oldest = all(at <= other for _, other in self._last.values())
        repeats = not changed and oldest and now - self._repeated >= _SECONDS_BETWEEN
        if repeats:
            self._repeated = now
        if changed or repeats:
            self._last[step] = (change, now)
        return changed or repeats

    def ended(self, step: Step, outcome: StepResult | Exception) -> None:
        """Show how a step ended; an error is the engine's to show."""
        with self._lock:
            urn = self._urns.get(step, "")
            self._last.pop(step, None)
        if urn and self._row is not None and not isinstance(outcome, Exception):
            self._row.show(urn, str(outcome))

    def note(self, text: str) -> None:
        """Show what concerns every step in the stack's row."""
        if self._row is not None:
            self._row.show("", text)

    def warn(self, step: Step, text: str) -> None:
        """Add a warning to the row of the step's resource, or to the stack's if there is none."""
        with self._lock:
            urn = self._urns.get(step, "")
        if self._row is not None:
            self._row.tell(urn, text, warn=True)
