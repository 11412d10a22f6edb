"""One reconciler per tenant and process, which all creates of that process share."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tamr_provider.clock import SystemClock
from tamr_provider.errors import TamrError
from tamr_provider.reconciler.reconciler import TIME_LIMIT_REACHED, make_reconciler
from tamr_provider.resources import _engine_context as engine
from tamr_provider.resources import _isolation as isolation
from tamr_provider.resources._progress import EngineReporter

if TYPE_CHECKING:
    from collections.abc import Callable

    from tamr_provider.decision.policy import LaunchPolicy
    from tamr_provider.decision.steps import Phases, Step
    from tamr_provider.reconciler.pending import StepResult
    from tamr_provider.settings import Settings

_GRACE_SECONDS = 2.0  # For the response to a request in flight, so that messages name its job.


class Session:
    """A reconciler on its own thread, until the engine cancels or the time limit is reached."""

    def __init__(self, settings: Settings, resume: str) -> None:
        self._reporter = EngineReporter(SystemClock(), engine.open_engine_log())
        self._reconciler = make_reconciler(settings, self._reporter, resume)
        threading.Thread(target=self._reconciler.run_until_stopped, daemon=True).start()
        engine.on_cancel(lambda: self._end("interrupted"))
        if settings.hand_over_after is not None:
            seconds = settings.hand_over_after.total_seconds()
            _call_after(seconds, lambda: self._end(TIME_LIMIT_REACHED))

    def satisfy(
        self, step: Step, policy: LaunchPolicy, later_phases: Phases, gate: Callable[[], str]
    ) -> StepResult:
        """Wait until a step is satisfied.

        Raises a TamrError if the wait ends before that, once no other step of the run can go on.
        """
        self._reporter.assign_urn(step, engine.urn.get())
        try:
            with isolation.run.open_call():
                return self._reconciler.submit(step, policy, later_phases, gate).result()
        except TamrError:
            isolation.run.withhold()
            raise

    def _end(self, reason: str) -> None:
        isolation.run.end()
        self._reconciler.interrupt(reason)
        _call_after(_GRACE_SECONDS, self._reconciler.fail_pending)


def _call_after(seconds: float, callback: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, callback)
    timer.daemon = True
    timer.start()


_sessions: dict[Settings, Session] = {}
_lock = threading.Lock()


def get_session(settings: Settings, resume: str) -> Session:
    """Return the session of this process for a tenant and key."""
    with _lock:
        if settings not in _sessions:
            _sessions[settings] = Session(settings, resume)
        return _sessions[settings]
