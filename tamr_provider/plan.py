"""What a run would do, for every step, without doing it: the same decisions, asked in order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tamr_provider.decide import Action, Decision, decide
from tamr_provider.schedule import Task, expect
from tamr_provider.steps import after, all_steps, phases, rules_of
from tamr_provider.view import Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from tamr_provider.models import Configuration
    from tamr_provider.stackfile.product import Product
    from tamr_provider.steps import Rules, Step
    from tamr_provider.view import View

NONE, ADOPT, WAIT, LAUNCH, HOLD = "none", "adopt", "wait", "launch", "hold"
_ACTIONS = {
    Action.SATISFIED: NONE,
    Action.ADOPT: ADOPT,
    Action.WAIT: WAIT,
    Action.LAUNCH: LAUNCH,
    Action.HOLD: HOLD,
}


@dataclass(frozen=True)
class PlannedStep:
    """One step; `not_before` is None while it depends on jobs that have not ended."""

    step: Step
    action: str
    reason: str
    job_id: str = ""
    not_before: datetime | None = None
    earliest_start: datetime | None = None
    usual: timedelta | None = None
    own_job: bool = True

    @property
    def starts_a_job(self) -> bool:
        """Whether a run would launch for it, now or when what it waits for is over."""
        return self.action in (LAUNCH, WAIT) and self.own_job


@dataclass(frozen=True)
class Plan:
    """What a run would do; `expected` is the wall time, None where a duration is unknown."""

    now: datetime
    slots: int
    active: int
    steps: tuple[PlannedStep, ...]
    expected: timedelta | None

    @property
    def launches(self) -> int:
        """How many jobs a run would start."""
        return sum(each.starts_a_job for each in self.steps)


def make_plan(
    view: View,
    products: Mapping[str, Product],
    slots: int,
    usual: Callable[[Configuration], timedelta | None],
) -> Plan:
    """Return the plan; `usual` tells a configuration's usual duration, None where unknown."""
    planner = _Planner(view, slots, usual)
    for name, product in products.items():
        planner.add(name, product)
    return planner.plan()


@dataclass(frozen=True)
class _End:
    """How a planned step ends: known already, with a task, or not without a person."""

    finish: datetime | None = None
    task: int | None = None
    held: Step | None = None


class _Planner:
    def __init__(
        self, view: View, slots: int, usual: Callable[[Configuration], timedelta | None]
    ) -> None:
        self._view, self._slots, self._usual = view, slots, usual
        self._steps: list[PlannedStep] = []
        self._tasks: list[Task] = []
        self._task_of: dict[int, int] = {}
        self._loads: dict[Configuration, int] = {}

    def add(self, name: str, product: Product) -> None:
        rules, before = rules_of(product, self._slots), list[_End]()
        for phase in phases(name, product):
            before = [self._plan_step(step, rules, before) for step in phase]

    def plan(self) -> Plan:
        active = len(self._view.active)
        schedule = expect(self._tasks, self._view.now, self._slots - active)
        steps = [
            replace(each, earliest_start=schedule.starts[self._task_of[index]])
            if index in self._task_of
            else each
            for index, each in enumerate(self._steps)
        ]
        expected = schedule.end - self._view.now if schedule.end is not None else None
        return Plan(self._view.now, self._slots, active, tuple(steps), expected)

    def _plan_step(self, step: Step, rules: Rules, before: list[_End]) -> _End:
        held = next((each.held for each in before if each.held), None)
        if held is not None:
            self._steps.append(
                PlannedStep(step, WAIT, f"behind {held}, which is held", own_job=False)
            )
            return _End(held=held)
        if any(each.task is not None for each in before):
            planned = PlannedStep(step, LAUNCH, "when the steps before it are done")
            return self._to_come(planned, before, self._view.now)
        step = after(step, [each.finish for each in before if each.finish is not None])
        decision = decide(self._view.jobs, step, self._view.now, rules)
        planned = _planned(step, decision)
        if decision.action is Action.SATISFIED and decision.job is not None:
            self._steps.append(planned)
            return _End(finish=decision.job.finished_at)
        if decision.action is Action.HOLD:
            self._steps.append(planned)
            return _End(held=step)
        return self._to_come(planned, [], decision.earliest or self._view.now, decision)

    def _to_come(
        self,
        planned: PlannedStep,
        before: list[_End],
        not_before: datetime,
        decision: Decision | None = None,
    ) -> _End:
        """Plan a step that has a job to come, or one that runs."""
        configuration = planned.step.configuration
        planned = replace(planned, usual=self._usual(configuration))
        shared = self._loads.get(configuration)
        if shared is not None and planned.action in (LAUNCH, WAIT):
            reason = f"one job serves it and {self._steps[shared].step}"
            self._steps.append(replace(planned, action=ADOPT, reason=reason, own_job=False))
            self._task_of[len(self._steps) - 1] = self._task_of[shared]
            return _End(task=self._task_of[shared])
        if configuration.type == "load":
            self._loads[configuration] = len(self._steps)
        job = decision.job if decision and decision.action is Action.ADOPT else None
        after_tasks = tuple(each.task for each in before if each.task is not None)
        runs_since = (job.created_at or self._view.now) if job else None
        self._task_of[len(self._steps)] = len(self._tasks)
        self._tasks.append(Task(not_before, planned.usual, after_tasks, runs_since))
        self._steps.append(planned)
        return _End(task=len(self._tasks) - 1)


def _planned(step: Step, decision: Decision) -> PlannedStep:
    return PlannedStep(
        step=step,
        action=_ACTIONS[decision.action],
        reason=decision.reason,
        job_id=decision.job.id if decision.job else "",
        not_before=step.not_before,
        earliest_start=decision.earliest,
    )


def scope_of(products: Mapping[str, Product], now: datetime) -> tuple[Scope, set[Configuration]]:
    """Return what a look has to cover to plan the products, and whose creation times matter."""
    hours = max((each.min_hours_between for each in products.values()), default=0)
    buffer = timedelta(hours=hours)
    since = min((each.not_before for each in products.values()), default=now)
    scope = Scope(since, now - buffer if buffer else None)
    return scope, {each.configuration for each in all_steps(products)}
