"""When a job was created, on a tenant whose responses show no history.

`create_time()` is defined for every job, so a binary search over filters finds it: some 30
requests to the millisecond, once per job.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tamr_provider.errors import ApiError
from tamr_provider.timestamps import format_timestamp

if TYPE_CHECKING:
    from tamr_provider.client.jobs import JobsClient
    from tamr_provider.models import Job

_PRECISION = timedelta(milliseconds=1)  # The precision of Tamr's times.
_OLDEST = timedelta(days=3650)


def find_creation_time(client: JobsClient, job: Job, now: datetime) -> datetime | None:
    """Return the time, None if the tenant contradicts itself or rejects the filter."""
    shown = client.get_job(job.id).created_at
    if shown is not None:
        return shown
    try:
        return _narrow_down(client, job, now)
    except ApiError:
        return None


def _narrow_down(client: JobsClient, job: Job, now: datetime) -> datetime | None:
    latest = _whole_milliseconds(job.status.entered_at or now) + _PRECISION
    earliest = _earliest(client, job.id, latest)
    if earliest is None:
        return None
    while latest - earliest > _PRECISION:
        middle = _whole_milliseconds(earliest + (latest - earliest) / 2)
        if _created_before(client, job.id, middle):
            latest = middle
        else:
            earliest = middle
    return earliest


def _earliest(client: JobsClient, job_id: str, latest: datetime) -> datetime | None:
    span = timedelta(minutes=10)
    while span < _OLDEST:
        if not _created_before(client, job_id, latest - span):
            return latest - span
        span *= 4
    return None


def _created_before(client: JobsClient, job_id: str, time: datetime) -> bool:
    filter_ = f'(job_id = "{job_id}") AND (create_time() < "{format_timestamp(time)}")'
    return any(job.id == job_id for job in client.list_jobs(filter_))


def _whole_milliseconds(time: datetime) -> datetime:
    return time.replace(microsecond=time.microsecond // 1000 * 1000)
