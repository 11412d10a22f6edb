"""The open steps of a run: steps come in from any thread, outcomes go out."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tamr_provider.clock import Clock
    from tamr_provider.reconciler.pending import PendingStep, StepResult
    from tamr_provider.reconciler.progress import ProgressObserver, StepStatus


class Mailbox:
    """Holds the open steps, wakes the reconciler for new ones, and stops it.

    `stop` is also the event that ends the client's own waits. `stop_reason` is "" until then.
    """

    def __init__(self, clock: Clock, stop: threading.Event, observer: ProgressObserver) -> None:
        self._clock = clock
        self._stop = stop
        self._observer = observer
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._open: list[PendingStep] = []
        self.stop_reason = ""

    def submit(self, pending: PendingStep) -> None:
        """Add a step and wake the reconciler."""
        with self._lock:
            self._open.append(pending)
        self._wake.set()

    def interrupt(self, reason: str) -> None:
        """Wake the reconciler and tell it to stop."""
        self.stop_reason = self.stop_reason or reason
        self._stop.set()
        self._wake.set()

    def open_steps(self) -> list[PendingStep]:
        """Return the steps that have not ended."""
        with self._lock:
            return list(self._open)

    def wait(self, seconds: float, pause_for_more: float) -> None:
        """Wait until the time is over, a step arrives, or the run is interrupted.

        New steps arrive in bursts, in any order, and the first may not be the one to launch first:
        wait for more of them for `pause_for_more` seconds.
        """
        self._wake.clear()
        # Checked after the event is cleared, or a step or an interrupt could be missed.
        if seconds and not self.stop_reason and not self._has_new():
            self._clock.wait(self._wake, seconds)
        if not self.stop_reason and self._has_new():
            self._clock.wait(self._stop, pause_for_more)

    def end(
        self,
        pending: PendingStep,
        outcome: StepResult | Exception,
        status: StepStatus | None = None,
    ) -> None:
        """Report how a step ended, unless it ended before; `status` is the last one, if known."""
        with self._lock:
            if pending not in self._open:
                return
            self._open.remove(pending)
        self._observer.ended(pending.step, outcome, status)
        if isinstance(outcome, Exception):
            pending.future.set_exception(outcome)
        else:
            pending.future.set_result(outcome)

    def end_all(self, make_error: Callable[[PendingStep], Exception]) -> None:
        """End every open step with an error."""
        for pending in self.open_steps():
            self.end(pending, make_error(pending))

    def _has_new(self) -> bool:
        return any(pending.decision is None for pending in self.open_steps())
