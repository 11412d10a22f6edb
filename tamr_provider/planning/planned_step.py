"""What a run would do for one step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tamr_provider.decision.table import Action, Decision, format_reason
from tamr_provider.timestamps import add_duration

if TYPE_CHECKING:
    from datetime import datetime

    from tamr_provider.decision.failure import Failure
    from tamr_provider.decision.steps import Step
    from tamr_provider.models import Job
    from tamr_provider.tenant.durations import DurationStats

# The values of `action` in `tamr plan --json`.
NONE, ADOPT, WAIT, LAUNCH, HOLD = "none", "adopt", "wait", "launch", "hold"


@dataclass(frozen=True)
class PlannedStep:
    """One step; `not_before` is None while it depends on jobs that have not ended.

    `phase` is its place in the product's order: steps of one phase run in parallel. `until` is
    when a wait or a hold may end; `fix` and `failure` are as in the decision. `error` is why a run
    gave the step up without a failed job, or "".
    """

    step: Step
    action: str
    reason: str
    job: Job | None = None
    not_before: datetime | None = None
    earliest_start: datetime | None = None
    usual: DurationStats | None = None
    has_own_job: bool = True
    ends_by_itself: bool = False
    failure: Failure | None = None
    fix: str = ""
    until: datetime | None = None
    phase: int = 0
    error: str = ""

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
            failure=decision.failure,
            fix=decision.fix,
            until=decision.earliest if decision.action in (Action.WAIT, Action.HOLD) else None,
        )

    @property
    def text(self) -> str:
        """The reason, until when, and the fix."""
        return format_reason(self.reason, self.until, self.fix)

    @property
    def job_id(self) -> str:
        """The job's ID, "" if none is known."""
        return self.job.id if self.job else ""

    @property
    def expected_end(self) -> datetime | None:
        """When its job would end, None if its start or its usual duration is unknown."""
        if self.earliest_start is None or self.usual is None:
            return None
        return add_duration(self.earliest_start, self.usual.median)

    @property
    def launches_job(self) -> bool:
        """Whether a run would launch a job for it, now or after a wait."""
        return self.action in (LAUNCH, WAIT) and self.has_own_job
