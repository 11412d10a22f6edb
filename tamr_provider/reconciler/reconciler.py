"""Reconciles the steps of one process on one tenant, until all end or the run is interrupted."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tamr_provider.client.connection import make_client
from tamr_provider.clock import SystemClock
from tamr_provider.errors import TenantUnavailableError, WaitInterruptedError
from tamr_provider.reconciler.mailbox import Mailbox
from tamr_provider.reconciler.pending import PendingStep, StepResult
from tamr_provider.reconciler.reconcile_pass import ReconcilePass

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from datetime import datetime

    from tamr_provider.client.jobs import JobsClient
    from tamr_provider.clock import Clock
    from tamr_provider.decision.policy import LaunchPolicy
    from tamr_provider.decision.steps import Phases, Step
    from tamr_provider.reconciler.progress import ProgressObserver
    from tamr_provider.settings import Settings

TIME_LIMIT_REACHED = "reached the time limit TAMR_HAND_OVER_AFTER"
_IDLE_SECONDS = 3600.0


class Reconciler:
    """Launches and awaits jobs for steps, which any thread may submit at any time.

    One thread calls `run` or `run_until_stopped`. `resume` is the command that continues where
    the run stops; `stop` is the event that ends the client's own waits.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the seams of its tests
        self,
        client: JobsClient,
        clock: Clock,
        stop: threading.Event,
        poll_seconds: float,
        observer: ProgressObserver,
        resume: str,
    ) -> None:
        self._client = client
        self._poll_seconds = poll_seconds
        self._resume = resume
        self._mailbox = Mailbox(clock, stop, observer)
        self._pass = ReconcilePass(client, clock, self._mailbox, poll_seconds, observer, resume)

    def submit(
        self,
        step: Step,
        policy: LaunchPolicy,
        later_phases: Phases = (),
        gate: Callable[[], str] | None = None,
    ) -> Future[StepResult]:
        """Add a step; the future gets its StepResult, or a TamrError.

        If slots are short, the step with the longest remaining work goes first: `later_phases`
        follow it. `gate` returns why the step must not be launched, or ""; it is called once,
        before the launch.
        """
        pending = PendingStep(step, policy, later_phases, gate)
        self._mailbox.submit(pending)
        if self._mailbox.stop_reason:
            self.fail_pending()
        return pending.future

    @property
    def tenant_time(self) -> datetime:
        """The tenant's time, as far as it is known."""
        return self._pass.time.now()

    def interrupt(self, reason: str) -> None:
        """Stop waiting after the request in progress; jobs continue."""
        self._mailbox.interrupt(reason)

    def run(self) -> None:
        """Reconcile until no step is open or the run is interrupted; never raises."""
        while self._mailbox.open_steps() and not self._mailbox.stop_reason:
            try:
                seconds = self.reconcile_once()
            except (WaitInterruptedError, TenantUnavailableError) as error:
                self._end_unfinished(str(error))
            except Exception as error:  # noqa: BLE001 - the futures must not stay open
                self._mailbox.end_all(lambda _, error=error: error)  # type: ignore[misc]
            else:
                self._mailbox.wait(seconds if self._mailbox.open_steps() else 0, self._poll_seconds)
        if self._mailbox.stop_reason:
            self.fail_pending()

    def run_until_stopped(self) -> None:
        """Reconcile whenever a step is open, until the run is interrupted."""
        while not self._mailbox.stop_reason:
            self._mailbox.wait(_IDLE_SECONDS, self._poll_seconds)
            self.run()
        self.fail_pending()

    def fail_pending(self) -> None:
        """End every open step as unfinished, although a request may still be in progress."""
        self._end_unfinished(self._mailbox.stop_reason or "stopped waiting")

    def reconcile_once(self) -> float:
        """Poll, decide and launch once; return in how many seconds the next pass is due."""
        return self._pass.run()

    def close(self) -> None:
        """Close the client's connections."""
        self._client.close()

    def _end_unfinished(self, reason: str) -> None:
        self._mailbox.end_all(lambda pending: pending.unfinished_error(reason, self._resume))


def make_reconciler(settings: Settings, observer: ProgressObserver, resume: str) -> Reconciler:
    """Return a reconciler with a client of its own; the caller closes it."""
    clock = SystemClock()
    stop = threading.Event()
    client = make_client(settings, clock, stop, observer.note)
    return Reconciler(client, clock, stop, settings.poll_seconds, observer, resume)
