"""Jobs listed and started by hand, one request at a time."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from tamr_provider.client.jobs import PAGE_SIZE
from tamr_provider.errors import ApiError, InputError, ResponseLostError, TamrError
from tamr_provider.foreign_text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tamr_provider.client.jobs import JobsClient
    from tamr_provider.models import Configuration, Job

_OLDEST = datetime.min.replace(tzinfo=timezone.utc)


def list_newest(client: JobsClient, filters: Sequence[str], limit: int) -> list[Job]:
    """Return the newest jobs that match every filter that is not empty."""
    filter_ = " AND ".join(f"({part})" for part in filters if part)
    jobs = client.list_jobs(filter_, max_pages=-(-limit // PAGE_SIZE))
    jobs.sort(key=lambda job: job.created_at or job.started_at or _OLDEST, reverse=True)
    return jobs[:limit]


def find_job(client: JobsClient, job_id: str) -> Job:
    """Return a job. Raises TamrError if the tenant does not have it, with what to do then."""
    try:
        return client.get_job(job_id)
    except ApiError as error:
        if error.status != 404:
            raise
        problem = f"{client.url} does not have the job {visible(job_id)} ({error.reply})"
        raise TamrError(f"{problem}. To list its jobs, run: tamr jobs list") from None


def start_job(client: JobsClient, configuration: Configuration) -> Job:
    """Start a job. Raises TamrError if the response was lost, with what to do then."""
    if not configuration.ids or not all(value.strip() for _, value in configuration.ids):
        raise InputError("an ID is empty. Nothing was sent")
    try:
        return client.create_job(configuration)
    except ResponseLostError as error:
        hint = "Nothing was sent"
        if error.sent:
            check = "tamr jobs list --active"
            hint = f"The job may have started. Before you retry, run: {check}"
        raise TamrError(f"{error}. {hint}") from None
