"""When to poll the tenant next: often enough for every wait, and no more often."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tamr_provider.errors import WaitInterruptedError
from tamr_provider.reconciler.progress import JobProgress
from tamr_provider.tenant.durations import usual_duration
from tamr_provider.tenant.server_clock import ServerClock

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from tamr_provider.client.jobs import JobsClient
    from tamr_provider.clock import Clock
    from tamr_provider.decision.table import Decision
    from tamr_provider.models import Configuration, Job
    from tamr_provider.tenant.durations import DurationStats

_DELAY = 0.06  # How late the end of a job may be noticed, as a share of its age.
# The same while hardly any of the earlier jobs had ended. With the 10th percentile instead of the
# 1st, the end of one job in ten would be noticed late; the 1st costs one more poll.
_EARLY_DELAY = 0.20
MAX_DELAY = timedelta(minutes=5)


def poll_delay(job: Job, now: datetime, usual: DurationStats | None) -> timedelta:
    """Return how long to wait until the next poll of a job, in tenant time."""
    age = max(timedelta(0), now - (job.created_at or now))
    delay = age * _DELAY
    if usual is not None and age < usual.earliest:
        delay = min(age * _EARLY_DELAY, max(usual.earliest - age, delay))
    return min(delay, MAX_DELAY)


def next_poll_delay(
    decisions: Iterable[Decision],
    now: datetime,
    usual: Callable[[Configuration], DurationStats | None],
) -> timedelta | None:
    """Return how long to wait until the first poll that a decision needs, None if none does."""
    delays: list[timedelta] = []
    for decision in decisions:
        if decision.earliest is not None:
            delays.append(decision.earliest - now)
        delays += [poll_delay(job, now, usual(job.configuration)) for job in decision.blockers]
    return min(delays, default=None)


def wait_until_done(  # noqa: PLR0913, PLR0917 - time and its limits are arguments
    client: JobsClient,
    job_id: str,
    clock: Clock,
    stop: threading.Event,
    poll_seconds: float,
    on_poll: Callable[[JobProgress], None],
) -> Job:
    """Return the job once it is DONE; `on_poll` receives its progress after every poll.

    Raises WaitInterruptedError when the event is set.
    """
    time = ServerClock(clock)
    client.on_server_time = time.observe
    job = client.get_job(job_id)
    usual = usual_duration(client, job.configuration) if job.is_active else None
    while job.is_active:
        on_poll(JobProgress(job, time.now(), usual))
        pause = time.local_seconds(poll_delay(job, time.now(), usual))
        if clock.wait(stop, max(poll_seconds, pause)):
            raise WaitInterruptedError(f"stopped waiting for {job_id}")
        job = client.get_job(job_id)
    return job
