"""One runner per tenant and process, which all creates of that process share."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tamr_provider.client.http import HttpSession
from tamr_provider.client.jobs import JobsClient
from tamr_provider.clock import SystemClock
from tamr_provider.reconciler.reconciler import Reconciler
from tamr_provider.resources import _engine_context as engine
from tamr_provider.resources._progress import EngineReporter

if TYPE_CHECKING:
    from collections.abc import Callable

    from tamr_provider.decision.steps import LaunchPolicy, Phases, Step
    from tamr_provider.reconciler.pending import StepResult
    from tamr_provider.settings import Settings

_GRACE_SECONDS = 2.0  # for the request under way to be answered, so that its job can be named


class Session:
    """A runner on a thread of its own, until the engine cancels or the time is up."""

    def __init__(self, settings: Settings, resume: str) -> None:
        clock, stop = SystemClock(), threading.Event()
        self._rows = EngineReporter(clock, engine.row())
        client = JobsClient(HttpSession(settings, clock, stop, on_outage=self._rows.note))
        self._runner = Reconciler(client, clock, stop, settings.poll_seconds, self._rows, resume)
        threading.Thread(target=self._runner.run_until_stopped, daemon=True).start()
        engine.on_cancel(lambda: self._end("interrupted"))
        if settings.hand_over_after is not None:
            seconds = settings.hand_over_after.total_seconds()
            why = "its time was up (TAMR_HAND_OVER_AFTER)"
            _later(seconds, lambda: self._end(why))

    def satisfy(
        self, step: Step, rules: LaunchPolicy, then: Phases, guard: Callable[[], str]
    ) -> StepResult:
        """Wait until a step is satisfied. Raises a TamrError where it does not come to that."""
        self._rows.belongs(step, engine.urn.get())
        return self._runner.submit(step, rules, then, guard).result()

    def _end(self, why: str) -> None:
        self._runner.interrupt(why)
        _later(_GRACE_SECONDS, self._runner.fail_pending)


def _later(seconds: float, call: object) -> None:
    timer = threading.Timer(seconds, call)  # type: ignore[arg-type]
    timer.daemon = True
    timer.start()


_sessions: dict[Settings, Session] = {}
_lock = threading.Lock()


def get_session(settings: Settings, resume: str) -> Session:
    """Return the process's session for a tenant and key."""
    with _lock:
        if settings not in _sessions:
            _sessions[settings] = Session(settings, resume)
        return _sessions[settings]
