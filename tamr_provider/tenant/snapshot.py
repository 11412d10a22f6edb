"""What a runner knows of its tenant: the jobs that matter, and the tenant's clock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from tamr_provider.client.list_filter import configurations_filter, group_configurations, is_short
from tamr_provider.errors import ApiError, InvalidResponseError
from tamr_provider.models import PENDING
from tamr_provider.tenant.creation_time import find_creation_time
from tamr_provider.tenant.server_clock import ServerClock
from tamr_provider.timestamps import format_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tamr_provider.client.jobs import JobsClient
    from tamr_provider.clock import Clock
    from tamr_provider.models import Configuration, Job

# A job that was created while an earlier answer was under way must not fall between two looks.
_OVERLAP = timedelta(minutes=5)
# A stopped job is known for the loser of a race by the equal one that it raced, which may be too
# old for every step. It was created while the loser's POST was on its way, or seconds before.
_RIVALS = timedelta(minutes=5)
_NO_JOBS_BEFORE = datetime(2000, 1, 1, tzinfo=timezone.utc)
_FOREIGN = 60  # jobs that nobody asked for, before a list is asked for by configuration
_TOGETHER = 25  # configurations in one filter
_TOO_MUCH = frozenset([400, 414, 431])  # what a tenant answers to a filter that it cannot take
_REFUSALS = 3  # as many in a row, and the tenant takes no filters; one may pass
_CONFIRMATIONS = 2  # polls more, if the first response told a time that is hard to believe


@dataclass(frozen=True)
class Snapshot:
    """The jobs that matter and the tenant's time, as one look showed them.

    `unlisted` are active jobs that we know of although the list left them out; `latest` is the
    latest of all clocks, ours too.
    """

    jobs: tuple[Job, ...]
    now: datetime
    unlisted: frozenset[str] = frozenset()
    latest: datetime | None = None

    @property
    def active(self) -> tuple[Job, ...]:
        """Every job on the tenant that may still be working."""
        return tuple(job for job in self.jobs if job.is_active)

    def find(self, job_id: str) -> Job | None:
        """Return a job by its id, None where it is not among those that matter."""
        return next((job for job in self.jobs if job.id == job_id), None) if job_id else None


@dataclass(frozen=True)
class JobQuery:
    """What a look has to cover besides every active job.

    Jobs created at or after `since`, and, where `ended` is set, those that ended at or after it.
    Where `wanted` names configurations, of the former only theirs matter.
    """

    since: datetime
    ended: datetime | None = None
    wanted: frozenset[Configuration] = frozenset()

    def covers(self, other: JobQuery) -> bool:
        """Whether nothing that the other wants is left out here."""
        wants_ended = other.ended is not None
        has_ended = self.ended is not None
        return (
            self.since <= other.since
            and (not wants_ended or (has_ended and self.ended <= other.ended))  # type: ignore[operator]
            and (not self.wanted or bool(other.wanted and other.wanted <= self.wanted))
        )

    def extended_to(self, moment: datetime) -> JobQuery:
        """Return a scope that also has what was created, or ended, at or after a moment."""
        ended = min(self.ended, moment) if self.ended is not None else moment
        return JobQuery(min(self.since, moment), ended)

    def filter(self) -> str:
        """Return it in the list's filter language.

        Creation and state are defined for every job. A stop time is not, so it is asked for only
        if the scope has an end, for buffers.
        """
        return " OR ".join([*self._recent(), f"({self._created()})"])

    def filters(self) -> Iterator[str]:
        """Yield several that together let the same through, without other configurations' jobs."""
        yield " OR ".join(self._recent())
        for group in group_configurations(sorted(self.wanted, key=str), _TOGETHER):
            yield f"{configurations_filter(*group)} AND ({self._created()})"

    def _recent(self) -> list[str]:
        parts = ["(status.state != DONE)"]
        if self.ended is not None:
            parts.append(f'(stop_time() AND (NOT stop_time() < "{format_timestamp(self.ended)}"))')
        return parts

    def _created(self) -> str:
        return f'NOT create_time() < "{format_timestamp(self.since)}"'


class JobCache:
    """Looks at one tenant; a look that follows another asks only for what may have changed."""

    def __init__(self, client: JobsClient, clock: Clock) -> None:
        self._client, self.time = client, ServerClock(clock)
        client.on_server_time = self.time.observe
        self._jobs: dict[str, Job] = {}
        self._query: JobQuery | None = None
        self._seen_until: datetime | None = None
        self._refusals = 0

    def refresh(self, query: JobQuery, relevant: Iterable[Configuration] = ()) -> Snapshot:
        """Return the jobs within the scope and every active one.

        `relevant` are the configurations whose jobs need a creation time; where a tenant shows
        no history it costs some requests each, once. Raises UnreadableError where there is no
        way to tell it.
        """
        query = replace(query, since=max(query.since, _NO_JOBS_BEFORE) - _RIVALS)
        unlisted = self._refresh_list(query)
        for _ in range(_CONFIRMATIONS):
            if self.time.is_in_doubt:
                unlisted = self._refresh_list(query)
        while self._resolve_creation_times(set(relevant)):
            # The dating took a while, in which others may have started something.
            unlisted = self._refresh_list(query)
        now = self.time.now()
        self._seen_until = now - self.time.uncertainty()
        return Snapshot(tuple(self._jobs.values()), now, unlisted, self.time.latest())

    def confirm(self, snapshot: Snapshot, configuration: Configuration, since: datetime) -> bool:
        """Ask for one configuration's jobs alone; return whether the view shows them as they are.

        One request. A tenant that takes no filters is not asked: it was just read as a whole.
        """
        if not self._takes_filters:
            return True
        news = [
            job
            for job in self._ask_for(configuration, since)
            if job.configuration == configuration
            and (job.created_at is None or job.created_at >= since)
            and ((known := snapshot.find(job.id)) is None or known.status != job.status)
        ]
        for job in news:
            self.remember(job)
        return not news

    def launched(self, job: Job) -> None:
        """Remember a job that our own create started a moment ago."""
        self.remember(job)
        if job.created_at is not None:
            self.time.measure(job.created_at)

    def _refresh_list(self, query: JobQuery) -> frozenset[str]:
        """Take in what the list shows, and return the active jobs that it left out."""
        found = {each.id: each for each in self._list(self._next_query(query))}
        known = [each.id for each in self._jobs.values() if each.is_active]
        missing = [self._get(each) for each in known if each not in found]
        for job in (*found.values(), *missing):
            self.remember(job)
        return frozenset(each.id for each in missing if each.is_active)

    def remember(self, job: Job) -> None:
        """Remember a job that another response showed.

        The latest response counts: a PENDING job may show another time than its history later.
        """
        known = self._jobs.get(job.id)
        if job.created_at is None and known is not None:
            job = replace(job, created_at=known.created_at)
        self._jobs[job.id] = job
        if job.created_at is not None:
            self.time.saw(job.created_at)

    def _next_query(self, query: JobQuery) -> JobQuery:
        if self._query is None or not self._query.covers(query) or self._seen_until is None:
            self._query = query
            return query
        until = min(self._seen_until, self.time.now())
        return JobQuery(max(query.since, until - _OVERLAP))

    def _list(self, ask: JobQuery) -> list[Job]:
        """Return what is asked for; everything, where the tenant refuses filters."""
        if not self._takes_filters:
            return self._client.list_jobs()
        try:
            jobs = self._read(ask)
        except ApiError as error:
            if error.status not in _TOO_MUCH:
                raise
        else:
            self._refusals = 0
            return jobs
        jobs = self._client.list_jobs()
        self._refusals += 1
        return jobs

    @property
    def _takes_filters(self) -> bool:
        return self._refusals < _REFUSALS

    def _ask_for(self, configuration: Configuration, since: datetime) -> list[Job]:
        """Return what the list shows of one configuration, or more than that."""
        ask = JobQuery(since, wanted=frozenset([configuration]))
        *_, filter_ = ask.filters()
        if is_short(filter_):
            try:
                return self._client.list_jobs(filter_, max_pages=1)
            except ApiError as error:
                if error.status not in _TOO_MUCH:
                    raise
        return self._list(JobQuery(since))

    def _read(self, ask: JobQuery) -> list[Job]:
        """Return what is asked for, by configuration where jobs that nobody wants are many."""
        jobs: dict[str, Job] = {}
        foreign = 0
        for page in self._client.read_pages(ask.filter()):
            jobs.update((job.id, job) for job in page)
            foreign += sum(job.configuration not in ask.wanted for job in page)
            if ask.wanted and foreign > _FOREIGN:
                return self._read_by_configuration(ask)
        return list(jobs.values())

    def _read_by_configuration(self, ask: JobQuery) -> list[Job]:
        filters = list(ask.filters())
        try:
            if all(map(is_short, filters)):
                return [job for filter_ in filters for job in self._client.list_jobs(filter_)]
        except ApiError as error:
            if error.status not in _TOO_MUCH:
                raise
        # An id that the filter language cannot quote, or a very long one: then rather all of them.
        return self._client.list_jobs(ask.filter())

    def _get(self, job_id: str) -> Job:
        """Return a job that the list no longer shows; one that Tamr forgot stays as it was."""
        try:
            return self._client.get_job(job_id)
        except ApiError as error:
            if error.status != 404:
                raise
            return self._jobs[job_id]

    def _resolve_creation_times(self, relevant: set[Configuration]) -> bool:
        """Find out when jobs were created whose history is not shown; return whether it asked."""
        undated = [
            each
            for each in self._jobs.values()
            # A PENDING job that shows no time will show one when it runs.
            if each.created_at is None and each.state != PENDING and each.configuration in relevant
        ]
        for job in undated:
            created = find_creation_time(self._client, job, self.time.now())
            if created is None:
                raise InvalidResponseError(
                    f"there is no way to tell when {job.id} was created: the tenant shows no "
                    "history of it and its list cannot be asked by creation time, so a new "
                    "run cannot be told from an old one; see: tamr doctor --tenant"
                )
            self._jobs[job.id] = replace(job, created_at=created)
        return bool(undated)
