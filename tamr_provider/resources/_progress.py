"""Progress in the engine's rows: a line per change of state, and one repetition a minute."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

from tamr_provider.errors import NotFinishedError

if TYPE_CHECKING:
    from tamr_provider.clock import Clock
    from tamr_provider.decision.steps import Step
    from tamr_provider.reconciler.pending import StepResult
    from tamr_provider.reconciler.progress import StepStatus

# Without a terminal, every status becomes a line in the CI log.
_SECONDS_BETWEEN = 60.0


class StatusSink(Protocol):
    """Destination for the texts of a resource, or of the stack if the URN is empty."""

    def show_status(self, urn: str, text: str) -> None:
        """Show a status until the next one."""

    def add_diagnostic(self, urn: str, text: str, *, is_warning: bool = False) -> None:
        """Add a line to the diagnostics."""


class EngineReporter:
    """Reports the progress of steps to the engine, by the URN of their resource."""

    def __init__(self, clock: Clock, sink: StatusSink | None) -> None:
        self._clock = clock
        self._sink = sink
        self._lock = threading.Lock()
        self._urns: dict[Step, str] = {}
        self._last: dict[Step, tuple[tuple[str, str], float]] = {}
        self._repeated = clock.monotonic()

    def assign_urn(self, step: Step, urn: str) -> None:
        """Set the URN of a step's resource, or "" if the host does not know it."""
        with self._lock:
            self._urns[step] = urn

    def status(self, step: Step, status: StepStatus) -> None:
        """Show a status if it changed, or if it is due to be repeated."""
        with self._lock:
            urn = self._urns.get(step, "")
            is_due = self._is_due(step, status.change, self._clock.monotonic())
        if is_due and urn and self._sink is not None:
            self._sink.show_status(urn, str(status))

    def _is_due(self, step: Step, change: tuple[str, str], now: float) -> bool:
        """Return whether to show a status: any change, and one oldest status a minute."""
        last, at = self._last.get(step, (None, now))
        changed = last != change
        oldest = all(at <= other for _, other in self._last.values())
        repeats = not changed and oldest and now - self._repeated >= _SECONDS_BETWEEN
        if repeats:
            self._repeated = now
        if changed or repeats:
            self._last[step] = (change, now)
        return changed or repeats

    def ended(
        self,
        step: Step,
        outcome: StepResult | Exception,
        status: StepStatus | None = None,  # noqa: ARG002 - the outcome says enough
    ) -> None:
        """Show how a step ended.

        The engine shows an error itself, but gets it only when no other step can go on.
        """
        with self._lock:
            urn = self._urns.get(step, "")
            self._last.pop(step, None)
            others = "; other steps continue" if self._last else ""
        if not urn or self._sink is None:
            return
        if not isinstance(outcome, Exception):
            self._sink.show_status(urn, str(outcome))
        elif not isinstance(outcome, NotFinishedError):
            happened = str(outcome).removeprefix(f"{step} ").removeprefix(f"{step}: ")
            self._sink.show_status(urn, "; ".join(happened.splitlines()) + others)

    def note(self, text: str) -> None:
        """Show a text that concerns all steps in the stack's row."""
        if self._sink is not None:
            self._sink.show_status("", text)

    def warn(self, step: Step, text: str) -> None:
        """Add a warning to the resource of the step, or to the stack if it has none."""
        with self._lock:
            urn = self._urns.get(step, "")
        if self._sink is not None:
            self._sink.add_diagnostic(urn, text, is_warning=True)
