"""The tenant's time: its `Date` header, measured against the creation stamps of its jobs.

Three clocks can differ on a tenant: the one of the header, the one that stamps a creation, and the
one that stamps an end. A job that is launched now has to be created at or after its step's
not-before, so the clock of creations is the one that counts. The end of a job says nothing of it.

A creation that a response shows is past, so it bounds that clock from below. The response to our
own create tells it exactly. Before that, it is taken to be some seconds behind the header.
"""

from __future__ import annotations

import itertools
import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tamr_provider.clock import Clock

# How far creations may be behind the header, or behind this machine's clock if there is none. What
# is further behind shows when the first job is launched.
_MARGIN = timedelta(seconds=10)
_MARGIN_WITHOUT_HEADER = timedelta(minutes=1)
_DATE_PRECISION = timedelta(seconds=1)  # a Date has whole seconds
_STEP_BACK = timedelta(seconds=2)  # less is the whole second, or a response that overtook another
_CREDIBLE = timedelta(days=1)  # of a single Date or stamp, from what is known otherwise
_POSSIBLE = timedelta(days=365)  # of several Dates that agree; an emulator may be months ahead
_AGREEING_DATES = 3


class Reading(NamedTuple):
    """A moment of the tenant, and this machine's monotonic seconds when it arrived."""

    at: float
    moment: datetime

    def by(self, at: float) -> datetime:
        """Return the moment moved on to a later reading of this machine's clock."""
        return self.moment + timedelta(seconds=at - self.at)


class ServerClock:
    """What is known of the tenant's time; safe to use from several threads.

    An emulator may run faster than we do, so the rate is measured too; a tenant never runs
    slower than 1.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._first: Reading | None = None
        self._last: Reading | None = None
        self._heard_at = 0.0
        self._doubted: list[Reading] = []
        self._created: Reading | None = None
        self._ahead: timedelta | None = None
        self._is_measured = False

    def observe(self, date: datetime) -> None:
        """Note the `Date` of a response, unless it is too wild to be believed alone."""
        with self._lock:
            heard = Reading(self._clock.monotonic(), date)
            if self._is_credible(heard):
                self._believe(heard)
                return
            self._doubted = [*self._doubted, heard][-_AGREEING_DATES:]
            self._believe_several_that_agree()

    def saw(self, created: datetime) -> None:
        """Note a creation that a list showed: the clock of creations is past it."""
        with self._lock:
            for doubted in reversed(self._doubted):
                if timedelta(0) <= doubted.moment - created <= _CREDIBLE:
                    self._believe(doubted)
                    break
            now = self._clock.monotonic()
            if created - self._base(now) > _CREDIBLE:
                return
            seen = Reading(now, created)
            if self._created is None or created > self._created.by(now):
                self._created = seen
            ahead = self._ahead_of_base(seen)
            self._ahead = ahead if self._ahead is None else max(self._ahead, ahead)

    def measure(self, created: datetime) -> None:
        """Note the creation of a job that was launched a moment ago: that clock's very time."""
        with self._lock:
            self._created = Reading(self._clock.monotonic(), created)
            self._ahead = self._ahead_of_base(self._created)
            self._is_measured = True

    def now(self) -> datetime:
        """Return the tenant's time; this machine's if nothing better is known."""
        with self._lock:
            return self._now()

    def latest(self) -> datetime:
        """Return the latest of all clocks: this machine's, the header's, that of creations."""
        with self._lock:
            at = self._clock.monotonic()
            return max(self._clock.now(), self._base(at), self._created_by_now() or self._base(at))

    def uncertainty(self) -> timedelta:
        """Return by how much the creation of a job launched now might be before `now`."""
        with self._lock:
            if self._is_measured:
                return timedelta(0)
            now, surely = self._now(), self._guess()
            certain = self._created_by_now()
            surely = surely if certain is None else max(surely, certain)
            return max(timedelta(0), now - surely)

    def local_seconds(self, length: timedelta) -> float:
        """Return how long a length of the tenant's time takes here."""
        with self._lock:
            return max(0.0, length.total_seconds()) / self._rate()

    def at_local_delay(self, seconds: float) -> datetime:
        """Return what the tenant's clock will show after so many seconds here."""
        with self._lock:
            return self._now() + timedelta(seconds=seconds * self._rate())

    @property
    def is_in_doubt(self) -> bool:
        """Whether a Date came that the next responses may confirm."""
        with self._lock:
            return bool(self._doubted) and self._is_possible()

    def knows_rate(self, seconds: float) -> bool:
        """Whether it was heard for so many seconds here, or tells no time at all."""
        with self._lock:
            return self._first is None or self._heard_at - self._first.at >= seconds

    def _is_credible(self, heard: Reading) -> bool:
        """Whether a Date is near this machine's clock, or near what the tenant told before."""
        near = [self._clock.now()]
        told = (self._last, self._created)
        near += [reading.by(heard.at) for reading in told if reading is not None]
        return any(abs(heard.moment - moment) <= _CREDIBLE for moment in near)

    def _believe(self, heard: Reading) -> None:
        self._doubted = []
        if self._last is None:
            self._rebase(heard)
        elif heard.moment < self._last.by(heard.at) - _STEP_BACK:
            # It was set back, or the one before was wrong; what was concluded from it is void.
            self._created = None
            self._first = self._last = heard
        elif heard.moment >= self._last.by(heard.at):
            self._last = heard
        self._heard_at = heard.at

    def _rebase(self, heard: Reading) -> None:
        """Take the header for this machine's clock, and keep what was measured against that."""
        if self._ahead is not None:
            self._ahead += self._clock.now() - heard.moment - _DATE_PRECISION
        self._first = self._last = heard

    def _believe_several_that_agree(self) -> None:
        if len(self._doubted) < _AGREEING_DATES or not self._is_possible():
            return
        pairs = itertools.pairwise(self._doubted)
        if all(earlier.by(later.at) - _STEP_BACK <= later.moment for earlier, later in pairs):
            self._believe(self._doubted[-1])

    def _is_possible(self) -> bool:
        here = self._clock.now()
        return all(abs(reading.moment - here) <= _POSSIBLE for reading in self._doubted)

    def _base(self, at: float) -> datetime:
        return self._clock.now() if self._last is None else self._last.by(at)

    def _ahead_of_base(self, created: Reading) -> timedelta:
        """Return how far creations are ahead of the base, at least."""
        precision = timedelta(0) if self._last is None else _DATE_PRECISION
        return created.moment - self._base(created.at) - precision

    def _created_by_now(self) -> datetime | None:
        """Return a moment that the clock of creations has certainly passed, None if unknown."""
        at = self._clock.monotonic()
        bounds = [] if self._created is None else [self._created.by(at)]
        if self._ahead is not None:
            bounds.append(self._base(at) + self._ahead)
        return max(bounds, default=None)

    def _now(self) -> datetime:
        base, created = self._base(self._clock.monotonic()), self._created_by_now()
        if created is None:
            return base
        return created if self._is_measured else max(base, created)

    def _guess(self) -> datetime:
        """Return what the clock of creations has passed in all likelihood."""
        margin = _MARGIN_WITHOUT_HEADER if self._last is None else _MARGIN
        return self._base(self._clock.monotonic()) - margin

    def _rate(self) -> float:
        if self._first is None or self._last is None or self._last.at <= self._first.at:
            return 1.0
        # The header has whole seconds, so up to one of them may be an illusion.
        tenant = (self._last.moment - self._first.moment - _DATE_PRECISION).total_seconds()
        return max(1.0, tenant / (self._last.at - self._first.at))
