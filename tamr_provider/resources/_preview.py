"""The rows of a preview: what a run would do for a resource now, and for all of them."""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any

from tamr_provider.decision.policy import LaunchPolicy
from tamr_provider.decision.states import State
from tamr_provider.decision.table import Action
from tamr_provider.errors import TamrError
from tamr_provider.reconciler.run_warnings import CloseRunWarnings
from tamr_provider.resources import _engine_context as engine
from tamr_provider.resources import _promotion_gate as promotion_gate
from tamr_provider.resources._declared_step import parse_step
from tamr_provider.resources._dry_run import DryRun, get_dry_run
from tamr_provider.resources._previewed_steps import PreviewedSteps, format_row

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tamr_provider.decision.table import Decision
    from tamr_provider.models import Job
    from tamr_provider.resources._declared_step import DeclaredStep
    from tamr_provider.settings import Settings
    from tamr_provider.tenant.snapshot import Snapshot

# The first steps of all products arrive in one burst.
_BURST_SECONDS = 0.2
_log = functools.cache(engine.open_engine_log)
_lock = threading.Lock()
_reported: set[str] = set()
_close_runs = CloseRunWarnings()


def preview_step(
    inputs: Mapping[str, Any], read_settings: Callable[[dict[str, Any]], Settings]
) -> Job | None:
    """Show what a run would do in the resource's row, and return the job that satisfies it.

    A hold is a warning. Does nothing without the engine's log or an API key: a pull request of a
    fork has no key. A tenant that cannot be queried is reported once, for the stack.
    """
    log = _log()
    declared = parse_step(inputs)
    if log is None or declared is None:
        return None
    try:
        settings = read_settings(dict(inputs))
    except TamrError:
        return None
    try:
        return _show(log, settings, declared, inputs)
    except TamrError as error:
        _report_once(log, f"cannot preview this step: {error}")
        return None


def _show(
    log: engine.EngineLog, settings: Settings, declared: DeclaredStep, inputs: Mapping[str, Any]
) -> Job | None:
    dry_run = get_dry_run(settings)
    decision, snapshot = _decide(inputs, declared, dry_run)
    if decision.action is not Action.SATISFIED:
        dry_run.learn_durations()
    steps = _previewed_steps(settings, declared.stack or "")
    state = steps.add(declared, decision, snapshot.now)
    urn = engine.urn.get()
    # The engine repeats a diagnostic in the row, so nothing is said twice.
    if state.state is State.HOLD:
        log.add_diagnostic(urn, format_row(state), is_warning=True)
    else:
        log.show_status(urn, format_row(state))
    if state.planned.launches_job:
        policy = LaunchPolicy.from_rules(declared, settings.slots)
        start = decision.earliest or snapshot.now
        if warning := _close_runs.warn(snapshot.jobs, declared.to_step(), start, policy):
            log.add_diagnostic(urn, warning, is_warning=True)
    summary = steps.summarize(snapshot, settings.slots)
    _summary.show(log, summary, is_last=not declared.later_phases)
    return decision.job if state.state is State.SATISFIED else None


def _decide(
    inputs: Mapping[str, Any], declared: DeclaredStep, dry_run: DryRun
) -> tuple[Decision, Snapshot]:
    decision, snapshot = dry_run.decide(declared)
    if decision.action is not Action.LAUNCH or declared.waits_for_unknown:
        return decision, snapshot
    # As in a run: another tenant is asked only about what would be launched.
    return dry_run.decide(declared, promotion_gate.find_version_blocker(inputs))


@functools.cache
def _previewed_steps(settings: Settings, stack: str) -> PreviewedSteps:
    return PreviewedSteps(get_dry_run(settings).usual, engine.resume_command(stack))


class _Summary:
    """One line for the stack, once the steps of a burst have arrived."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._text = ""
        self._shown = threading.Event()

    def show(self, log: engine.EngineLog, text: str, *, is_last: bool) -> None:
        """Show a summary unless a later call changes it.

        The engine ends the process after the last step, so a call for one waits.
        """
        with self._lock:
            if text != self._text:
                self._text = text
                self._shown = threading.Event()
                threading.Timer(_BURST_SECONDS, self._flush, [log, text, self._shown]).start()
            shown = self._shown
        if is_last:
            shown.wait()

    def _flush(self, log: engine.EngineLog, text: str, shown: threading.Event) -> None:
        with self._lock:
            is_current = shown is self._shown
        if is_current:
            log.add_diagnostic("", text)
        shown.set()


_summary = _Summary()


def _report_once(log: engine.EngineLog, problem: str) -> None:
    with _lock:
        if problem in _reported:
            return
        _reported.add(problem)
    log.add_diagnostic("", "; ".join(problem.splitlines()), is_warning=True)
