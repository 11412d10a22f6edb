"""How long a configuration's jobs usually take, from the tenant's own earlier successes."""

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

_ENOUGH = 3  # fewer say nothing about what is usual
_PLENTY = 10  # as many tell their percentiles well enough
_TOGETHER = 15  # configurations in one filter
_TRIES = 3  # no run has to wait for an estimate
_HUNDREDTH_OVER_BAND = 2.326 / 2.563  # from the median, and from the tenth to the ninetieth
_UNKNOWN = timedelta(hours=1)  # only the order of the queue depends on it
_SHORTEST = 0.001  # seconds; the tenant's times have milliseconds


@dataclass(frozen=True)
class DurationStats:
    """The median and the 10th and 90th percentile of at least three earlier durations."""

    median: timedelta
    tenth: timedelta
    ninetieth: timedelta

    @property
    def earliest(self) -> timedelta:
        """What one in a hundred falls short of, as far as the logarithms spread normally."""
        spread: float = (self.tenth / self.ninetieth) ** _HUNDREDTH_OVER_BAND
        return min(self.tenth, self.median * spread)

    def __str__(self) -> str:
        """Say it for people: `usually 45m, 9 in 10 within 1h10m`."""
        within = format_duration(self.ninetieth)
        return f"usually {format_duration(self.median)}, 9 in 10 within {within}"


class Durations:
    """What is usual on one tenant, asked once for each configuration, and for many at a time."""

    def __init__(self, client: JobsClient) -> None:
        self._client = client
        self._known: dict[Configuration, DurationStats | None] = {}

    def learn(self, configurations: Iterable[Configuration]) -> bool:
        """Ask for those not asked for yet; return whether there were any."""
        new = [
            configuration
            for configuration in dict.fromkeys(configurations)
            if configuration not in self._known
        ]
        for group in group_configurations(new, _TOGETHER):
            self._known.update(_ask(self._client, group))
        return bool(new)

    def of(self, configuration: Configuration) -> DurationStats | None:
        """Return what is usual as far as it was learnt, None where unknown."""
        return self._known.get(configuration)

    def of_path(self, path: Phases) -> timedelta:
        """Return how long phases take, each as its longest job; an unknown one counts an hour."""
        longest = [max(self._length(each) for each in part) for part in path if part]
        return sum(longest, start=timedelta(0))

    def _length(self, configuration: Configuration) -> timedelta:
        usual = self.of(configuration)
        return usual.median if usual else _UNKNOWN


def usual_duration(client: JobsClient, configuration: Configuration) -> DurationStats | None:
    """Return what is usual, or None where fewer than three successes are listed.

    One request: the newest 30 successes, created to finished.
    """
    return _ask(client, (configuration,))[configuration]


def _ask(
    client: JobsClient, configurations: tuple[Configuration, ...]
) -> dict[Configuration, DurationStats | None]:
    """Return what is usual: a request for three configurations, and one more for each rare one."""
    found: dict[Configuration, dict[str, Job]] = {
        configuration: {} for configuration in configurations
    }
    if not is_short(successes_filter(*configurations)):
        return dict.fromkeys(configurations)
    try:
        complete = _fill(client, found)
    except TenantUnavailableError:
        return dict.fromkeys(configurations)
    except ApiError:
        complete = False  # an id that the filter language cannot quote costs its own estimate only
    usual = {each: usual_of(jobs.values()) for each, jobs in found.items()}
    if not complete and len(configurations) > 1:
        unknown = [each for each, known in usual.items() if known is None]
        usual.update((each, usual_duration(client, each)) for each in unknown)
    return usual


def _fill(client: JobsClient, found: dict[Configuration, dict[str, Job]]) -> bool:
    """Read the newest successes until each has enough; return whether those were all."""
    most = -(-len(found) * _PLENTY // PAGE_SIZE)
    pages = client.read_pages(successes_filter(*found), _TRIES)
    for number, page in enumerate(pages, start=1):
        for job in page:
            if job.configuration in found:
                found[job.configuration][job.id] = job
        if number == most or all(len(jobs) >= _PLENTY for jobs in found.values()):
            return len(page) < PAGE_SIZE
    return True


def successes_filter(*configurations: Configuration) -> str:
    """Return what asks the list for the successes of some configurations."""
    return (
        f"{configurations_filter(*configurations)} AND (status.state = DONE) AND (NOT status:error)"
    )


def usual_of(jobs: Iterable[Job]) -> DurationStats | None:
    """Return what is usual among jobs of one configuration, or None for fewer than three successes.

    Percentiles are taken of the logarithms: durations spread by factors, and a few of them say
    more about the tails that way.
    """
    logs = [
        math.log(max(_SHORTEST, (job.finished_at - job.created_at).total_seconds()))
        for job in jobs
        if job.outcome == SUCCEEDED and job.finished_at is not None and job.created_at is not None
    ]
    if len(logs) < _ENOUGH:
        return None
    tenths = statistics.quantiles(logs, n=10)
    return DurationStats(_length(statistics.median(logs)), _length(tenths[0]), _length(tenths[-1]))


def _length(log: float) -> timedelta:
    return timedelta(seconds=round(math.exp(log), 3))
