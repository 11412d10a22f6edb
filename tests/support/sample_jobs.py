"""Jobs and moments for tests, built without a wire."""

from __future__ import annotations

from datetime import datetime, timezone

from tamr_provider.models import DONE, PENDING, RUNNING, Configuration, Job, JobStatus

STOPPED_BY_USER = "STOPPED_BY_USER"


def at(clock: str, day: int = 20) -> datetime:
    """Return a moment of November 2026, in UTC: `at("09:30")`."""
    hours, minutes = clock.split(":")
    return datetime(2026, 11, day, int(hours), int(minutes), tzinfo=timezone.utc)


def make_job(
    job_id: str,
    configuration: Configuration,
    created: datetime | None,
    state: str = RUNNING,
    finished: datetime | None = None,
    reason: str = "",
    message: str = "",
) -> Job:
    """Return a job as an answer shows it; a reason or a message means that it did not succeed."""
    ended = finished if state == DONE else None
    error = bool(reason or message)
    return Job(
        id=job_id,
        configuration=configuration,
        status=JobStatus(state, ended or created, error, reason, message),
        created_at=created,
        started_at=None if state == PENDING else created,
        finished_at=ended,
    )


def succeeded(
    job_id: str, configuration: Configuration, created: datetime, finished: datetime
) -> Job:
    """Return a job that is done and succeeded."""
    return make_job(job_id, configuration, created, DONE, finished)


def failed(
    job_id: str,
    configuration: Configuration,
    created: datetime,
    finished: datetime,
    reason: str = "PLANNING_FAILED",
    message: str = "",
) -> Job:
    """Return a job that is done and failed."""
    return make_job(job_id, configuration, created, DONE, finished, reason, message)


def stopped(
    job_id: str, configuration: Configuration, created: datetime, finished: datetime
) -> Job:
    """Return a job that is done because somebody stopped it."""
    return make_job(job_id, configuration, created, DONE, finished, STOPPED_BY_USER)
