"""A tenant's jobs as bars on lanes: what ran in a span of time, what runs, what is planned."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tamr_provider.models import DONE, FAILED
from tamr_provider.planning.planned_step import ADOPT
from tamr_provider.timestamps import later

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tamr_provider.models import Configuration, Job
    from tamr_provider.planning.plan import Plan
    from tamr_provider.planning.planned_step import PlannedStep

PLANNED = "planned"
_LATEST_PLAN = timedelta(hours=24)
_SHORTEST = timedelta(minutes=15)  # of what is to come that the span shows at least


@dataclass(frozen=True)
class Bar:
    """One job, or one to come; it waited from `start` to `runs_from` and ran from there on.

    `state` is the outcome of what ended, `planned` of what is to come, else the job's state in
    lower case. `end` is the expected one where `is_expected`. `whose` are the steps, as `stack:
    product`, that want such a job; none where it is somebody else's.
    """

    configuration: Configuration
    state: str
    start: datetime
    runs_from: datetime
    end: datetime
    is_expected: bool = False
    job_id: str = ""
    reason: str = ""
    whose: tuple[str, ...] = ()
    lane: int = 0


@dataclass(frozen=True)
class Timeline:
    """The bars of one tenant between two moments; `lanes` is how many they need."""

    url: str
    stacks: tuple[str, ...]
    begin: datetime
    now: datetime
    end: datetime
    slots: int
    lanes: int
    bars: tuple[Bar, ...]


def build_timeline(
    url: str, plans: Mapping[str, Plan], jobs: Iterable[Job], back: timedelta
) -> Timeline:
    """Return the timeline of a tenant, from the plans of the stacks on it (one at least)."""
    now = max(plan.now for plan in plans.values())
    begin, whose = now - back, _whose(plans)
    latest = later(now, _LATEST_PLAN)
    ran = (_bar(job, now, whose.get(job.configuration, ()), plans) for job in jobs)
    bars = [each for each in ran if each is not None and each.end >= begin]
    to_come = (
        _planned(step, f"{name}: {step.step.product}")
        for name, plan in plans.items()
        for step in plan.steps
    )
    bars += [each for each in to_come if each is not None and each.start <= latest]
    shown = _on_lanes([_cut(bar, begin, latest) for bar in bars])
    end = max([later(now, _SHORTEST), *(each.end for each in shown)])
    lanes = 1 + max((each.lane for each in shown), default=0)
    slots = max(plan.slots for plan in plans.values())
    return Timeline(url, tuple(plans), begin, now, end, slots, lanes, tuple(shown))


def _whose(plans: Mapping[str, Plan]) -> dict[Configuration, tuple[str, ...]]:
    whose: dict[Configuration, dict[str, None]] = {}
    for name, plan in plans.items():
        for step in plan.steps:
            wanted = whose.setdefault(step.step.configuration, {})
            wanted[f"{name}: {step.step.product}"] = None
    return {configuration: tuple(names) for configuration, names in whose.items()}


def _bar(job: Job, now: datetime, whose: tuple[str, ...], plans: Mapping[str, Plan]) -> Bar | None:
    if job.created_at is None:
        return None
    reason = ": ".join(filter(None, (job.status.reason, job.status.message)))
    if job.state == DONE:
        end = job.finished_at or job.created_at
        return Bar(
            job.configuration,
            job.outcome,
            job.created_at,
            min(job.started_at or end, end),
            end,
            job_id=job.id,
            reason=reason if job.outcome == FAILED else "",
            whose=whose,
        )
    expected = _expected_end(job, plans)
    return Bar(
        job.configuration,
        (job.state or "unknown").lower(),
        job.created_at,
        job.started_at or now,
        max(now, expected or now),
        is_expected=True,
        job_id=job.id,
        whose=whose,
    )


def _expected_end(job: Job, plans: Mapping[str, Plan]) -> datetime | None:
    for plan in plans.values():
        for step in plan.steps:
            if step.action == ADOPT and step.job_id == job.id and step.usual and job.created_at:
                return later(job.created_at, step.usual.median)
    return None


def _planned(step: PlannedStep, whose: str) -> Bar | None:
    if not step.launches_job or step.earliest_start is None:
        return None
    start = step.earliest_start
    end = later(start, step.usual.median) if step.usual else start
    configuration = step.step.configuration
    return Bar(configuration, PLANNED, start, start, end, True, "", step.reason, (whose,))


def _cut(bar: Bar, begin: datetime, latest: datetime) -> Bar:
    start, end = max(bar.start, begin), min(bar.end, latest)
    return replace(bar, start=start, end=end, runs_from=min(max(bar.runs_from, start), end))


def _on_lanes(bars: Sequence[Bar]) -> list[Bar]:
    """Put each bar on the first lane that is free when it starts."""
    ends, placed = list[datetime](), list[Bar]()
    for bar in sorted(bars, key=lambda each: (each.start, each.end, each.job_id)):
        free = (lane for lane, end in enumerate(ends) if end <= bar.start)
        lane = next(free, len(ends))
        ends[lane : lane + 1] = [max(bar.end, later(bar.start, timedelta(seconds=1)))]
        placed.append(replace(bar, lane=lane))
    return placed
