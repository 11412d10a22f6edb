"""How long a configuration's jobs usually take, from the tenant's own earlier successes."""

from __future__ import annotations

import math
import re
import statistics
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tamr_provider.errors import RefusedError
from tamr_provider.models import SUCCEEDED, Configuration
from tamr_provider.times import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tamr_provider.client.jobs import Client
    from tamr_provider.models import Job

_ENOUGH = 3  # fewer say nothing about what is usual
_SHORTEST = 0.001  # seconds; the tenant's times have milliseconds


@dataclass(frozen=True)
class Usual:
    """The median and the 10th and 90th percentile of at least three earlier durations."""

    median: timedelta
    tenth: timedelta
    ninetieth: timedelta

    def __str__(self) -> str:
        """Say it for people: `usually 45m, 9 in 10 within 1h10m`."""
        within = format_duration(self.ninetieth)
        return f"usually {format_duration(self.median)}, 9 in 10 within {within}"


def usual_duration(client: Client, configuration: Configuration) -> Usual | None:
    """Return what is usual, or None where fewer than three successes are listed.

    One request: the newest 30 successes, created to finished.
    """
    try:
        jobs = client.list_jobs(successes_filter(configuration), pages=1)
    except RefusedError:
        return None  # an id that the filter language cannot quote costs the estimate, no more
    return usual_of(job for job in jobs if job.configuration == configuration)


def successes_filter(configuration: Configuration) -> str:
    """Return what asks the list for a configuration's successes."""
    wanted = " AND ".join(f"({part})" for part in _same(configuration))
    return f"{wanted} AND (status.state = DONE) AND (NOT status:error)"


def usual_of(jobs: Iterable[Job]) -> Usual | None:
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
    return Usual(_length(statistics.median(logs)), _length(tenths[0]), _length(tenths[-1]))


def _length(log: float) -> timedelta:
    return timedelta(seconds=round(math.exp(log), 3))


def _same(configuration: Configuration) -> list[str]:
    type_ = configuration.type
    return [f"configuration.{type_}.{_snake(k)} = {_quote(v)}" for k, v in configuration.ids]


def _snake(name: str) -> str:
    # Paths in a filter are snake_case although the JSON is camelCase.
    return re.sub(r"[A-Z]", lambda sign: "_" + sign[0].lower(), name)


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
