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
    from datetime import datetime

    from tamr_provider.models import Configuration, Job

_OPEN_SECONDS = 15 * 60.0  # how long a request may be on its way before we forget it


@dataclass
class _Doubt:
    """Lost POSTs of one configuration; `until` is when another one may be sent.

    `before` are the equal jobs that were there already. `lost` counts the POSTs, `late`
    those whose job came when it was needed no more; at `open_until` they are forgotten.
    """

    before: set[str] = field(default_factory=set)
    lost: int = 0
    late: int = 0
    until: float = -math.inf
    open_until: float = -math.inf


class Doubts:
    """The lost POSTs of one runner; times are this machine's monotonic seconds."""

    def __init__(self) -> None:
        self._doubts: dict[Configuration, _Doubt] = {}

    def lost(
        self, configuration: Configuration, jobs: Sequence[Job], now: float, until: float
    ) -> None:
        """Note a POST that may have started a job, and the jobs listed before it was sent."""
        equal = {each.id for each in jobs if each.configuration == configuration}
        doubt = self._doubts.setdefault(configuration, _Doubt(before=equal))
        doubt.lost += 1
        doubt.until, doubt.open_until = until, now + _OPEN_SECONDS

    def unsent(self, configuration: Configuration, until: float) -> None:
        """Note a POST that certainly never arrived: only a pause before the next one."""
        self._doubts.setdefault(configuration, _Doubt()).until = until

    def until(self, configuration: Configuration) -> float:
        """Return when another POST of the configuration may be sent."""
        doubt = self._doubts.get(configuration)
        return doubt.until if doubt else -math.inf

    def duplicates(self, jobs: Sequence[Job], launched: Collection[str], now: float) -> list[Job]:
        """Return the jobs that a lost POST may have started although they were not needed by then.

        `launched` are the jobs whose answers arrived. Which of several strangers is ours cannot
        be told, but one that runs beside an earlier equal job is needless whoever started it. One
        that came when its equal had ended may be a person's wish: of those, as many as POSTs
        were lost.
        """
        found: list[Job] = []
        for configuration, doubt in self._doubts.items():
            if now > doubt.open_until or not doubt.lost:
                continue
            since = [
                each
                for each in jobs
                if each.configuration == configuration
                and each.id not in doubt.before
                and each.created_at is not None
            ]
            strangers = [each for each in since if each.active and each.id not in launched]
            for job in sorted(strangers, key=by_creation):
                earlier = [each for each in since if _makes_needless(each, job)]
                beside = any(_was_active_at(each, job.created_at) for each in earlier)
                if earlier and (beside or doubt.late < doubt.lost):
                    doubt.late += not beside
                    doubt.before.add(job.id)
                    found.append(job)
        return found


def _makes_needless(other: Job, job: Job) -> bool:
    return other.outcome not in (FAILED, STOPPED) and by_creation(other) < by_creation(job)


def _was_active_at(job: Job, moment: datetime | None) -> bool:
    return job.finished_at is None or (moment is not None and job.finished_at > moment)
