"""POSTs whose answer was lost: each may still start a job, long after we stopped waiting for it.

Such a job is told from others by what was known when the POST was sent: it is an equal job that
was not listed then, and that no answer gave us.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tamr_provider.decide import by_creation
from tamr_provider.models import FAILED, STOPPED

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from tamr_provider.models import Configuration, Job


@dataclass
class _Doubt:
    """Lost POSTs of one configuration; `until` is when another one may be sent.

    `before` are the equal jobs that were there already, `accounted` those found since.
    """

    before: set[str] = field(default_factory=set)
    accounted: set[str] = field(default_factory=set)
    lost: int = 0
    until: float = -math.inf


class Doubts:
    """The lost POSTs of one runner; times are this machine's monotonic seconds."""

    def __init__(self) -> None:
        self._doubts: dict[Configuration, _Doubt] = {}

    def lost(self, configuration: Configuration, jobs: Sequence[Job], until: float) -> None:
        """Note a POST that may have started a job, and the jobs listed before it was sent."""
        equal = {each.id for each in jobs if each.configuration == configuration}
        doubt = self._doubts.setdefault(configuration, _Doubt(before=equal))
        doubt.lost += 1
        doubt.until = until

    def unsent(self, configuration: Configuration, until: float) -> None:
        """Note a POST that certainly never arrived: only a pause before the next one."""
        self._doubts.setdefault(configuration, _Doubt()).until = until

    def until(self, configuration: Configuration) -> float:
        """Return when another POST of the configuration may be sent."""
        doubt = self._doubts.get(configuration)
        return doubt.until if doubt else -math.inf

    def duplicates(self, jobs: Sequence[Job], launched: Collection[str]) -> list[Job]:
        """Return the jobs that a lost POST started although an equal one was there by then.

        `launched` are the jobs whose answers arrived. Every job is accounted for once.
        """
        found: list[Job] = []
        for configuration, doubt in self._doubts.items():
            since = [
                each
                for each in jobs
                if each.configuration == configuration
                and each.id not in doubt.before
                and each.created_at is not None
            ]
            explained = doubt.accounted.union(launched)
            strangers = sorted((j for j in since if j.id not in explained), key=by_creation)
            for job in strangers[: doubt.lost]:
                doubt.lost -= 1
                doubt.accounted.add(job.id)
                if any(_makes_needless(each, job) for each in since):
                    found.append(job)
        return found


def _makes_needless(other: Job, job: Job) -> bool:
    return other.outcome not in (FAILED, STOPPED) and by_creation(other) < by_creation(job)
