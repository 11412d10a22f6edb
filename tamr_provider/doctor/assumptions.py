"""What we assume of the Jobs API, each put to the user's own tenant with GETs alone.

Every check says whether the assumption holds, and where it does not, what that means for a run.
A check that needs a job which the tenant does not have yet says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tamr_provider.client.jobs import PAGE_SIZE
from tamr_provider.doctor.finding import OK, PROBLEM, UNKNOWN, WARNING, Finding
from tamr_provider.errors import ApiError, TamrError
from tamr_provider.models import DONE, PENDING, RUNNING, STOPPING, SUCCEEDED, Job
from tamr_provider.tenant.durations import successes_filter
from tamr_provider.tenant.query import JobQuery
from tamr_provider.timestamps import format_duration, format_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tamr_provider.client.jobs import JobsClient

_APART = timedelta(minutes=10)
_MILLISECOND = timedelta(milliseconds=1)
_REACHES_DAYS = (365, 90, 30, 7, 1)
_NO_JOB = "job_that_does_not_exist"


@dataclass(frozen=True)
class JobListSample:
    """The first page of the tenant's list, as sent and as read; `witness` ended and shows when."""

    client: JobsClient
    bodies: Sequence[Any]
    jobs: Sequence[Job]
    token: str
    witness: Job | None

    def ids(self, filter_: str) -> list[str]:
        """Return the ids on the first page of what a filter lets through."""
        return [job.id for job in self.client.list_jobs(filter_, max_pages=1)]


def check_assumptions(client: JobsClient, now: datetime, trust: timedelta) -> Iterator[Finding]:
    """Yield a finding for each assumption; `trust` is how far back the stack relies on the list."""
    heard: list[datetime] = []
    client.on_server_time = heard.append
    page = client.read_page()
    yield from _clock(heard, now)
    bodies = page.get("jobs") or []
    jobs = [Job.from_wire(body) for body in bodies] if isinstance(bodies, list) else []
    if not jobs:
        yield Finding(UNKNOWN, "the list of jobs is empty, so nothing else can be checked yet")
        return
    sample = JobListSample(
        client, bodies, jobs, str(page.get("nextPageToken") or ""), _witness(jobs)
    )
    for check in _CHECKS:
        yield _asked(check, sample)
    yield _asked(lambda each: _reach(each, now, trust), sample)


def _asked(check: Callable[[JobListSample], Finding], sample: JobListSample) -> Finding:
    try:
        return check(sample)
    except ApiError as error:
        shown = any(job.created_at for job in sample.jobs if job.state != PENDING)
        slow = "every look reads the whole list" if shown else "a run cannot work here"
        return Finding(WARNING if shown else PROBLEM, f"{error}: {slow}")
    except TamrError as error:
        return Finding(WARNING, f"could not be checked: {error}")


def _witness(jobs: Sequence[Job]) -> Job | None:
    return next((job for job in jobs if job.created_at and job.finished_at), None)


def _clock(heard: Sequence[datetime], now: datetime) -> Iterator[Finding]:
    if not heard:
        yield Finding(WARNING, "answers carry no Date: the tenant's time is read off its jobs")
        return
    apart = abs(heard[-1] - now)
    shown = f"the tenant's clock (Date) and this machine's are {format_duration(apart)} apart"
    if apart > _APART:
        yield Finding(WARNING, shown, "set this machine's clock; a since in the future is refused")
    else:
        yield Finding(OK, shown)


def _paging(sample: JobListSample) -> Finding:
    if len(sample.bodies) > PAGE_SIZE:
        what = f"a page has {len(sample.bodies)} jobs, {PAGE_SIZE} were asked for: harmless"
        return Finding(OK, what)
    if not sample.token:
        return Finding(UNKNOWN, f"paging: all {len(sample.jobs)} jobs are on one page")
    second = sample.client.read_page(token=sample.token).get("jobs") or []
    first = {job.id for job in sample.jobs}
    fresh = [each for each in map(Job.from_wire, second) if each.id not in first]
    if not fresh:
        return Finding(PROBLEM, "a second page shows no further job: old jobs stay unseen")
    return Finding(OK, f"paging: a page has {len(sample.jobs)} jobs, the next one goes on")


def _order(sample: JobListSample) -> Finding:
    starts = [job.started_at for job in sample.jobs if job.started_at]
    if all(a >= b for a, b in pairwise(starts)):
        return Finding(OK, "the list is ordered by start time, most recent first")
    return Finding(
        WARNING, "the list is not ordered by start time: usual durations may be old ones"
    )


def _states(sample: JobListSample) -> Finding:
    known = {PENDING, RUNNING, STOPPING, DONE}
    unknown = sorted({job.state or "none" for job in sample.jobs} - known)
    if unknown:
        return Finding(WARNING, f"unknown states count as active: {', '.join(unknown)}")
    return Finding(OK, "every job's state is one of the four that are documented")


def _history(sample: JobListSample) -> Finding:
    moved_on = [job for job in sample.jobs if job.state != PENDING]
    silent = [each for each in moved_on if each.created_at is None]
    if not silent:
        return Finding(OK, "jobs show their history, so their creation is known at once")
    if sample.client.get_job(silent[0].id).created_at:
        what = "the list shows no history, a single job does: one request more for each new job"
        return Finding(OK, what)
    what = "jobs show no history: finding out when one was created costs some 30 requests, once"
    return Finding(WARNING, what)


def _history_order(sample: JobListSample) -> Finding:
    histories = [body.get("statusHistory") or [] for body in sample.bodies]
    times = [[str(each.get("stateStartTime")) for each in part] for part in histories]
    long = [time for time in times if len(time) > 1]
    if not long:
        return Finding(UNKNOWN, "the order of a history: no job has had two states yet")
    newest = all(each == sorted(each, reverse=True) for each in long)
    order = "newest first" if newest else "not newest first; it is sorted before it is read"
    return Finding(OK, f"histories come {order}")


def _unset(sample: JobListSample) -> Finding:
    """Say how a field is written that is not set; every way is read."""
    statuses = [body.get("status") or {} for body in sample.bodies if isinstance(body, dict)]
    good = [
        status for status in statuses if status.get("state") == DONE and not status.get("error")
    ]
    ways = sorted({_way(each) for each in good})
    if not ways:
        return Finding(UNKNOWN, "how an unset error is written: no listed job has succeeded yet")
    return Finding(OK, f"a success is written with error {' or '.join(ways)}")


def _way(status: dict[str, Any]) -> str:
    if "error" not in status:
        return "absent"
    return "null" if status["error"] is None else "empty"


def _state_filter(sample: JobListSample) -> Finding:
    done = sample.client.list_jobs("(status.state = DONE)", max_pages=1)
    active = sample.client.list_jobs("(status.state != DONE)", max_pages=1)
    if any(each.active for each in done) or any(not each.active for each in active):
        what = "the list cannot be filtered by state: every look reads more than it needs"
        return Finding(WARNING, what)
    expected = [job.id for job in sample.jobs if job.active]
    missing = set(expected) - {each.id for each in active}
    if missing and len(active) < PAGE_SIZE:
        still = [each for each in missing if sample.client.get_job(each).active]
        if still:
            return Finding(PROBLEM, f"a filter for active jobs leaves out {still[0]}: {_BLIND}")
    return Finding(OK, "filters by state hold")


def _either_filter(sample: JobListSample) -> Finding:
    wanted = {job.id for job in sample.jobs[:2]}
    asked = " OR ".join(f'(job_id = "{each}")' for each in sorted(wanted))
    if set(sample.ids(asked)) != wanted:
        return Finding(PROBLEM, f"filters with job_id and OR do not find these jobs: {_BLIND}")
    return Finding(OK, "filters by job_id, and with OR, hold")


def _creation_filter(sample: JobListSample) -> Finding:
    job = sample.witness
    if job is None or job.created_at is None:
        return Finding(UNKNOWN, "create_time() in filters: no listed job shows when it was created")
    this, moment = f'(job_id = "{job.id}")', format_timestamp(job.created_at)
    after = format_timestamp(job.created_at + _MILLISECOND)
    answers = (
        job.id in sample.ids(f'{this} AND (create_time() < "{after}")'),
        job.id not in sample.ids(f'{this} AND (create_time() < "{moment}")'),
        job.id in sample.ids(f'{this} AND (NOT create_time() < "{moment}")'),
    )
    if not all(answers):
        what = f"create_time() in filters is not the oldest time that {job.id} shows: {_BLIND}"
        return Finding(PROBLEM, what)
    return Finding(OK, "create_time() in filters is the oldest time that a job shows")


def _stop_filter(sample: JobListSample) -> Finding:
    job = sample.witness
    if job is None or job.finished_at is None:
        return Finding(UNKNOWN, "stop_time() in filters: no listed job has ended")
    asked = f'(stop_time() AND (NOT stop_time() < "{format_timestamp(job.finished_at)}"))'
    if job.id not in sample.ids(f'(job_id = "{job.id}") AND {asked}'):
        what = "stop_time() in filters does not find a job by its end: minHoursBetween is not kept"
        return Finding(PROBLEM, what)
    return Finding(OK, "stop_time() in filters is the time at which a job ended")


def _own_question(sample: JobListSample) -> Finding:
    """Put the very question that a run puts, about the newer half of the page."""
    created = sorted(job.created_at for job in sample.jobs if job.created_at)
    if not created:
        return Finding(UNKNOWN, "a run's own question: no listed job shows when it was created")
    since = created[len(created) // 2]
    expected = {job.id for job in sample.jobs if job.created_at and job.created_at >= since}
    found = {job.id for job in sample.client.list_jobs(JobQuery(since).to_filter())}
    if missing := sorted(expected - found):
        return Finding(PROBLEM, f"a run's own question leaves out {missing[0]}: {_BLIND}")
    return Finding(OK, "a run's own question finds every job that it has to")


def _success_filter(sample: JobListSample) -> Finding:
    good = next((job for job in sample.jobs if job.outcome == SUCCEEDED), None)
    if good is None:
        return Finding(UNKNOWN, "usual durations: no listed job has succeeded")
    jobs = sample.client.list_jobs(successes_filter(good.configuration), max_pages=1)
    if good.id not in {job.id for job in jobs}:
        return Finding(WARNING, "successes cannot be asked for: usual durations stay unknown")
    return Finding(OK, "successes of one configuration can be asked for")


def _unknown_id(sample: JobListSample) -> Finding:
    try:
        sample.client.get_job(_NO_JOB)
    except ApiError as error:
        if error.status == 404:
            return Finding(OK, "a job that does not exist is answered 404")
        what = f"a job that does not exist is answered {error.status}, not 404"
        return Finding(WARNING, f"{what}: a job that Tamr forgets while we wait ends its step")
    return Finding(WARNING, "a job that does not exist is answered 200")


def _reach(sample: JobListSample, now: datetime, trust: timedelta) -> Finding:
    days = trust / timedelta(days=1)
    for span in _REACHES_DAYS:
        before = format_timestamp(now - timedelta(days=span))
        if sample.ids(f'(create_time() < "{before}")'):
            reach = f"jobs from more than {span} days ago are listed (trustDays: {days:g})"
            if span >= days:
                return Finding(OK, reach)
            return Finding(UNKNOWN, f"{reach}; whether older ones were forgotten cannot be told")
    what = f"every listed job is younger than a day (trustDays: {days:g}); a list that forgets"
    return Finding(UNKNOWN, f"{what} sooner than trustDays makes an old step run again")


_BLIND = "a run would not see jobs that are there, and must not be trusted here"
_CHECKS = (
    _paging,
    _order,
    _states,
    _history,
    _history_order,
    _unset,
    _state_filter,
    _either_filter,
    _creation_filter,
    _stop_filter,
    _own_question,
    _success_filter,
    _unknown_id,
)
