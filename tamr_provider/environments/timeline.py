"""A tenant's jobs as bars on the lanes of products: finished, active and expected ones."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from tamr_provider.decision.states import State
from tamr_provider.models import DONE, FAILED, PENDING, STOPPED, SUCCEEDED
from tamr_provider.planning.planned_step import ADOPT
from tamr_provider.timestamps import add_duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from tamr_provider.environments.status import EnvironmentStatus
    from tamr_provider.models import Configuration, Job
    from tamr_provider.planning.plan import Plan
    from tamr_provider.planning.planned_step import PlannedStep

EXPECTED = "expected"
_LATEST_PLAN = timedelta(hours=24)
_STATES = {
    SUCCEEDED: State.SATISFIED,
    FAILED: State.FAILED,
    STOPPED: State.HOLD,
    PENDING.lower(): State.WAITING,
    EXPECTED: State.PENDING,
}


class Owner(NamedTuple):
    """A product that wants a job."""

    stack: str
    product: str


@dataclass(frozen=True)
class Bar:
    """A job that waited from `start` to `runs_from` and then ran, or an expected one.

    `words` is the outcome of a finished job, `expected`, or the job's state in lower case. `end`
    is an estimate if `is_expected`; it is `start` for an expected job of unknown duration. `owners`
    is empty for a job of another user, and of an older configuration.
    """

    configuration: Configuration
    words: str
    start: datetime
    runs_from: datetime
    end: datetime
    is_expected: bool = False
    job_id: str = ""
    reason: str = ""
    owners: tuple[Owner, ...] = ()

    @property
    def state(self) -> State:
        """The state whose symbol and color the bar has."""
        return _STATES.get(self.words, State.RUNNING)


@dataclass(frozen=True)
class Lane:
    """The bars of one product, or of other users if `owner` is None."""

    owner: Owner | None
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Timeline:
    """The jobs of one tenant from `begin` on."""

    url: str
    stacks: tuple[str, ...]
    begin: datetime
    now: datetime
    slots: int
    active: int
    lanes: tuple[Lane, ...]


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
        _make_expected_bar(step, name) for name, plan in plans.items() for step in plan.steps
    )
    bars += [bar for bar in planned if bar is not None and bar.start <= latest]
    shown = [_cut(bar, begin, latest) for bar in bars]
    return Timeline(
        url=url,
        stacks=tuple(plans),
        begin=begin,
        now=now,
        slots=max(plan.slots for plan in plans.values()),
        active=max(plan.active for plan in plans.values()),
        lanes=tuple(_make_lanes(plans, shown)),
    )


def _find_owners(plans: Mapping[str, Plan]) -> dict[Configuration, tuple[Owner, ...]]:
    owners: dict[Configuration, dict[Owner, None]] = {}
    for name, plan in plans.items():
        for step in plan.steps:
            names = owners.setdefault(step.step.configuration, {})
            names[Owner(name, step.step.product)] = None
    return {configuration: tuple(names) for configuration, names in owners.items()}


def _make_lanes(plans: Mapping[str, Plan], bars: Iterable[Bar]) -> Iterable[Lane]:
    """Yield a lane for each product with a bar, in the order of the files; other users last."""
    by_owner: dict[Owner | None, list[Bar]] = {
        Owner(name, step.step.product): [] for name, plan in plans.items() for step in plan.steps
    }
    by_owner[None] = []
    for bar in sorted(bars, key=lambda bar: (bar.start, bar.end, bar.job_id)):
        for owner in bar.owners or (None,):
            by_owner[owner].append(bar)
    return (Lane(owner, tuple(found)) for owner, found in by_owner.items() if found)


def _make_bar(
    job: Job, now: datetime, owners: tuple[Owner, ...], plans: Mapping[str, Plan]
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


def _make_expected_bar(step: PlannedStep, stack: str) -> Bar | None:
    start = step.earliest_start
    if not step.launches_job or start is None:
        return None
    end, owner = step.expected_end or start, Owner(stack, step.step.product)
    configuration = step.step.configuration
    return Bar(configuration, EXPECTED, start, start, end, True, "", step.reason, (owner,))


def _cut(bar: Bar, begin: datetime, latest: datetime) -> Bar:
    start, end = max(bar.start, begin), min(bar.end, latest)
    return replace(bar, start=start, end=end, runs_from=min(max(bar.runs_from, start), end))
