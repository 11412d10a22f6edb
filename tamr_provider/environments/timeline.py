"""A tenant's jobs as bars on lanes: finished, active and planned ones."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tamr_provider.models import DONE, FAILED
from tamr_provider.planning.planned_step import ADOPT
from tamr_provider.timestamps import add_duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tamr_provider.environments.status import EnvironmentStatus
    from tamr_provider.models import Configuration, Job
    from tamr_provider.planning.plan import Plan
    from tamr_provider.planning.planned_step import PlannedStep

PLANNED = "planned"
_LATEST_PLAN = timedelta(hours=24)
_MIN_AHEAD = timedelta(minutes=15)  # How much of the future the span shows at least.


@dataclass(frozen=True)
class Bar:
    """A job that waited from `start` to `runs_from` and then ran, or a planned one.

    `state` is the outcome of a finished job, `planned`, or the job's state in lower case. `end` is
    the expected one if `is_expected`. `owners` are the products with such a job, as `stack:
    product`; none for a job of another user.
    """

    configuration: Configuration
    state: str
    start: datetime
    runs_from: datetime
    end: datetime
    is_expected: bool = False
    job_id: str = ""
    reason: str = ""
    owners: tuple[str, ...] = ()
    lane: int = 0


@dataclass(frozen=True)
class Timeline:
    """The bars of one tenant between two times; `lanes` is how many they need."""

    url: str
    stacks: tuple[str, ...]
    begin: datetime
    now: datetime
    end: datetime
    slots: int
    lanes: int
    bars: tuple[Bar, ...]


def build_timelines(environments: Sequence[EnvironmentStatus], back: timedelta) -> list[Timeline]:
    """Return a timeline for each tenant that responded; stacks on one tenant share it."""
    plans: dict[str, dict[str, Plan]] = defaultdict(dict)
    jobs: dict[str, dict[str, Job]] = defaultdict(dict)
    for environment in environments:
        if environment.plan is not None and environment.snapshot is not None:
            plans[environment.url][environment.stack] = environment.plan
            jobs[environment.url].update((job.id, job) for job in environment.snapshot.jobs)
    return [
        build_timeline(url, by_stack, jobs[url].values(), back) for url, by_stack in plans.items()
    ]


def build_timeline(
    url: str, plans: Mapping[str, Plan], jobs: Iterable[Job], back: timedelta
) -> Timeline:
    """Return the timeline of a tenant, from the plans of its stacks (at least one)."""
    now = max(plan.now for plan in plans.values())
    begin, owners = now - back, _find_owners(plans)
    latest = add_duration(now, _LATEST_PLAN)
    launched = (_make_bar(job, now, owners.get(job.configuration, ()), plans) for job in jobs)
    bars = [bar for bar in launched if bar is not None and bar.end >= begin]
    planned = (
        _make_planned_bar(step, f"{name}: {step.step.product}")
        for name, plan in plans.items()
        for step in plan.steps
    )
    bars += [bar for bar in planned if bar is not None and bar.start <= latest]
    shown = _assign_lanes([_cut(bar, begin, latest) for bar in bars])
    end = max([add_duration(now, _MIN_AHEAD), *(bar.end for bar in shown)])
    lanes = 1 + max((bar.lane for bar in shown), default=0)
    slots = max(plan.slots for plan in plans.values())
    return Timeline(url, tuple(plans), begin, now, end, slots, lanes, tuple(shown))


def _find_owners(plans: Mapping[str, Plan]) -> dict[Configuration, tuple[str, ...]]:
    owners: dict[Configuration, dict[str, None]] = {}
    for name, plan in plans.items():
        for step in plan.steps:
            names = owners.setdefault(step.step.configuration, {})
            names[f"{name}: {step.step.product}"] = None
    return {configuration: tuple(names) for configuration, names in owners.items()}


def _make_bar(
    job: Job, now: datetime, owners: tuple[str, ...], plans: Mapping[str, Plan]
) -> Bar | None:
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
            owners=owners,
        )
    expected = _find_expected_end(job, plans)
    return Bar(
        job.configuration,
        (job.state or "unknown").lower(),
        job.created_at,
        job.started_at or now,
        max(now, expected or now),
        is_expected=True,
        job_id=job.id,
        owners=owners,
    )


def _find_expected_end(job: Job, plans: Mapping[str, Plan]) -> datetime | None:
    for plan in plans.values():
        for step in plan.steps:
            if step.action == ADOPT and step.job_id == job.id and step.usual and job.created_at:
                return add_duration(job.created_at, step.usual.median)
    return None


def _make_planned_bar(step: PlannedStep, owner: str) -> Bar | None:
    if not step.launches_job or step.earliest_start is None:
        return None
    start = step.earliest_start
    end = add_duration(start, step.usual.median) if step.usual else start
    configuration = step.step.configuration
    return Bar(configuration, PLANNED, start, start, end, True, "", step.reason, (owner,))


def _cut(bar: Bar, begin: datetime, latest: datetime) -> Bar:
    start, end = max(bar.start, begin), min(bar.end, latest)
    return replace(bar, start=start, end=end, runs_from=min(max(bar.runs_from, start), end))


def _assign_lanes(bars: Sequence[Bar]) -> list[Bar]:
    """Put each bar on the first lane that is free when it starts."""
    ends, placed = list[datetime](), list[Bar]()
    for bar in sorted(bars, key=lambda bar: (bar.start, bar.end, bar.job_id)):
        free = (lane for lane, end in enumerate(ends) if end <= bar.start)
        lane = next(free, len(ends))
        ends[lane : lane + 1] = [max(bar.end, add_duration(bar.start, timedelta(seconds=1)))]
        placed.append(replace(bar, lane=lane))
    return placed
