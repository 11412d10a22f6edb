"""The buffer between two runs of a data product."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tamr_provider.timestamps import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tamr_provider.decision.policy import LaunchPolicy
    from tamr_provider.decision.steps import Step
    from tamr_provider.models import Job

# Tamr's Jobs overview advises "a buffer of several hours between jobs for the same data product".
ADVISED_BUFFER = timedelta(hours=3)


def last_run(jobs: Iterable[Job], step: Step) -> tuple[datetime, Job] | None:
    """Return the latest end of an earlier run of the step's data product, with its job.

    A job that was created at or after `since` belongs to the step's own run.
    """
    ended = [
        (job.finished_at, job)
        for job in jobs
        if job.finished_at is not None
        and job.created_at is not None
        and job.created_at < step.since
        and step.data_product.touched_by(job.configuration)
    ]
    return max(ended, key=lambda end: (end[0], end[1].id), default=None)


def close_run_warning(
    jobs: Iterable[Job], step: Step, start: datetime, policy: LaunchPolicy
) -> str:
    """Return a warning if a step is launched without a buffer soon after the last run, else "".

    `start` is the tenant's time. The warning comes exactly if the advised buffer would have
    delayed the step.
    """
    last = None if policy.buffer or not step.first else last_run(jobs, step)
    if last is None or not timedelta(0) <= start - last[0] < ADVISED_BUFFER:
        return ""
    ended_at, job = last
    hours = ADVISED_BUFFER // timedelta(hours=1)
    return (
        f"{step.product}: this run starts {format_duration(start - ended_at)} after the previous "
        f"one finished ({job.id}). Tamr recommends several hours between two runs of a data "
        f"product. Set minHoursBetween: {hours}"
    )
