"""What a run would do for one step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tamr_provider.decision.table import Action, Decision

if TYPE_CHECKING:
    from datetime import datetime

    from tamr_provider.decision.steps import Step
    from tamr_provider.models import Job
    from tamr_provider.tenant.durations import DurationStats

# The values of `action` in `tamr plan --json`.
NONE, ADOPT, WAIT, LAUNCH, HOLD = "none", "adopt", "wait", "launch", "hold"


@dataclass(frozen=True)
class PlannedStep:
    """One step; `not_before` is None while it depends on jobs that have not ended."""

    step: Step
    action: str
    reason: str
    job: Job | None = None
    not_before: datetime | None = None
    earliest_start: datetime | None = None
    usual: DurationStats | None = None
    has_own_job: bool = True
    ends_by_itself: bool = False

    @staticmethod
    def from_decision(step: Step, decision: Decision) -> PlannedStep:
        """Return the plan of a step that depends on no other step."""
        return PlannedStep(
            step=step,
            action=NONE if decision.action is Action.SATISFIED else decision.action.value,
            reason=decision.reason,
            job=decision.job,
            not_before=step.not_before,
            earliest_start=decision.earliest,
            ends_by_itself=decision.ends_by_itself,
        )

    @property
    def job_id(self) -> str:
        """The job's ID, "" if none is known."""
        return self.job.id if self.job else ""

    @property
    def launches_job(self) -> bool:
        """Whether a run would launch a job for it, now or after a wait."""
        return self.action in (LAUNCH, WAIT) and self.has_own_job
