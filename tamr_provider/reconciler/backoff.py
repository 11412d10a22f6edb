"""How long to send no POST after a 429."""

from __future__ import annotations

import math
import random

_MAX_SECONDS = 60.0


class Backoff:
    """Grows from one 429 to the next until a launch succeeds; times are monotonic seconds."""

    def __init__(self, first_seconds: float) -> None:
        self._first_seconds = first_seconds
        self._seconds = first_seconds
        self.until = -math.inf

    def record_rate_limit(self, now: float, retry_after: float | None) -> None:
        """Back off for a while, and for the server's `Retry-After` at least."""
        pause = self._seconds * random.uniform(0.75, 1.25)  # noqa: S311 - jitter
        self.until = now + max(pause, retry_after or 0)
        self._seconds = min(_MAX_SECONDS, self._seconds * 2)

    def record_launch(self) -> None:
        """Start again with the first pause."""
        self._seconds = self._first_seconds
