"""POSTs whose response was lost: each may still start a job, so the next one has to wait."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tamr_provider.models import Configuration, Job


@dataclass(frozen=True)
class _Unconfirmed:
    known_ids: frozenset[str]  # Of the equal jobs listed before the POST.
    until: float


class UnconfirmedLaunches:
    """The unconfirmed POSTs of one run; times are this machine's monotonic seconds."""

    def __init__(self) -> None:
        self._by_configuration: dict[Configuration, _Unconfirmed] = {}

    def record(self, configuration: Configuration, jobs: Iterable[Job], until: float) -> None:
        """Record a POST that may have started a job; `jobs` were listed before it was sent."""
        known_ids = frozenset(job.id for job in jobs if job.configuration == configuration)
        self._by_configuration[configuration] = _Unconfirmed(known_ids, until)

    def confirm(self, jobs: Iterable[Job]) -> None:
        """Forget the POSTs whose job has appeared.

        The first equal job counts as theirs. A later one does not: it may be another user's.
        """
        for job in jobs:
            launch = self._by_configuration.get(job.configuration)
            if launch is not None and job.id not in launch.known_ids:
                del self._by_configuration[job.configuration]

    def until(self, configuration: Configuration) -> float:
        """Return when another POST of the configuration may be sent."""
        launch = self._by_configuration.get(configuration)
        return launch.until if launch else -math.inf
