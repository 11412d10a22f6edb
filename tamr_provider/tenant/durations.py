"""How long a configuration's jobs take, measured on the tenant's earlier successes."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tamr_provider.client.jobs import PAGE_SIZE
from tamr_provider.client.list_filter import configurations_filter, group_configurations, is_short
from tamr_provider.errors import ApiError, TenantUnavailableError
from tamr_provider.models import SUCCEEDED, Configuration
from tamr_provider.timestamps import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tamr_provider.client.jobs import JobsClient
    from tamr_provider.decision.steps import Phases
    from tamr_provider.models import Job

_MIN_SAMPLES = 3
_MAX_SAMPLES = 10  # Enough for the percentiles.
_CONFIGURATIONS_PER_FILTER = 15
_TRIES = 3  # A run must not wait long for an estimate.
# z(0.99) / (z(0.90) - z(0.10)) of a normal distribution: from the 10-90 band to the 1st percentile.
_FIRST_PERCENTILE_SCALE = 2.326 / 2.563
_UNKNOWN_DURATION = timedelta(hours=1)  # Only the order of the queue depends on it.
_MIN_SECONDS = 0.001  # The tenant's times have milliseconds.


@dataclass(frozen=True)
class DurationStats:
    """The median and the 10th and 90th percentile of at least three earlier durations."""

    median: timedelta
    tenth: timedelta
    ninetieth: timedelta

    @property
    def earliest(self) -> timedelta:
        """The first percentile, estimated for a log-normal distribution."""
        spread: float = (self.tenth / self.ninetieth) ** _FIRST_PERCENTILE_SCALE
        return min(self.tenth, self.median * spread)

    def __str__(self) -> str:
        """Format as `typically 45m, 9 in 10 within 1h10m`."""
        within = format_duration(self.ninetieth)
        return f"typically {format_duration(self.median)}, 9 in 10 within {within}"


class Durations:
    """The statistics of one tenant, queried once for each configuration, many at a time."""

    def __init__(self, client: JobsClient) -> None:
        self._client = client
        self._known: dict[Configuration, DurationStats | None] = {}

    def learn(self, configurations: Iterable[Configuration]) -> bool:
        """Query the tenant for those not queried yet; return whether that took requests."""
        new = [
            configuration
            for configuration in dict.fromkeys(configurations)
            if configuration not in self._known
        ]
        for group in group_configurations(new, _CONFIGURATIONS_PER_FILTER):
            self._known.update(_query(self._client, group))
        return bool(new)

    def of(self, configuration: Configuration) -> DurationStats | None:
        """Return what `learn` found, None if there is too little data."""
        return self._known.get(configuration)

    def of_path(self, path: Phases) -> timedelta:
        """Return how long phases take: the sum of the longest job of each phase."""
        longest = [max(map(self._median, phase)) for phase in path if phase]
        return sum(longest, start=timedelta(0))

    def _median(self, configuration: Configuration) -> timedelta:
        usual = self.of(configuration)
        return usual.median if usual else _UNKNOWN_DURATION


def usual_duration(client: JobsClient, configuration: Configuration) -> DurationStats | None:
    """Return the statistics of the newest 30 successes, None for fewer than three. One request."""
    return _query(client, (configuration,))[configuration]


def _query(
    client: JobsClient, configurations: tuple[Configuration, ...]
) -> dict[Configuration, DurationStats | None]:
    """Return the statistics: one request for three configurations, one more for each rare one."""
    found: dict[Configuration, dict[str, Job]] = {
        configuration: {} for configuration in configurations
    }
    if not is_short(successes_filter(*configurations)):
        return dict.fromkeys(configurations)
    try:
        is_complete = _fill(client, found)
    except TenantUnavailableError:
        return dict.fromkeys(configurations)
    except ApiError:
        is_complete = False  # An ID that the filter language cannot quote loses only its own.
    usual = {configuration: usual_of(jobs.values()) for configuration, jobs in found.items()}
    if not is_complete and len(configurations) > 1:
        for configuration in [name for name, stats in usual.items() if stats is None]:
            usual[configuration] = usual_duration(client, configuration)
    return usual


def _fill(client: JobsClient, found: dict[Configuration, dict[str, Job]]) -> bool:
    """Read the newest successes until all have enough; return whether the list ended."""
    max_pages = -(-len(found) * _MAX_SAMPLES // PAGE_SIZE)
    pages = client.read_pages(successes_filter(*found), _TRIES)
    for number, page in enumerate(pages, start=1):
        for job in page:
            if job.configuration in found:
                found[job.configuration][job.id] = job
        if number == max_pages or all(len(jobs) >= _MAX_SAMPLES for jobs in found.values()):
            return len(page) < PAGE_SIZE
    return True


def successes_filter(*configurations: Configuration) -> str:
    """Return the list filter for the successes of some configurations."""
    return (
        f"{configurations_filter(*configurations)} AND (status.state = DONE) AND (NOT status:error)"
    )


def usual_of(jobs: Iterable[Job]) -> DurationStats | None:
    """Return the statistics of one configuration's jobs, None for fewer than three successes.

    Percentiles are taken of the logarithms, because durations spread by factors.
    """
    logs = [
        math.log(max(_MIN_SECONDS, job.duration.total_seconds()))
        for job in jobs
        if job.outcome == SUCCEEDED and job.duration is not None
    ]
    if len(logs) < _MIN_SAMPLES:
        return None
    tenths = statistics.quantiles(logs, n=10)
    known = (statistics.median(logs), tenths[0], tenths[-1])
    return DurationStats(*(timedelta(seconds=round(math.exp(log), 3)) for log in known))
