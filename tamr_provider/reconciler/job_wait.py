"""Wait for one job by its ID."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamr_provider.errors import WaitInterruptedError
from tamr_provider.reconciler.polling import poll_delay
from tamr_provider.reconciler.progress import JobProgress
from tamr_provider.tenant.durations import usual_duration
from tamr_provider.tenant.server_clock import ServerClock

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from tamr_provider.client.jobs import JobsClient
    from tamr_provider.clock import Clock
    from tamr_provider.models import Job


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
