"""POSTs whose response was lost: each may still start a job, so the next one has to wait."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tamr_provider.models import Configuration, Job


@dataclass(frozen=True)
class _Unconfirmed:
    """A lost POST; `before` are the equal jobs that were there already."""

    before: frozenset[str]
    until: float


class UnconfirmedLaunches:
    """The lost POSTs of one runner; times are this machine's monotonic seconds."""

    def __init__(self) -> None:
        self._doubts: dict[Configuration, _Unconfirmed] = {}

    def lost(self, configuration: Configuration, jobs: Sequence[Job], until: float) -> None:
        """Note a POST that may have started a job, and the jobs listed before it was sent."""
        before = frozenset(job.id for job in jobs if job.configuration == configuration)
        self._doubts[configuration] = _Unconfirmed(before, until)

    def settle(self, jobs: Iterable[Job]) -> None:
        """Forget the POSTs whose job has appeared.

        The first equal job counts as theirs. Whatever appears later is never taken for ours: it
        cannot be told from a job of somebody else.
        """
        for job in jobs:
            doubt = self._doubts.get(job.configuration)
            if doubt is not None and job.id not in doubt.before:
                del self._doubts[job.configuration]

    def until(self, configuration: Configuration) -> float:
        """Return when another POST of the configuration may be sent."""
        doubt = self._doubts.get(configuration)
        return doubt.until if doubt else -math.inf
