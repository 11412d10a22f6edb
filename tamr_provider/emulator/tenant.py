"""The jobs and slots of a tenant, and the rules of create, get and stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamr_provider.emulator.api_error import ApiError
from tamr_provider.emulator.fault_rules import JobRules
from tamr_provider.emulator.job import Job, JobLifecycle, JobSnapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from tamr_provider.emulator.configuration import EmulatedConfiguration
    from tamr_provider.emulator.fault_rules import JobRule
    from tamr_provider.emulator.options import Options


class Tenant:
    """The jobs in the order of their creation. Not thread-safe.

    `save_jobs` is called with all jobs before a change takes effect; if it raises, nothing changes.
    """

    def __init__(
        self,
        options: Options,
        new_id: Callable[[], str],
        jobs: Iterable[Job] = (),
        save_jobs: Callable[[Sequence[Job]], None] = lambda _: None,
    ) -> None:
        self._options = options
        self._new_id = new_id
        self._save_jobs = save_jobs
        self._jobs = {job.id: job for job in jobs}
        self._finished: dict[str, JobSnapshot] = {}  # DONE is final and time never runs backwards.
        self._rules = JobRules(options.fault_rules.jobs)

    def create(self, configuration: EmulatedConfiguration, now: datetime) -> JobSnapshot:
        """Start a job. Raises ApiError."""
        self._check_slots(now)
        rule = self._rules.choose(configuration)
        if rule.refuse is not None:  # U2
            raise ApiError(rule.refuse, rule.message or f"cannot {configuration}")
        job = Job(self._new_id(), configuration, now, self._lifecycle(rule, configuration))
        self._put(job)
        return job.snapshot(now)

    def get(self, job_id: str, now: datetime) -> JobSnapshot:
        """Return one job. Raises ApiError."""
        return self._find(job_id).snapshot(now)

    def stop(self, job_id: str, now: datetime) -> JobSnapshot:
        """Stop a job. Raises ApiError."""
        job = self._find(job_id)
        stopped = job.stop(now)
        if stopped is not job:
            self._put(stopped)
        return stopped.snapshot(now)

    def snapshots(self, now: datetime) -> list[JobSnapshot]:
        """Return all jobs, oldest first."""
        return [
            self._finished.get(job.id) or self._snapshot(job, now) for job in self._jobs.values()
        ]

    def _snapshot(self, job: Job, now: datetime) -> JobSnapshot:
        snapshot = job.snapshot(now)
        if snapshot.outcome:
            self._finished[job.id] = snapshot
        return snapshot

    def _find(self, job_id: str) -> Job:
        if job_id not in self._jobs:
            raise ApiError(404, f"unknown job {job_id}")
        return self._jobs[job_id]

    def _put(self, job: Job) -> None:
        jobs = {**self._jobs, job.id: job}
        self._save_jobs(list(jobs.values()))
        self._jobs = jobs

    def _check_slots(self, now: datetime) -> None:
        active = sum(snapshot.current.state != "DONE" for snapshot in self.snapshots(now))
        used = active + self._options.fault_rules.hidden  # U10
        if used >= self._options.slots:
            raise ApiError(429, f"{used} of {self._options.slots} concurrent jobs are in use")

    def _lifecycle(self, rule: JobRule, configuration: EmulatedConfiguration) -> JobLifecycle:
        default = self._options.duration(configuration.type)
        return JobLifecycle(
            pending=self._options.pending if rule.pending is None else rule.pending,
            duration=default if rule.duration is None else rule.duration,
            stopping=self._options.stopping,
            outcome=rule.outcome,
            error=rule.error,
            stops_too_late=rule.stops_too_late,
        )
