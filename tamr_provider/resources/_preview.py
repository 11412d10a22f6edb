"""What a preview says of a resource: what would happen to it now, and why."""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any

from tamr_provider.decision.table import Action
from tamr_provider.errors import TamrError
from tamr_provider.reconciler.run_warnings import CloseRunWarnings
from tamr_provider.resources import _engine_context as engine
from tamr_provider.resources import _properties as properties
from tamr_provider.resources._dry_run import dry_run_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tamr_provider.models import Job
    from tamr_provider.settings import Settings

_WORDS = {
    Action.SATISFIED: "nothing to launch",
    Action.ADOPT: "would wait",
    Action.WAIT: "would wait",
    Action.LAUNCH: "would launch",
    Action.HOLD: "held",
}
_row = functools.cache(engine.row)
_lock = threading.Lock()
_troubles: set[str] = set()
_close_runs = CloseRunWarnings()


def tell(
    inputs: Mapping[str, Any], settings_of: Callable[[dict[str, Any]], Settings]
) -> Job | None:
    """Tell it in the resource's row where a key is at hand, and return the job that satisfies it.

    A tenant that cannot be asked is told of once, in the stack's row.
    """
    row, urn = _row(), engine.urn.get()
    if row is None or properties.version_and_since(inputs) is None:
        return None
    if properties.configuration_of(inputs) is None:
        return None  # an id is not known yet
    try:
        settings = settings_of(dict(inputs))
    except TamrError:
        return None  # no key: a pull request of a stranger must not need one
    try:
        decision, snapshot = dry_run_of(settings).of(inputs)
    except TamrError as error:
        _tell_once(row, f"what would happen cannot be told: {error}")
        return None
    words = f"{_WORDS[decision.action]}: {decision.reason}"
    row.tell(urn, words, warn=decision.action is Action.HOLD)
    if decision.action in (Action.LAUNCH, Action.WAIT):
        step, policy = properties.read_step(inputs), properties.read_policy(inputs)
        start = decision.earliest or snapshot.now
        if warning := _close_runs.warn(snapshot.jobs, step, start, policy):
            row.tell(urn, warning, warn=True)
    return decision.job if decision.action is Action.SATISFIED else None


def _tell_once(row: engine.EngineLog, trouble: str) -> None:
    with _lock:
        if trouble in _troubles:
            return
        _troubles.add(trouble)
    row.tell("", "; ".join(trouble.splitlines()), warn=True)
