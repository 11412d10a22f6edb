"""The diagnostics of a preview: what a run would do for a resource now, and why."""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any

from tamr_provider.decision.policy import LaunchPolicy
from tamr_provider.decision.table import Action
from tamr_provider.errors import TamrError
from tamr_provider.reconciler.run_warnings import CloseRunWarnings
from tamr_provider.resources import _engine_context as engine
from tamr_provider.resources import _promotion_gate as promotion_gate
from tamr_provider.resources._declared_step import parse_step
from tamr_provider.resources._dry_run import get_dry_run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tamr_provider.decision.table import Decision
    from tamr_provider.models import Job
    from tamr_provider.resources._declared_step import DeclaredStep
    from tamr_provider.settings import Settings
    from tamr_provider.tenant.snapshot import Snapshot

_WORDS = {
    Action.SATISFIED: "satisfied",
    Action.ADOPT: "would wait",
    Action.WAIT: "would wait",
    Action.LAUNCH: "would launch",
    Action.HOLD: "on hold",
}
_log = functools.cache(engine.open_engine_log)
_lock = threading.Lock()
_reported: set[str] = set()
_close_runs = CloseRunWarnings()


def preview_step(
    inputs: Mapping[str, Any], read_settings: Callable[[dict[str, Any]], Settings]
) -> Job | None:
    """Add the decision to the resource's diagnostics, and return the job that satisfies it.

    Does nothing without the engine's log or an API key: a pull request of a fork has no key. A
    tenant that cannot be queried is reported once, for the stack.
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
        decision, snapshot = _decide(inputs, declared, settings)
    except TamrError as error:
        _report_once(log, f"cannot preview this step: {error}")
        return None
    urn = engine.urn.get()
    text = f"{_WORDS[decision.action]}: {decision.text}"
    log.add_diagnostic(urn, text, is_warning=decision.action is Action.HOLD)
    if decision.action in (Action.LAUNCH, Action.WAIT):
        policy = LaunchPolicy.from_rules(declared, settings.slots)
        start = decision.earliest or snapshot.now
        if warning := _close_runs.warn(snapshot.jobs, declared.to_step(), start, policy):
            log.add_diagnostic(urn, warning, is_warning=True)
    return decision.job if decision.action is Action.SATISFIED else None


def _decide(
    inputs: Mapping[str, Any], declared: DeclaredStep, settings: Settings
) -> tuple[Decision, Snapshot]:
    dry_run = get_dry_run(settings)
    decision, snapshot = dry_run.decide(declared)
    if decision.action is not Action.LAUNCH:
        return decision, snapshot
    # As in a run: another tenant is asked only about what would be launched.
    return dry_run.decide(declared, promotion_gate.find_version_blocker(inputs))


def _report_once(log: engine.EngineLog, problem: str) -> None:
    with _lock:
        if problem in _reported:
            return
        _reported.add(problem)
    log.add_diagnostic("", "; ".join(problem.splitlines()), is_warning=True)
