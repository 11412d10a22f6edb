"""Wait for one job by its id, for a person who watches it by hand."""

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
    from tamr_provider.tenant.durations import DurationStats


def wait_until_done(  # noqa: PLR0913, PLR0917 - time and its limits are arguments
    client: JobsClient,
    job_id: str,
    clock: Clock,
    stop: threading.Event,
    poll_seconds: float,
    looked: Callable[[JobProgress], None],
) -> Job:
    """Return the job once it is DONE; `looked` hears of every look.

    Raises WaitInterruptedError when the event is set.
    """
    time = ServerClock(clock)
    client.on_server_time = time.observe
    usual: DurationStats | None = None
    asked = False
    while True:
        job = client.get_job(job_id)
        if not job.is_active:
            return job
        if not asked:
            usual, asked = usual_duration(client, job.configuration), True
        looked(JobProgress(job, time.now(), usual))
        pause = time.local_seconds(poll_delay(job, time.now(), usual))
        if clock.wait(stop, max(poll_seconds, pause)):
            raise WaitInterruptedError(f"stopped waiting for {job_id}")
