"""What a runner knows of its tenant: the jobs that matter, and the tenant's clock."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tamr_provider.creation import find_creation
from tamr_provider.errors import RefusedError, UnreadableError
from tamr_provider.filters import any_of
from tamr_provider.times import format_moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tamr_provider.client.jobs import Client
    from tamr_provider.clock import Clock
    from tamr_provider.models import Configuration, Job

# A job that was created while an earlier answer was under way must not fall between two looks.
_OVERLAP = timedelta(minutes=5)
_FOREIGN = 60  # jobs that nobody asked for, before a list is asked for by configuration
_TOGETHER = 25  # configurations in one filter: an address of some 4,000 characters


@dataclass(frozen=True)
class View:
    """The jobs that matter and the tenant's time, as one look showed them.

    `unlisted` are active jobs that we know of although the list left them out.
    """

    jobs: tuple[Job, ...]
    now: datetime
    unlisted: frozenset[str] = frozenset()

    @property
    def active(self) -> tuple[Job, ...]:
        """Every job on the tenant that may still be working."""
        return tuple(each for each in self.jobs if each.active)

    def find(self, job_id: str) -> Job | None:
        """Return a job by its id, None where it is not among those that matter."""
        return next((each for each in self.jobs if each.id == job_id), None) if job_id else None


@dataclass(frozen=True)
class Scope:
    """What a look has to cover besides every active job.

    Jobs created at or after `since`, and, where `ended` is set, those that ended at or after it.
    Where `wanted` names configurations, of the former only theirs matter.
    """

    since: datetime
    ended: datetime | None = None
    wanted: frozenset[Configuration] = frozenset()

    def covers(self, other: Scope) -> bool:
        """Whether nothing that the other wants is left out here."""
        wants_ended = other.ended is not None
        has_ended = self.ended is not None
        return (
            self.since <= other.since
            and (not wants_ended or (has_ended and self.ended <= other.ended))  # type: ignore[operator]
            and (not self.wanted or bool(other.wanted and other.wanted <= self.wanted))
        )

    def reaching(self, moment: datetime) -> Scope:
        """Return a scope that also has what was created, or ended, at or after a moment."""
        ended = min(self.ended, moment) if self.ended is not None else moment
        return Scope(min(self.since, moment), ended)

    def filter(self) -> str:
        """Return it in the list's filter language.

        Creation and state are defined for every job. A stop time is not, so it is asked for only
        if the scope has an end, for buffers.
        """
        return " OR ".join([*self._recent(), f"({self._created()})"])

    def filters(self) -> Iterator[str]:
        """Yield several that together let the same through, without other configurations' jobs."""
        yield " OR ".join(self._recent())
        wanted = sorted(self.wanted, key=str)
        for start in range(0, len(wanted), _TOGETHER):
            yield f"{any_of(*wanted[start : start + _TOGETHER])} AND ({self._created()})"

    def _recent(self) -> list[str]:
        parts = ["(status.state != DONE)"]
        if self.ended is not None:
            parts.append(f'(stop_time() AND (NOT stop_time() < "{format_moment(self.ended)}"))')
        return parts

    def _created(self) -> str:
        return f'NOT create_time() < "{format_moment(self.since)}"'


class TenantClock:
    """The tenant's time, from the `Date` of its answers and the times in its jobs.

    An emulator may run faster than we do, so the rate is measured too; a tenant never runs
    slower than 1.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._first: tuple[float, datetime] | None = None
        self._last: tuple[float, datetime] | None = None
        self._heard_at = 0.0

    def hear(self, moment: datetime) -> None:
        """Note a moment that is certainly past on the tenant."""
        with self._lock:
            heard = (self._clock.monotonic(), moment)
            self._first, self._heard_at = self._first or heard, heard[0]
            if self._last is None or moment >= self._now():
                self._last = heard

    def now(self) -> datetime:
        """Return the tenant's time, our own where it never told one; never ahead of it by much."""
        with self._lock:
            return self._now()

    def local_seconds(self, length: timedelta) -> float:
        """Return how long a length of the tenant's time takes here."""
        with self._lock:
            return max(0.0, length.total_seconds()) / self._rate()

    def in_local_seconds(self, seconds: float) -> datetime:
        """Return what the tenant's clock will show after so many seconds here."""
        with self._lock:
            return self._now() + timedelta(seconds=seconds * self._rate())

    def heard_for(self, seconds: float) -> bool:
        """Whether it was heard for so many seconds here, so that its rate is known."""
        with self._lock:
            return self._first is not None and self._heard_at - self._first[0] >= seconds

    def _now(self) -> datetime:
        if self._last is None:
            return self._clock.now()
        at, moment = self._last
        return moment + timedelta(seconds=self._clock.monotonic() - at)

    def _rate(self) -> float:
        if self._first is None or self._last is None or self._last[0] <= self._first[0]:
            return 1.0
        # The header has whole seconds, so up to one of them may be an illusion.
        tenant = (self._last[1] - self._first[1]).total_seconds() - 1
        return max(1.0, tenant / (self._last[0] - self._first[0]))


class Viewer:
    """Looks at one tenant; a look that follows another asks only for what may have changed."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client, self.time = client, TenantClock(clock)
        client.heard = self.time.hear
        self._jobs: dict[str, Job] = {}
        self._scope: Scope | None = None
        self._seen_until: datetime | None = None
        self._filters = True

    def look(self, scope: Scope, relevant: Iterable[Configuration] = ()) -> View:
        """Return the jobs within the scope and every active one.

        `relevant` are the configurations whose jobs need a creation time; where a tenant shows
        no history it costs some requests each, once. Raises UnreadableError where there is no
        way to tell it.
        """
        unlisted = self._list_anew(scope)
        while self._date(set(relevant)):
            # The dating took a while, in which others may have started something.
            unlisted = self._list_anew(scope)
        self._seen_until = self.time.now()
        return View(tuple(self._jobs.values()), self._seen_until, unlisted)

    def _list_anew(self, scope: Scope) -> frozenset[str]:
        """Take in what the list shows, and return the active jobs that it left out."""
        found = {each.id: each for each in self._list(self._what_to_ask(scope))}
        known = [each.id for each in self._jobs.values() if each.active]
        missing = [self._get(each) for each in known if each not in found]
        for job in (*found.values(), *missing):
            self.note(job)
        return frozenset(each.id for each in missing if each.active)

    def note(self, job: Job) -> None:
        """Remember a job that another answer showed."""
        known = self._jobs.get(job.id)
        if known is not None and known.created_at is not None:
            job = replace(job, created_at=known.created_at)
        self._jobs[job.id] = job
        for moment in (job.created_at, job.status.since):
            if moment is not None:
                self.time.hear(moment)

    def _what_to_ask(self, scope: Scope) -> Scope:
        if self._scope is None or not self._scope.covers(scope) or self._seen_until is None:
            self._scope = scope
            return scope
        return Scope(max(scope.since, self._seen_until - _OVERLAP))

    def _list(self, ask: Scope) -> list[Job]:
        """Return what is asked for; everything, where the tenant refuses filters."""
        if not self._filters:
            return self._client.list_jobs()
        try:
            return self._read(ask)
        except RefusedError as error:
            if error.status != 400:
                raise
        jobs = self._client.list_jobs()
        self._filters = False
        return jobs

    def _read(self, ask: Scope) -> list[Job]:
        """Return what is asked for, by configuration where jobs that nobody wants are many."""
        jobs: dict[str, Job] = {}
        foreign = 0
        for page in self._client.pages(ask.filter()):
            jobs.update((job.id, job) for job in page)
            foreign += sum(job.configuration not in ask.wanted for job in page)
            if ask.wanted and foreign > _FOREIGN:
                return self._read_by_configuration(ask)
        return list(jobs.values())

    def _read_by_configuration(self, ask: Scope) -> list[Job]:
        try:
            return [job for each in ask.filters() for job in self._client.list_jobs(each)]
        except RefusedError as error:
            if error.status != 400:
                raise
        # An id that the filter language cannot quote: then rather all of them.
        return self._client.list_jobs(ask.filter())

    def _get(self, job_id: str) -> Job:
        """Return a job that the list no longer shows; one that Tamr forgot stays as it was."""
        try:
            return self._client.get_job(job_id)
        except RefusedError as error:
            if error.status != 404:
                raise
            return self._jobs[job_id]

    def _date(self, relevant: set[Configuration]) -> bool:
        """Find out when jobs were created whose history is not shown; return whether it asked."""
        undated = [
            each
            for each in self._jobs.values()
            if each.created_at is None and each.configuration in relevant
        ]
        for job in undated:
            created = find_creation(self._client, job, self.time.now())
            if created is None:
                raise UnreadableError(
                    f"there is no way to tell when {job.id} was created: the tenant shows no "
                    "history of it and its list cannot be asked by creation time, so a new "
                    "run cannot be told from an old one; see: tamr doctor --tenant"
                )
            self._jobs[job.id] = replace(job, created_at=created)
        return bool(undated)
