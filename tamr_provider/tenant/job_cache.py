"""The jobs that one run knows, kept up to date with as few requests as possible."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from tamr_provider.client.list_filter import is_short
from tamr_provider.errors import ApiError, InvalidResponseError
from tamr_provider.models import PENDING
from tamr_provider.tenant.creation_time import find_creation_time
from tamr_provider.tenant.query import JobQuery
from tamr_provider.tenant.server_clock import ServerClock
from tamr_provider.tenant.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tamr_provider.client.jobs import JobsClient
    from tamr_provider.clock import Clock
    from tamr_provider.models import Configuration, Job

# Consecutive polls overlap, so that a job created during the earlier one is not missed.
_OVERLAP = timedelta(minutes=5)
_MAX_LAG = timedelta(hours=1)  # How far creation stamps may be behind the clock.
# The equal job that shows a stopped job to be a duplicate may be too old for every step. It was
# created while the duplicate's POST was on its way, or seconds before.
_RIVALS = timedelta(minutes=5)
_NO_JOBS_BEFORE = datetime(2000, 1, 1, tzinfo=timezone.utc)
_MAX_FOREIGN_JOBS = 60  # With more in a list, it is read by configuration.
_FILTER_REFUSALS = frozenset([400, 414, 431])  # Responses to a filter that a tenant cannot take.
_MAX_REFUSALS = 3  # As many in a row, and the tenant takes no filters; fewer may pass.
_CONFIRMATIONS = 2  # More polls, if the first response had a time that is hard to believe.


class JobCache:
    """Reads the jobs of one tenant; later polls ask only for what may have changed."""

    def __init__(self, client: JobsClient, clock: Clock) -> None:
        self._client = client
        self.time = ServerClock(clock)
        client.on_server_time = self.time.observe
        self._jobs: dict[str, Job] = {}
        self._query: JobQuery | None = None
        self._read_until: datetime | None = None
        self._newest_listed: datetime | None = None
        self._refusals = 0

    def refresh(self, query: JobQuery, relevant: Iterable[Configuration] = ()) -> Snapshot:
        """Return the jobs that the query asks for, and every active one.

        `relevant` are the configurations whose jobs need a creation time. On a tenant that shows
        no history that costs some requests for each job, once. Raises InvalidResponseError if
        the tenant gives no way to find it.
        """
        query = replace(query, created_after=max(query.created_after, _NO_JOBS_BEFORE) - _RIVALS)
        unlisted = self._refresh_list(query)
        for _ in range(_CONFIRMATIONS):
            if self.time.is_unconfirmed:
                unlisted = self._refresh_list(query)
        while self._resolve_creation_times(set(relevant)):
            # Resolving creation times takes several requests, so read the list again.
            unlisted = self._refresh_list(query)
        now = self.time.now()
        self._read_until = now - self.time.uncertainty()
        return Snapshot(tuple(self._jobs.values()), now, unlisted, self.time.latest())

    def confirm(self, snapshot: Snapshot, configuration: Configuration, since: datetime) -> bool:
        """Return whether one request for one configuration shows the jobs of the snapshot.

        A tenant that takes no filters is not queried: its whole list was just read.
        """
        if not self._takes_filters:
            return True
        news = [
            job
            for job in self._read_configuration(configuration, since)
            if job.configuration == configuration
            and (job.created_at is None or job.created_at >= since)
            and ((known := snapshot.find(job.id)) is None or known.status != job.status)
        ]
        for job in news:
            self.remember(job)
        return not news

    def remember_launch(self, job: Job) -> None:
        """Remember the job in the response to a create of this run."""
        self.remember(job)
        if job.created_at is not None:
            self.time.measure(job.created_at)

    def remember(self, job: Job) -> None:
        """Remember a job that a response showed.

        The latest response counts: a PENDING job may show another time than its history later.
        """
        known = self._jobs.get(job.id)
        if job.created_at is None and known is not None:
            job = replace(job, created_at=known.created_at)
        self._jobs[job.id] = job
        if job.created_at is not None:
            self.time.observe_creation(job.created_at)

    def _refresh_list(self, query: JobQuery) -> frozenset[str]:
        """Remember what the list shows, and return the active jobs that it left out."""
        found = {job.id: job for job in self._read(self._next_query(query))}
        created = [job.created_at for job in found.values() if job.created_at is not None]
        self._newest_listed = max(filter(None, [*created, self._newest_listed]), default=None)
        known = [job.id for job in self._jobs.values() if job.is_active]
        missing = [self._get(job_id) for job_id in known if job_id not in found]
        for job in (*found.values(), *missing):
            self.remember(job)
        return frozenset(job.id for job in missing if job.is_active)

    def _next_query(self, query: JobQuery) -> JobQuery:
        if self._query is None or not self._query.covers(query) or self._read_until is None:
            self._query = query
            return query
        until = min(self._read_until, self.time.now())
        # Stamps may be behind the clock, but a new job's is not before the newest one listed.
        newest = self._newest_listed or query.created_after
        until = min(until, max(newest, until - _MAX_LAG))
        return JobQuery(max(query.created_after, until - _OVERLAP))

    @property
    def _takes_filters(self) -> bool:
        return self._refusals < _MAX_REFUSALS

    def _read(self, query: JobQuery) -> list[Job]:
        """Return the jobs of a query; all jobs, if the tenant refuses filters."""
        if not self._takes_filters:
            return self._client.list_jobs()
        try:
            jobs = self._read_filtered(query)
        except ApiError as error:
            _raise_unless_refused_filter(error)
        else:
            self._refusals = 0
            return jobs
        jobs = self._client.list_jobs()
        self._refusals += 1
        return jobs

    def _read_configuration(self, configuration: Configuration, since: datetime) -> list[Job]:
        """Return the jobs of one configuration, or more than those."""
        query = JobQuery(since, configurations=frozenset([configuration]))
        *_, filter_ = query.to_filters()
        if is_short(filter_):
            try:
                return self._client.list_jobs(filter_, max_pages=1)
            except ApiError as error:
                _raise_unless_refused_filter(error)
        return self._read(JobQuery(since))

    def _read_filtered(self, query: JobQuery) -> list[Job]:
        """Return the jobs of a query, read by configuration if other jobs are many."""
        jobs: dict[str, Job] = {}
        foreign_count = 0
        for page in self._client.read_pages(query.to_filter()):
            jobs.update((job.id, job) for job in page)
            foreign_count += sum(job.configuration not in query.configurations for job in page)
            if query.configurations and foreign_count > _MAX_FOREIGN_JOBS:
                return self._read_by_configuration(query)
        return list(jobs.values())

    def _read_by_configuration(self, query: JobQuery) -> list[Job]:
        filters = list(query.to_filters())
        try:
            if all(map(is_short, filters)):
                return [job for filter_ in filters for job in self._client.list_jobs(filter_)]
        except ApiError as error:
            _raise_unless_refused_filter(error)
        # An ID that the filter language cannot quote, or a very long one: read all jobs instead.
        return self._client.list_jobs(query.to_filter())

    def _get(self, job_id: str) -> Job:
        """Return a job that the list no longer shows; one that Tamr forgot stays as it was."""
        try:
            return self._client.get_job(job_id)
        except ApiError as error:
            if error.status != 404:
                raise
            return self._jobs[job_id]

    def _resolve_creation_times(self, relevant: set[Configuration]) -> bool:
        """Find creation times that no history shows; return whether that took requests."""
        undated = [
            job
            for job in self._jobs.values()
            # A PENDING job that shows no time will show one when it runs.
            if job.created_at is None and job.state != PENDING and job.configuration in relevant
        ]
        for job in undated:
            created_at = find_creation_time(self._client, job, self.time.now())
            if created_at is None:
                raise InvalidResponseError(
                    f"cannot determine when {job.id} was created (the tenant returns no history "
                    "and rejects creation-time filters), so earlier runs cannot be excluded. "
                    "Run: tamr doctor --tenant"
                )
            self._jobs[job.id] = replace(job, created_at=created_at)
        return bool(undated)


def _raise_unless_refused_filter(error: ApiError) -> None:
    if error.status not in _FILTER_REFUSALS:
        raise error
