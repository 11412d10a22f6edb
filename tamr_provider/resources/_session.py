"""One reconciler per tenant and process, which all creates of that process share."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tamr_provider.clock import SystemClock
from tamr_provider.reconciler.factory import make_reconciler
from tamr_provider.reconciler.reconciler import TIME_LIMIT_REACHED
from tamr_provider.resources import _engine_context as engine
from tamr_provider.resources._progress import EngineReporter

if TYPE_CHECKING:
    from collections.abc import Callable

    from tamr_provider.decision.policy import LaunchPolicy
    from tamr_provider.decision.steps import Phases, Step
    from tamr_provider.reconciler.pending import StepResult
    from tamr_provider.settings import Settings

_GRACE_SECONDS = 2.0  # For the response to the request in progress, so that its job is named.


class Session:
    """A reconciler on a thread of its own, until the engine cancels or the time limit."""

    def __init__(self, settings: Settings, resume: str) -> None:
        self._reporter = EngineReporter(SystemClock(), engine.row())
        self._reconciler = make_reconciler(settings, self._reporter, resume)
        threading.Thread(target=self._reconciler.run_until_stopped, daemon=True).start()
        engine.on_cancel(lambda: self._end("interrupted"))
        if settings.hand_over_after is not None:
            seconds = settings.hand_over_after.total_seconds()
            _later(seconds, lambda: self._end(TIME_LIMIT_REACHED))

    def satisfy(
        self, step: Step, policy: LaunchPolicy, later_phases: Phases, gate: Callable[[], str]
    ) -> StepResult:
        """Wait until a step is satisfied. Raises a TamrError if that does not happen."""
        self._reporter.belongs(step, engine.urn.get())
        return self._reconciler.submit(step, policy, later_phases, gate).result()

    def _end(self, reason: str) -> None:
        self._reconciler.interrupt(reason)
        _later(_GRACE_SECONDS, self._reconciler.fail_pending)


def _later(seconds: float, call: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, call)
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
