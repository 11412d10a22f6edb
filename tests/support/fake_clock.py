"""A clock whose time moves only when somebody waits."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

START = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)


class FakeClock:
    """Time as an argument: `wait` is the only thing that makes it pass.

    `skew` is how far this machine's wall clock is ahead of `true_now`, the tenant's.
    """

    def __init__(self, skew: timedelta = timedelta(0)) -> None:
        self.elapsed, self.skew = 0.0, skew
        self.waits: list[float] = []
        self.at_wait: Callable[[], None] = lambda: None

    def true_now(self) -> datetime:
        return START + timedelta(seconds=self.elapsed)

    def now(self) -> datetime:
        return self.true_now() + self.skew

    def monotonic(self) -> float:
        return self.elapsed

    def wait(self, event: threading.Event, seconds: float) -> bool:
        self.at_wait()
        if not event.is_set():
            self.waits.append(seconds)
            self.elapsed += seconds
        return event.is_set()
