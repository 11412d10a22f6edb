"""Checks of what we assume of the Jobs API, against the user's own tenant and with GETs alone.

Each one says whether the assumption is true and, if not, what that means for a run. A check that
needs a job which the tenant does not have yet says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tamr_provider.client.jobs import PAGE_SIZE
from tamr_provider.doctor.finding import OK, PROBLEM, UNKNOWN, WARNING, Finding
from tamr_provider.doctor.tenant import FIX_CLOCK, MAX_CLOCK_DIFFERENCE
from tamr_provider.errors import ApiError, TamrError
from tamr_provider.models import DONE, PENDING, RUNNING, STOPPING, SUCCEEDED, Job
from tamr_provider.tenant.durations import successes_filter
from tamr_provider.tenant.query import JobQuery
from tamr_provider.timestamps import format_duration, format_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tamr_provider.client.jobs import JobsClient

_MILLISECOND = timedelta(milliseconds=1)
_AGES_DAYS = (365, 90, 30, 7, 1)
_UNKNOWN_JOB_ID = "job_that_does_not_exist"
_BLIND = "a run would miss existing jobs, so do not use it here"


@dataclass(frozen=True)
class JobListSample:
    """The first page of the tenant's list, raw and parsed; `witness` shows its start and end."""

    client: JobsClient
    bodies: Sequence[Any]
    jobs: Sequence[Job]
    token: str
    witness: Job | None

    def list_ids(self, filter_: str) -> list[str]:
        """Return the ids on the first page of the jobs that match a filter."""
        return [job.id for job in self.client.list_jobs(filter_, max_pages=1)]


def check_assumptions(client: JobsClient, now: datetime, trust: timedelta) -> Iterator[Finding]:
    """Yield a finding for each assumption; `trust` is how far back the stack needs the list."""
    server_times: list[datetime] = []
    client.on_server_time = server_times.append
    page = client.read_page()
    yield _check_clock(server_times, now)
    bodies = page.get("jobs") or []
    jobs = [Job.from_wire(body) for body in bodies] if isinstance(bodies, list) else []
    if not jobs:
        yield Finding(UNKNOWN, "the list of jobs is empty, so nothing else can be checked yet")
        return
    witness = next((job for job in jobs if job.created_at and job.finished_at), None)
    sample = JobListSample(client, bodies, jobs, str(page.get("nextPageToken") or ""), witness)
    for check in _CHECKS:
        yield _run_check(check, sample)
    yield _run_check(lambda sample: _check_age(sample, now, trust), sample)


def _run_check(check: Callable[[JobListSample], Finding], sample: JobListSample) -> Finding:
    try:
        return check(sample)
    except ApiError as error:
        has_history = any(job.created_at for job in sample.jobs if job.state != PENDING)
        effect = "each poll reads the whole list" if has_history else "a run cannot work here"
        return Finding(WARNING if has_history else PROBLEM, f"{error}: {effect}")
    except TamrError as error:
        return Finding(WARNING, f"cannot check: {error}")


def _check_clock(server_times: Sequence[datetime], now: datetime) -> Finding:
    if not server_times:
        message = "responses have no Date: the tenant's time is derived from its jobs"
        return Finding(WARNING, message)
    difference = abs(server_times[-1] - now)
    apart = format_duration(difference)
    message = f"the tenant's clock (Date) and this machine's are {apart} apart"
    if difference > MAX_CLOCK_DIFFERENCE:
        return Finding(WARNING, message, FIX_CLOCK)
    return Finding(OK, message)


def _check_pagination(sample: JobListSample) -> Finding:
    if (count := len(sample.bodies)) > PAGE_SIZE:
        message = f"pages have {count} jobs, although {PAGE_SIZE} were requested: harmless"
        return Finding(OK, message)
    if not sample.token:
        return Finding(UNKNOWN, f"pagination: all {len(sample.jobs)} jobs are on one page")
    second = sample.client.read_page(token=sample.token).get("jobs") or []
    first = {job.id for job in sample.jobs}
    if all(Job.from_wire(body).id in first for body in second):
        return Finding(PROBLEM, "the second page has no further job: older jobs are missing")
    return Finding(OK, f"pagination works: {len(sample.jobs)} jobs a page, the second continues")


def _check_order(sample: JobListSample) -> Finding:
    starts = [job.started_at for job in sample.jobs if job.started_at]
    if all(a >= b for a, b in pairwise(starts)):
        return Finding(OK, "the list is ordered by start time, newest first")
    message = "the list is not ordered by start time: typical durations may be outdated"
    return Finding(WARNING, message)


def _check_states(sample: JobListSample) -> Finding:
    known = {PENDING, RUNNING, STOPPING, DONE}
    unknown = sorted({job.state or "none" for job in sample.jobs} - known)
    if unknown:
        return Finding(WARNING, f"unknown states count as active: {', '.join(unknown)}")
    return Finding(OK, "every job's state is one of the four documented ones")


def _check_history(sample: JobListSample) -> Finding:
    silent = [job for job in sample.jobs if job.state != PENDING and job.created_at is None]
    if not silent:
        return Finding(OK, "the list shows when a job was created")
    if sample.client.get_job(silent[0].id).created_at:
        message = "only a single job shows its history: one more request for each new job"
        return Finding(OK, message)
    message = "jobs show no history: finding when one was created takes about 30 requests, once"
    return Finding(WARNING, message)


def _check_history_order(sample: JobListSample) -> Finding:
    histories = [body.get("statusHistory") or [] for body in sample.bodies]
    times = [[str(entry.get("stateStartTime")) for entry in entries] for entries in histories]
    long = [entries for entries in times if len(entries) > 1]
    if not long:
        return Finding(UNKNOWN, "the order of a history: no job has had two states yet")
    if all(entries == sorted(entries, reverse=True) for entries in long):
        return Finding(OK, "histories are ordered newest first")
    return Finding(OK, "histories are not ordered newest first; they are sorted when read")


def _check_unset_fields(sample: JobListSample) -> Finding:
    """Say how an unset field is represented; all three ways are supported."""
    statuses = [body.get("status") or {} for body in sample.bodies if isinstance(body, dict)]
    done = [status for status in statuses if status.get("state") == DONE]
    ways = sorted({_describe_error(status) for status in done if not status.get("error")})
    if not ways:
        return Finding(UNKNOWN, "how an unset error is represented: no listed job has succeeded")
    return Finding(OK, f"the error of a successful job is {' or '.join(ways)}")


def _describe_error(status: dict[str, Any]) -> str:
    if "error" not in status:
        return "absent"
    return "null" if status["error"] is None else "empty"


def _check_state_filter(sample: JobListSample) -> Finding:
    done = sample.client.list_jobs("(status.state = DONE)", max_pages=1)
    active = sample.client.list_jobs("(status.state != DONE)", max_pages=1)
    if any(job.is_active for job in done) or any(not job.is_active for job in active):
        message = "filtering by state does not work, so each poll reads more jobs than needed"
        return Finding(WARNING, message)
    missing = {job.id for job in sample.jobs if job.is_active} - {job.id for job in active}
    if missing and len(active) < PAGE_SIZE:
        still_active = [id_ for id_ in missing if sample.client.get_job(id_).is_active]
        if still_active:
            message = f"a filter for active jobs misses {still_active[0]}: {_BLIND}"
            return Finding(PROBLEM, message)
    return Finding(OK, "filtering by state works")


def _check_or_filter(sample: JobListSample) -> Finding:
    expected = {job.id for job in sample.jobs[:2]}
    filter_ = " OR ".join(f'(job_id = "{id_}")' for id_ in sorted(expected))
    if set(sample.list_ids(filter_)) != expected:
        return Finding(PROBLEM, f"filters with job_id and OR miss existing jobs: {_BLIND}")
    return Finding(OK, "filtering by job_id and with OR works")


def _check_creation_filter(sample: JobListSample) -> Finding:
    job = sample.witness
    if job is None or job.created_at is None:
        return Finding(UNKNOWN, "create_time() in filters: no listed job shows when it was created")
    this, created = f'(job_id = "{job.id}")', format_timestamp(job.created_at)
    after = format_timestamp(job.created_at + _MILLISECOND)
    if (
        job.id in sample.list_ids(f'{this} AND (create_time() < "{after}")')
        and job.id not in sample.list_ids(f'{this} AND (create_time() < "{created}")')
        and job.id in sample.list_ids(f'{this} AND (NOT create_time() < "{created}")')
    ):
        return Finding(OK, "create_time() in filters is the oldest time that a job shows")
    message = f"create_time() in filters is not the oldest time that {job.id} shows: {_BLIND}"
    return Finding(PROBLEM, message)


def _check_stop_filter(sample: JobListSample) -> Finding:
    job = sample.witness
    if job is None or job.finished_at is None:
        return Finding(UNKNOWN, "stop_time() in filters: no listed job has finished")
    stopped = f'(stop_time() AND (NOT stop_time() < "{format_timestamp(job.finished_at)}"))'
    if job.id not in sample.list_ids(f'(job_id = "{job.id}") AND {stopped}'):
        message = "stop_time() in filters misses a finished job: minHoursBetween is not enforced"
        return Finding(PROBLEM, message)
    return Finding(OK, "stop_time() in filters is the time at which a job finished")


def _check_run_query(sample: JobListSample) -> Finding:
    """Send the query of a run, for the newer half of the page."""
    created = sorted(job.created_at for job in sample.jobs if job.created_at)
    if not created:
        return Finding(UNKNOWN, "the query that runs use: no listed job shows when it was created")
    since = created[len(created) // 2]
    expected = {job.id for job in sample.jobs if job.created_at and job.created_at >= since}
    found = {job.id for job in sample.client.list_jobs(JobQuery(since).to_filter())}
    if missing := sorted(expected - found):
        return Finding(PROBLEM, f"the query that runs use misses {missing[0]}: {_BLIND}")
    return Finding(OK, "the query that runs use returns every expected job")


def _check_success_filter(sample: JobListSample) -> Finding:
    good = next((job for job in sample.jobs if job.outcome == SUCCEEDED), None)
    if good is None:
        return Finding(UNKNOWN, "typical durations: no listed job has succeeded")
    jobs = sample.client.list_jobs(successes_filter(good.configuration), max_pages=1)
    if good.id not in {job.id for job in jobs}:
        message = "filtering for successful jobs does not work: typical durations stay unknown"
        return Finding(WARNING, message)
    return Finding(OK, "filtering for the successful jobs of a configuration works")


def _check_unknown_id(sample: JobListSample) -> Finding:
    try:
        sample.client.get_job(_UNKNOWN_JOB_ID)
    except ApiError as error:
        if error.status == 404:
            return Finding(OK, "an unknown job ID returns 404")
        message = f"an unknown job ID returns {error.status}, not 404"
        return Finding(WARNING, f"{message}: a job that Tamr forgets during a run ends its step")
    return Finding(WARNING, "an unknown job ID returns 200")


def _check_age(sample: JobListSample, now: datetime, trust: timedelta) -> Finding:
    days = trust / timedelta(days=1)
    for age in _AGES_DAYS:
        before = format_timestamp(now - timedelta(days=age))
        if sample.list_ids(f'(create_time() < "{before}")'):
            message = f"jobs from more than {age} days ago are listed (trustDays: {days:g})"
            if age >= days:
                return Finding(OK, message)
            return Finding(UNKNOWN, f"{message}; older ones may be forgotten or never existed")
    return Finding(
        UNKNOWN,
        f"every listed job is younger than a day (trustDays: {days:g}); if Tamr forgets jobs "
        "sooner than trustDays, an old step runs again",
    )


_CHECKS = (
    _check_pagination,
    _check_order,
    _check_states,
    _check_history,
    _check_history_order,
    _check_unset_fields,
    _check_state_filter,
    _check_or_filter,
    _check_creation_filter,
    _check_stop_filter,
    _check_run_query,
    _check_success_filter,
    _check_unknown_id,
)
