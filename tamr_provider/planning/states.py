"""The state of a step and of a product: one vocabulary for every surface."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamr_provider.decision.steps import has_failed
from tamr_provider.planning.planned_step import ADOPT, NONE, WAIT
from tamr_provider.planning.planned_step import HOLD as ON_HOLD

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from tamr_provider.models import Job
    from tamr_provider.planning.planned_step import PlannedStep

UNKNOWN, FAILED, HOLD, RUNNING = "unknown", "failed", "hold", "running"
PENDING, WAITING, SATISFIED = "pending", "waiting", "satisfied"
_BY_URGENCY = (UNKNOWN, FAILED, HOLD, RUNNING, PENDING, WAITING, SATISFIED)


def step_state(planned: PlannedStep, jobs: Iterable[Job], retried_at: datetime | None) -> str:
    """Return a step's state; of the tenant's `jobs`, those before `retried_at` are ignored."""
    if planned.action == NONE:
        return SATISFIED
    if planned.action == ON_HOLD:
        return HOLD
    if planned.action == ADOPT:
        return RUNNING if planned.job else PENDING  # Without a job, another step will launch it.
    if planned.not_before is None:
        return WAITING  # The product is pending anyway if an earlier step is.
    if any(has_failed(job, planned.step, retried_at) for job in jobs):
        return FAILED
    return WAITING if planned.action == WAIT else PENDING


def most_urgent(states: Sequence[str]) -> str:
    """Return the state of a product with steps in these states."""
    return min(states, key=_BY_URGENCY.index, default=SATISFIED)


def needs_action(planned: PlannedStep) -> bool:
    """Whether nothing happens to the step until a user acts."""
    return planned.action == ON_HOLD and not planned.ends_by_itself
