"""A step that a run waits for, and how the wait ends."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

from tamr_provider.decision.failure import Failure
from tamr_provider.decision.steps import has_failed
from tamr_provider.decision.table import retry_command
from tamr_provider.errors import HeldError, JobFailedError, NotFinishedError, StepError
from tamr_provider.timestamps import format_duration, format_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from datetime import datetime

    from tamr_provider.decision.policy import LaunchPolicy
    from tamr_provider.decision.steps import Phases, Step
    from tamr_provider.decision.table import Decision
    from tamr_provider.models import Job


class Origin(str, Enum):
    """Who launched the job that satisfies a step."""

    LAUNCHED = "launched"  # This run, for the step.
    SHARED = "shared"  # This run, for another step.
    ADOPTED = "adopted"  # Another run or a user, while this run waited.
    EXISTING = "already satisfied"  # The job succeeded before this run.


_ORIGIN_TEXTS = {
    Origin.LAUNCHED: "",
    Origin.SHARED: ", launched for another step",
    Origin.ADOPTED: ", launched by another run or user",
    Origin.EXISTING: " (already satisfied)",
}


@dataclass(frozen=True)
class StepResult:
    """How a step was satisfied; `attempts` counts the failed jobs before, and this one."""

    job: Job
    origin: Origin
    attempts: int

    @property
    def words(self) -> str:
        """How it went, without the job's ID."""
        job, time = self.job, self.job.duration
        duration = f" after {format_duration(time)}" if time is not None else ""
        unproven = "; may have applied nothing" if job.configuration.is_workflow else ""
        return f"succeeded{duration}{_ORIGIN_TEXTS[self.origin]}{unproven}"

    def __str__(self) -> str:
        """Format as one line: job ID, result, duration."""
        return f"{self.job.id} {self.words}"


@dataclass(eq=False)
class PendingStep:
    """A step that is not finished; times are this machine's monotonic seconds.

    `gate` returns why the step must not be launched, or ""; it is None once it was called.
    `waiting_for` is the ID of the active job that the step waits for. `launched` has the tenant's
    time before the POST, by the ID of the job that it started. `conflicts` are the responses 409
    since the last other one.
    """

    step: Step
    policy: LaunchPolicy
    later_phases: Phases = ()
    gate: Callable[[], str] | None = None
    future: Future[StepResult] = field(default_factory=Future)
    blocked_reason: str = ""
    decision: Decision | None = None
    waiting_for: str = ""
    waiting_since: float = 0.0
    has_waited: bool = False
    launched: dict[str, datetime] = field(default_factory=dict)
    conflicts: list[str] = field(default_factory=list)

    @property
    def path(self) -> Phases:
        """The phases from this step to the product's end, the step's own first."""
        return ((self.step.configuration,), *self.later_phases)

    def ask_gate(self) -> None:
        """Find out, once, whether the step must not be launched."""
        if self.gate is not None:
            self.blocked_reason = self.gate()
            self.gate = None

    def record_decision(self, decision: Decision, now: float) -> None:
        """Record a decision, and since when the step waits for its job."""
        self.decision = decision
        self.has_waited = True
        job = decision.job
        waiting_for = job.id if job is not None and job.is_active else ""
        if waiting_for != self.waiting_for:
            self.waiting_for = waiting_for
            self.waiting_since = now

    def record_launch(self, job: Job, at: datetime) -> None:
        """Record a job that was launched for the step at a time of the tenant's."""
        self.launched[job.id] = at
        self.conflicts = []

    def age_warning(self, job: Job) -> str:
        """Return a warning if a launched job came out too old for the step, else ""."""
        if not self._is_too_old(job):
            return ""
        too_old = f"{self.step}: {self._too_old_text(job)}"
        return f"{too_old}. This run does not launch another one until it ends."

    def find_ended_too_old(self, jobs: Iterable[Job]) -> Job | None:
        """Return a job that was launched for the step, has ended, and is too old for it."""
        ours = (job for job in jobs if job.id in self.launched)
        return next((job for job in ours if not job.is_active and self._is_too_old(job)), None)

    def _is_too_old(self, job: Job) -> bool:
        return job.created_at is not None and job.created_at < self.step.not_before

    def is_timed_out(self, now: float) -> bool:
        """Whether the step has waited for one job as long as its policy allows."""
        waited = now - self.waiting_since
        return bool(self.waiting_for) and waited >= self.policy.timeout.total_seconds()

    def has_failed(self, job: Job) -> bool:
        """Whether a job would have satisfied the step, and failed."""
        return has_failed(job, self.step, retried_at=None)

    def to_result(self, job: Job, jobs: Iterable[Job], by_run: Collection[str]) -> StepResult:
        """Return how a job satisfied the step; `by_run` are the IDs that this run launched."""
        origin = Origin.ADOPTED if self.has_waited else Origin.EXISTING
        if job.id in by_run:
            origin = Origin.LAUNCHED if job.id in self.launched else Origin.SHARED
        return StepResult(job, origin, self._count_failures(jobs) + 1)

    def failed_error(self, job: Job, jobs: Iterable[Job], url: str, resume: str) -> JobFailedError:
        """Return the error of a step whose job failed.

        `url` is the tenant's address: that of its Jobs page is not documented, and a browser
        cannot open the API's, which needs the key as a header.
        """
        failure = Failure(job, self._count_failures(jobs), self.policy.max_attempts)
        command = retry_command(self.step) if failure.is_last else resume
        state = "is on hold" if failure.is_last else "failed"
        text = f"{self.step} {state}: {failure} ({job.id}, Jobs page of {url})"
        return JobFailedError(f"{text}. To retry, run: {command}", job.id, reason=str(failure))

    def too_old_error(self, job: Job, resume: str) -> StepError:
        """Return the error of a step whose launched job is too old for it."""
        reason = f"{self._too_old_text(job)}, so it does not count"
        text = f"{self.step}: {reason}. To run it again, run: {resume}"
        return StepError(text, job.id, reason=reason)

    def held_error(self, decision: Decision) -> HeldError:
        """Return the error of a step on hold."""
        job_id = decision.job.id if decision.job else ""
        reason = f"{decision.reason} ({job_id})" if decision.failure else decision.reason
        text = f"{self.step} is on hold: {replace(decision, reason=reason).text}"
        ends_by_itself = decision.ends_by_itself
        return HeldError(text, job_id, reason=decision.reason, ends_by_itself=ends_by_itself)

    def unfinished_error(self, reason: str, resume: str) -> NotFinishedError:
        """Return the error of a step that this run no longer waits for."""
        job = (
            f"{self.waiting_for} is still running" if self.waiting_for else "It has no running job"
        )
        text = f"{self.step} did not finish: {reason}. {job}. To resume, run: {resume}"
        return NotFinishedError(text, self.waiting_for, reason=reason)

    def _too_old_text(self, job: Job) -> str:
        at = self.launched[job.id]
        return (
            f"{job.id} was launched at {format_timestamp(at)} (tenant time), but its creation "
            f"time is {format_timestamp(job.created_at or at)}, before "
            f"{format_timestamp(self.step.not_before)}"
        )

    def _count_failures(self, jobs: Iterable[Job]) -> int:
        return sum(has_failed(job, self.step, self.policy.retried_at) for job in jobs)
