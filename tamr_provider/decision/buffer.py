"""The buffer between two runs of a data product: when the last one ended, and what is too close."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from tamr_provider.timestamps import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tamr_provider.decision.steps import LaunchPolicy, Step
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
    return max(ended, key=lambda each: (each[0], each[1].id), default=None)


def warn_of_close_run(jobs: Iterable[Job], step: Step, start: datetime, rules: LaunchPolicy) -> str:
    """Return a warning if a run without a buffer starts soon after the last one, else "".

    `step` is about to be launched at `start`, in the tenant's time. The warning comes exactly
    if the advised buffer would have delayed the step.
    """
    last = None if rules.buffer or not step.first else last_run(jobs, step)
    if last is None or not timedelta(0) <= start - last[0] < ADVISED_BUFFER:
        return ""
    ended_at, job = last
    hours = ADVISED_BUFFER // timedelta(hours=1)
    return (
        f"{step.product}: this run starts {format_duration(start - ended_at)} after the last one "
        f"ended ({job.id}). Tamr advises several hours between two runs of a data product: "
        f"set minHoursBetween: {hours}"
    )


class CloseRunWarnings:
    """Warns of each product once; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._products: set[str] = set()

    def warn(self, jobs: Iterable[Job], step: Step, start: datetime, rules: LaunchPolicy) -> str:
        """Return the warning about a step, or "" if its product had one before."""
        warning = warn_of_close_run(jobs, step, start, rules)
        with self._lock:
            if not warning or step.product in self._products:
                return ""
            self._products.add(step.product)
        return warning
