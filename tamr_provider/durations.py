"""How long a configuration's jobs usually take, from the tenant's own earlier successes."""

from __future__ import annotations

import re
import statistics
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tamr_provider.errors import RefusedError
from tamr_provider.models import SUCCEEDED, Configuration

if TYPE_CHECKING:
    from tamr_provider.client.jobs import Client
    from tamr_provider.models import Job

_ENOUGH = 3  # fewer say nothing about what is usual


@dataclass(frozen=True)
class Usual:
    """The median and the 10th percentile of at least three earlier durations."""

    median: timedelta
    tenth: timedelta


def usual_duration(client: Client, configuration: Configuration) -> Usual | None:
    """Return what is usual, or None where fewer than three successes are listed.

    One request: the newest 30 successes, created to finished.
    """
    try:
        jobs = client.list_jobs(successes_filter(configuration), pages=1)
    except RefusedError:
        return None  # an id that the filter language cannot quote costs the estimate, no more
    return _usual([job for job in jobs if job.configuration == configuration])


def successes_filter(configuration: Configuration) -> str:
    """Return what asks the list for a configuration's successes."""
    wanted = " AND ".join(f"({part})" for part in _same(configuration))
    return f"{wanted} AND (status.state = DONE) AND (NOT status:error)"


def _usual(jobs: list[Job]) -> Usual | None:
    lengths = sorted(
        job.finished_at - job.created_at
        for job in jobs
        if job.outcome == SUCCEEDED and job.finished_at is not None and job.created_at is not None
    )
    if len(lengths) < _ENOUGH:
        return None
    median = statistics.median(each.total_seconds() for each in lengths)
    return Usual(timedelta(seconds=median), lengths[len(lengths) // 10])


def _same(configuration: Configuration) -> list[str]:
    type_ = configuration.type
    return [f"configuration.{type_}.{_snake(k)} = {_quote(v)}" for k, v in configuration.ids]


def _snake(name: str) -> str:
    # Paths in a filter are snake_case although the JSON is camelCase.
    return re.sub(r"[A-Z]", lambda sign: "_" + sign[0].lower(), name)


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
