"""One step that somebody waits for, and the three ways in which the waiting ends badly."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tamr_provider.decision.table import failure_text, would_satisfy
from tamr_provider.errors import HeldError, JobFailedError, NotFinishedError, StepError
from tamr_provider.models import FAILED
from tamr_provider.timestamps import format_duration, format_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from datetime import datetime

    from tamr_provider.decision.steps import LaunchPolicy, Phases, Step
    from tamr_provider.decision.table import Decision
    from tamr_provider.models import Job

LAUNCHED, SHARED, ADOPTED, FOUND = "launched", "shared", "adopted", "found"


@dataclass(frozen=True)
class StepResult:
    """How a step came to be satisfied; `attempts` counts the failed jobs before, and this one.

    `how` is launched, shared (launched for another step of this run), adopted (started by
    another, we waited) or found (done before we looked).
    """

    job: Job
    origin: str
    attempts: int

    @property
    def words(self) -> str:
        """How it went, without the job's id."""
        job, took = self.job, ""
        if job.created_at is not None and job.finished_at is not None:
            took = f" after {format_duration(job.finished_at - job.created_at)}"
        unproven = "; may have applied nothing" if job.configuration.is_workflow else ""
        return f"succeeded{took}{_HOW[self.origin]}{unproven}"

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.job.id} {self.words}"


_HOW = {
    LAUNCHED: "",
    SHARED: ", launched for another step",
    ADOPTED: ", started by another",
    FOUND: ", before this run: nothing to do",
}


@dataclass(eq=False)
class PendingStep:
    """One step that somebody waits for; times are this machine's monotonic seconds.

    `then` are the phases behind it. `guard` tells why it may not be launched; it is None once it
    was asked. `waiting_for` is the
    active job that we wait for, ours or not. `ours` is the job that we launched and may have to
    withdraw. `launched` are all that we launched for it, with the tenant's time before the POST.
    `conflicts` are the responses 409 since the last one.
    """

    step: Step
    rules: LaunchPolicy
    then: Phases = ()
    guard: Callable[[], str] | None = None
    future: Future[StepResult] = field(default_factory=Future)
    decision: Decision | None = None
    waiting_for: str = ""
    waiting_since: float = 0.0
    has_waited: bool = False
    ours: str = ""
    launched: dict[str, datetime] = field(default_factory=dict)
    conflicts: list[str] = field(default_factory=list)

    @property
    def path(self) -> Phases:
        """The work from here to the product's end, the step's own first."""
        return ((self.step.configuration,), *self.then)

    def record_decision(self, decision: Decision, now: float) -> None:
        """Take note of a decision, and since when we wait for its job."""
        self.decision, self.has_waited = decision, True
        job = decision.job
        waiting_for = job.id if job is not None and job.is_active else ""
        if waiting_for != self.waiting_for:
            self.waiting_for, self.waiting_since = waiting_for, now

    def has_launched(self, job: Job, at: datetime) -> None:
        """Note a job that we launched at a moment of the tenant's."""
        self.ours = job.id
        self.launched[job.id] = at
        self.conflicts = []

    def warn_of_age(self, job: Job) -> str:
        """Return what to say of a job that came out too old for the step, else nothing."""
        if not self._is_too_old(job):
            return ""
        times = _two_times(job, self.launched[job.id], self.step)
        return f"{self.step}: {times}; no other one is launched while this run lasts"

    def ended_too_old(self, jobs: Iterable[Job]) -> Job | None:
        """Return a job that we launched, that has ended, and that is too old for its own step."""
        ours = (job for job in jobs if job.id in self.launched)
        return next((job for job in ours if not job.is_active and self._is_too_old(job)), None)

    def _is_too_old(self, job: Job) -> bool:
        return job.created_at is not None and job.created_at < self.step.not_before

    def timed_out(self, now: float) -> bool:
        """Whether we have waited for one job as long as one runner should."""
        waited = now - self.waiting_since
        return bool(self.waiting_for) and waited >= self.rules.timeout.total_seconds()

    def has_failed(self, job: Job | None) -> bool:
        """Whether this is a job that would have satisfied the step, and failed."""
        return job is not None and job.outcome == FAILED and would_satisfy(job, self.step)

    def to_result(self, job: Job, jobs: Iterable[Job], by_runner: Collection[str]) -> StepResult:
        """Return how the step came to be satisfied by a job; `by_runner` are its own launches."""
        origin = ADOPTED if self.has_waited else FOUND
        if job.id in by_runner:
            origin = LAUNCHED if job.id in self.launched else SHARED
        return StepResult(job, origin, self._failures(jobs) + 1)

    def failed_error(self, job: Job, jobs: Iterable[Job], url: str, resume: str) -> JobFailedError:
        """Say that the step's job failed.

        `url` is the tenant's address: that of its Jobs page is not documented, and a browser
        cannot open the API's, which needs the key as a header.
        """
        tried = f"attempt {self._failures(jobs)} of {self.rules.max_attempts}"
        page = f"Jobs page of {url}"
        again = f"to try again: {resume}"
        text = f"{self.step} failed ({tried}): {failure_text(job)} ({job.id}, {page}); {again}"
        return JobFailedError(text, job.id)

    def too_old_error(self, job: Job, resume: str) -> StepError:
        """Say that the job that we launched does not satisfy the step, for its creation stamp."""
        at, step = self.launched[job.id], self.step
        text = f"{step}: {_two_times(job, at, step)}, so it does not count"
        return StepError(f"{text}; to run it again: {resume}", job.id)

    def held_error(self, decision: Decision) -> HeldError:
        """Say that a person has to decide."""
        job_id = decision.job.id if decision.job else ""
        return HeldError(f"{self.step} is held: {decision.reason}", job_id)

    def unfinished_error(self, why: str, resume: str) -> NotFinishedError:
        """Say that we stopped waiting, and what goes on without us."""
        job = f"{self.waiting_for} goes on" if self.waiting_for else "no job of it was running"
        text = f"{self.step} is not finished: {why}; {job}; to resume: {resume}"
        return NotFinishedError(text, self.waiting_for)

    def _failures(self, jobs: Iterable[Job]) -> int:
        return sum(self.has_failed(job) and not self._forgiven(job) for job in jobs)

    def _forgiven(self, job: Job) -> bool:
        retried_at, created = self.rules.retried_at, job.created_at
        return retried_at is not None and created is not None and created < retried_at


def _two_times(job: Job, at: datetime, step: Step) -> str:
    created = format_timestamp(job.created_at or at)
    return (
        f"{job.id} was launched at {format_timestamp(at)} on the tenant's clock but is stamped as "
        f"created at {created}, before {format_timestamp(step.not_before)}"
    )
