"""The tenant's time: its `Date` header, compared with the creation times of its jobs.

Three clocks can differ on a tenant: that of the header, that of creations, and that of ends. A job
must be created at or after its step's not-before, so the clock of creations is the one that
counts. The end of a job says nothing about it.

A creation time in a response is past, so it is a lower bound of that clock. The response to our
own create shows it exactly. Until then it is assumed to be some seconds behind the header.
"""

from __future__ import annotations

import itertools
import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tamr_provider.clock import Clock

# How far creations may be behind the header, or behind this machine's clock if there is none. A
# larger difference shows when the first job is launched.
_MARGIN = timedelta(seconds=10)
_MARGIN_WITHOUT_HEADER = timedelta(minutes=1)
_DATE_PRECISION = timedelta(seconds=1)  # A Date has whole seconds.
_STEP_BACK = timedelta(seconds=2)  # Less is rounding, or a response that overtook another.
_CREDIBLE = timedelta(days=1)  # Limit of one Date or creation time, compared with other clocks.
_POSSIBLE = timedelta(days=365)  # Limit of Dates that agree: an emulator may be months ahead.
_AGREEING_DATES = 3


class Reading(NamedTuple):
    """A time of the tenant, and this machine's monotonic seconds when it arrived."""

    at: float
    time: datetime

    def at_local(self, at: float) -> datetime:
        """Return the tenant's time at another reading of this machine's clock."""
        return self.time + timedelta(seconds=at - self.at)


class ServerClock:
    """What is known about the tenant's time; safe to use from several threads.

    An emulator may run faster than this machine, so the rate is measured too. It is never below 1.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._first: Reading | None = None
        self._last: Reading | None = None
        self._observed_at = 0.0
        self._unconfirmed: list[Reading] = []
        self._created: Reading | None = None
        self._ahead: timedelta | None = None
        self._is_measured = False

    def observe(self, date: datetime) -> None:
        """Note the `Date` of a response, unless it is too far off to be believed alone."""
        with self._lock:
            reading = Reading(self._clock.monotonic(), date)
            if self._is_credible(reading):
                self._believe(reading)
                return
            self._unconfirmed = [*self._unconfirmed, reading][-_AGREEING_DATES:]
            self._believe_several_that_agree()

    def observe_creation(self, created: datetime) -> None:
        """Note a creation time in a response: the clock of creations is past it."""
        with self._lock:
            for reading in reversed(self._unconfirmed):
                if timedelta(0) <= reading.time - created <= _CREDIBLE:
                    self._believe(reading)
                    break
            now = self._clock.monotonic()
            if created - self._base(now) > _CREDIBLE:
                return
            seen = Reading(now, created)
            if self._created is None or created > self._created.at_local(now):
                self._created = seen
            ahead = self._ahead_of_base(seen)
            self._ahead = ahead if self._ahead is None else max(self._ahead, ahead)

    def measure(self, created: datetime) -> None:
        """Note the creation time of a job just launched: that clock's time now."""
        with self._lock:
            self._created = Reading(self._clock.monotonic(), created)
            self._ahead = self._ahead_of_base(self._created)
            self._is_measured = True

    def now(self) -> datetime:
        """Return the tenant's time; this machine's, if that is all that is known."""
        with self._lock:
            return self._now()

    def latest(self) -> datetime:
        """Return the latest of this machine's clock, the header's, and that of creations."""
        with self._lock:
            at = self._clock.monotonic()
            return max(self._clock.now(), self._base(at), self._created_by_now() or self._base(at))

    def uncertainty(self) -> timedelta:
        """Return how far before `now` a job launched now may be created."""
        with self._lock:
            if self._is_measured:
                return timedelta(0)
            now = self._now()
            passed = self._likely_created_by_now()
            certain = self._created_by_now()
            if certain is not None:
                passed = max(passed, certain)
            return max(timedelta(0), now - passed)

    def local_seconds(self, duration: timedelta) -> float:
        """Return how many seconds a duration of the tenant's time takes on this machine."""
        with self._lock:
            return max(0.0, duration.total_seconds()) / self._rate()

    def at_local_delay(self, seconds: float) -> datetime:
        """Return what the tenant's clock will show after `seconds` of this machine's."""
        with self._lock:
            return self._now() + timedelta(seconds=seconds * self._rate())

    @property
    def is_unconfirmed(self) -> bool:
        """Whether a Date arrived that the next responses may confirm."""
        with self._lock:
            return bool(self._unconfirmed) and self._is_possible()

    def knows_rate(self, seconds: float) -> bool:
        """Whether Dates span at least `seconds` of local time, so that the rate is usable.

        True also for a tenant that sends no Date.
        """
        with self._lock:
            return self._first is None or self._observed_at - self._first.at >= seconds

    def _is_credible(self, reading: Reading) -> bool:
        """Whether a Date is near this machine's clock, or near the tenant's earlier times."""
        times = [self._clock.now()]
        earlier = (self._last, self._created)
        times += [known.at_local(reading.at) for known in earlier if known is not None]
        return any(abs(reading.time - time) <= _CREDIBLE for time in times)

    def _believe(self, reading: Reading) -> None:
        self._unconfirmed = []
        if self._last is None:
            self._rebase(reading)
        elif reading.time < self._last.at_local(reading.at) - _STEP_BACK:
            # The clock was set back, or the Date before was wrong: forget what followed from it.
            self._created = None
            self._first = self._last = reading
        elif reading.time >= self._last.at_local(reading.at):
            self._last = reading
        self._observed_at = reading.at

    def _rebase(self, reading: Reading) -> None:
        """Use the header instead of this machine's clock; keep what was measured against that."""
        if self._ahead is not None:
            self._ahead += self._clock.now() - reading.time - _DATE_PRECISION
        self._first = self._last = reading

    def _believe_several_that_agree(self) -> None:
        if len(self._unconfirmed) < _AGREEING_DATES or not self._is_possible():
            return
        pairs = itertools.pairwise(self._unconfirmed)
        if all(earlier.at_local(later.at) - _STEP_BACK <= later.time for earlier, later in pairs):
            self._believe(self._unconfirmed[-1])

    def _is_possible(self) -> bool:
        here = self._clock.now()
        return all(abs(reading.time - here) <= _POSSIBLE for reading in self._unconfirmed)

    def _base(self, at: float) -> datetime:
        return self._clock.now() if self._last is None else self._last.at_local(at)

    def _ahead_of_base(self, created: Reading) -> timedelta:
        """Return the least that creations are ahead of the base."""
        precision = timedelta(0) if self._last is None else _DATE_PRECISION
        return created.time - self._base(created.at) - precision

    def _created_by_now(self) -> datetime | None:
        """Return a time that the clock of creations has certainly passed, None if unknown."""
        at = self._clock.monotonic()
        bounds = [] if self._created is None else [self._created.at_local(at)]
        if self._ahead is not None:
            bounds.append(self._base(at) + self._ahead)
        return max(bounds, default=None)

    def _now(self) -> datetime:
        base = self._base(self._clock.monotonic())
        created = self._created_by_now()
        if created is None:
            return base
        return created if self._is_measured else max(base, created)

    def _likely_created_by_now(self) -> datetime:
        """Return a time that the clock of creations has very likely passed."""
        margin = _MARGIN_WITHOUT_HEADER if self._last is None else _MARGIN
        return self._base(self._clock.monotonic()) - margin

    def _rate(self) -> float:
        if self._first is None or self._last is None or self._last.at <= self._first.at:
            return 1.0
        # The header has whole seconds, so the difference may be one second too long.
        tenant = (self._last.time - self._first.time - _DATE_PRECISION).total_seconds()
        return max(1.0, tenant / (self._last.at - self._first.at))
