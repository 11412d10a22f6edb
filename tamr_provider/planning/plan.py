"""What a run would do for every step: the same decisions, without launching."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tamr_provider.decision.buffer import ADVISED_BUFFER, close_run_warning
from tamr_provider.decision.policy import LaunchPolicy, RunFindings
from tamr_provider.decision.steps import (
    describe_phase,
    pipeline_phases,
    pipeline_steps,
    why_too_early,
    with_not_before,
)
from tamr_provider.decision.table import Action, Decision, decide
from tamr_provider.planning.forecast import Task, forecast
from tamr_provider.planning.planned_step import ADOPT, HOLD, LAUNCH, WAIT, PlannedStep
from tamr_provider.tenant.query import JobQuery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from tamr_provider.decision.steps import Step
    from tamr_provider.models import Configuration
    from tamr_provider.stackfile.product import Product
    from tamr_provider.tenant.durations import DurationStats
    from tamr_provider.tenant.snapshot import Snapshot

_SHORT_WAIT = timedelta(minutes=1)  # A plan shows a shorter wait as a launch.


@dataclass(frozen=True)
class Plan:
    """What a run would do; `expected` is None if the duration of a job is unknown.

    A run does what the plan says in spite of its `warnings`.
    """

    now: datetime
    slots: int
    active: int
    steps: tuple[PlannedStep, ...]
    expected: timedelta | None
    warnings: tuple[str, ...] = ()

    @property
    def expected_end(self) -> datetime | None:
        """When a run that starts now would end, None if the duration of a job is unknown."""
        return self.now + self.expected if self.expected is not None else None

    @property
    def launches(self) -> int:
        """How many jobs a run would launch."""
        return sum(step.launches_job for step in self.steps)


def plan_steps(
    snapshot: Snapshot,
    products: Mapping[str, Product],
    slots: int,
    stack: str = "",
    gate: Callable[[str], str] = lambda _: "",
) -> DraftPlan:
    """Return the plan without a forecast.

    `gate` returns why a product's version must not run here, or "". It is called only for a
    product with a step that would be launched.
    """
    draft = DraftPlan(snapshot, slots)
    for name, product in products.items():
        draft.add_product(name, product, stack, functools.cache(functools.partial(gate, name)))
    return draft


def query_for(products: Mapping[str, Product], now: datetime) -> JobQuery:
    """Return which jobs a plan of the products depends on."""
    hours = max((product.min_hours_between for product in products.values()), default=0)
    return JobQuery(
        created_after=min((product.not_before for product in products.values()), default=now),
        ended_after=now - max(timedelta(hours=hours), ADVISED_BUFFER),
        configurations=frozenset(step.configuration for step in pipeline_steps(products)),
    )


@dataclass(frozen=True)
class _StepEnd:
    """How a planned step ends: at a known time, with a task, or not while a step is on hold."""

    finished_at: datetime | None = None
    task: int | None = None
    on_hold: Step | None = None


class DraftPlan:
    """The steps of a plan, before the durations of their jobs are known."""

    def __init__(self, snapshot: Snapshot, slots: int) -> None:
        self._snapshot = snapshot
        self._now = snapshot.now
        self._slots = slots
        self._policies: dict[str, LaunchPolicy] = {}
        self._steps: list[PlannedStep] = []
        self._tasks: list[Task] = []
        self._task_of: dict[int, int] = {}
        self._to_launch: dict[Configuration, int] = {}
        self._running: dict[str, int] = {}

    @property
    def configurations(self) -> list[Configuration]:
        """The configurations whose durations a forecast needs."""
        return [self._steps[index].step.configuration for index in self._task_of]

    def add_product(self, name: str, product: Product, stack: str, gate: Callable[[], str]) -> None:
        """Plan the steps of a product."""
        self._policies[name] = LaunchPolicy.from_rules(product, self._slots)
        before = list[_StepEnd]()
        after = ""
        for number, phase in enumerate(pipeline_phases(name, product, stack)):
            start = len(self._steps)
            before = [self._plan_step(step, gate, before, after) for step in phase]
            after = f"after {describe_phase(phase)}"
            self._steps[start:] = [replace(step, phase=number) for step in self._steps[start:]]

    def forecast(self, usual: Callable[[Configuration], DurationStats | None]) -> Plan:
        """Return the plan with the start of each step, from the usual durations of jobs."""
        stats = {index: usual(self._steps[index].step.configuration) for index in self._task_of}
        durations = {task: stats[index] for index, task in self._task_of.items()}
        tasks = [
            replace(task, duration=known.median if (known := durations[number]) else None)
            for number, task in enumerate(self._tasks)
        ]
        active = len(self._snapshot.active)
        schedule = forecast(tasks, self._now, self._slots - active)
        steps = list(self._steps)
        for index, task in self._task_of.items():
            start = schedule.starts[task]
            steps[index] = replace(steps[index], earliest_start=start, usual=stats[index])
        expected = schedule.end - self._now if schedule.end is not None else None
        warnings = tuple(self._close_run_warnings(steps))
        return Plan(self._now, self._slots, active, tuple(steps), expected, warnings)

    def _plan_step(
        self, step: Step, gate: Callable[[], str], before: list[_StepEnd], after: str
    ) -> _StepEnd:
        """Plan a step; `after` names the phase before it."""
        on_hold = next((end.on_hold for end in before if end.on_hold), None)
        if on_hold is not None:
            reason = f"waiting for {on_hold}, which is on hold"
            self._steps.append(PlannedStep(step, WAIT, reason, has_own_job=False))
            return _StepEnd(on_hold=on_hold)
        tasks = tuple(end.task for end in before if end.task is not None)
        if tasks:
            planned = PlannedStep(step, LAUNCH, after)
            return self._add_task(planned, Task(self._now, after=tasks))
        if problem := why_too_early(step, self._snapshot.latest_time):
            self._steps.append(PlannedStep(step, HOLD, problem, not_before=step.since))
            return _StepEnd(on_hold=step)
        finishes = [end.finished_at for end in before if end.finished_at is not None]
        step = with_not_before(step, finishes)
        decision = self._decide(step, gate)
        planned = PlannedStep.from_decision(step, decision)
        if decision.action is Action.SATISFIED and decision.job is not None:
            self._steps.append(planned)
            return _StepEnd(finished_at=decision.job.finished_at)
        if decision.action is Action.HOLD:
            self._steps.append(planned)
            return _StepEnd(on_hold=step)
        return self._plan_job(planned, decision)

    def _decide(self, step: Step, gate: Callable[[], str]) -> Decision:
        decision = self._decide_soon(step, RunFindings())
        if decision.action in (Action.LAUNCH, Action.WAIT) and (blocked_reason := gate()):
            return self._decide_soon(step, RunFindings(blocked_reason))
        return decision

    def _decide_soon(self, step: Step, findings: RunFindings) -> Decision:
        """Decide as a run would in a moment: a version counts from the second after its commit."""
        jobs, policy = self._snapshot.jobs, self._policies[step.product]
        decision = decide(jobs, step, self._now, policy, findings)
        soon = decision.earliest
        if decision.action is not Action.WAIT or soon is None or soon > self._now + _SHORT_WAIT:
            return decision
        later = decide(jobs, step, soon, policy, findings)
        return replace(later, earliest=soon) if later.action is Action.LAUNCH else decision

    def _plan_job(self, planned: PlannedStep, decision: Decision) -> _StepEnd:
        """Plan a step that waits for no other step."""
        job, configuration = decision.job, planned.step.configuration
        if decision.action is Action.ADOPT and job is not None:
            if job.id in self._running:
                return self._share_task(planned, self._running[job.id])
            self._running[job.id] = len(self._tasks)
            return self._add_task(planned, Task(self._now, runs_since=job.created_at or self._now))
        # One load serves two products if it is created late enough for both.
        may_share = configuration.type == "load" and planned.step.not_before <= self._now
        other = self._to_launch.get(configuration) if may_share else None
        if other is not None:
            reason = f"shares one job with {self._steps[other].step}"
            shared = replace(planned, action=ADOPT, reason=reason, job=None, has_own_job=False)
            return self._share_task(shared, self._task_of[other])
        if may_share:
            self._to_launch[configuration] = len(self._steps)
        is_open_wait = planned.action == WAIT and decision.earliest is None
        return self._add_task(
            planned, Task(None if is_open_wait else decision.earliest or self._now)
        )

    def _add_task(self, planned: PlannedStep, task: Task) -> _StepEnd:
        """Plan a step with a job of its own, active or future."""
        self._tasks.append(task)
        return self._share_task(planned, len(self._tasks) - 1)

    def _share_task(self, planned: PlannedStep, task: int) -> _StepEnd:
        self._task_of[len(self._steps)] = task
        self._steps.append(planned)
        return _StepEnd(task=task)

    def _close_run_warnings(self, steps: list[PlannedStep]) -> Iterator[str]:
        """Yield a warning for each product that would run soon after its last run."""
        for name, policy in self._policies.items():
            own = (planned for planned in steps if planned.step.product == name)
            first = next((planned for planned in own if planned.step.first), None)
            if first is None or not first.launches_job:
                continue
            start = first.earliest_start or self._now
            if warning := close_run_warning(self._snapshot.jobs, first.step, start, policy):
                yield warning
