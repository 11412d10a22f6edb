"""What a run would do, for every step, without doing it: the same decisions, asked in order."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tamr_provider.decision.buffer import ADVISED_BUFFER, warn_of_close_run
from tamr_provider.decision.steps import (
    launch_policy_of,
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

    from tamr_provider.decision.steps import LaunchPolicy, Step
    from tamr_provider.models import Configuration
    from tamr_provider.stackfile.product import Product
    from tamr_provider.tenant.durations import DurationStats
    from tamr_provider.tenant.snapshot import Snapshot

_MOMENT = timedelta(minutes=1)  # what a plan does not call a wait


@dataclass(frozen=True)
class Plan:
    """What a run would do; `expected` is the wall time, None where a duration is unknown.

    `warnings` are for people: nothing in them keeps a run from doing what it says. `versions` has
    each product's version and since when it counts, in words.
    """

    now: datetime
    slots: int
    active: int
    steps: tuple[PlannedStep, ...]
    expected: timedelta | None
    warnings: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def expected_end(self) -> datetime | None:
        """When a run that starts now would be over, None where a duration is unknown."""
        return self.now + self.expected if self.expected is not None else None

    @property
    def launches(self) -> int:
        """How many jobs a run would start."""
        return sum(step.launches_job for step in self.steps)


def build_plan(  # noqa: PLR0913, PLR0917 - what was seen, what is wanted, what is known
    snapshot: Snapshot,
    products: Mapping[str, Product],
    slots: int,
    usual: Callable[[Configuration], DurationStats | None],
    stack: str = "",
    refused: Mapping[str, str] | None = None,
) -> Plan:
    """Return the plan.

    `usual` tells how long a configuration's jobs usually take, None where unknown; `refused` why
    a product's version may not run here.
    """
    planner = _Planner(snapshot, slots, usual)
    rules_by_name = dict[str, "LaunchPolicy"]()
    for name, product in products.items():
        rules = replace(launch_policy_of(product, slots), refused=(refused or {}).get(name, ""))
        rules_by_name[name] = rules
        planner.add(pipeline_phases(name, product, stack), rules)
    plan = planner.plan()
    return replace(plan, warnings=tuple(_close_runs(snapshot, rules_by_name, plan)))


@dataclass(frozen=True)
class _End:
    """How a planned step ends: known already, with a task, or not without a person."""

    finish: datetime | None = None
    task: int | None = None
    held: Step | None = None


class _Planner:
    def __init__(
        self, snapshot: Snapshot, slots: int, usual: Callable[[Configuration], DurationStats | None]
    ) -> None:
        self._snapshot, self._slots, self._usual = snapshot, slots, usual
        self._steps: list[PlannedStep] = []
        self._tasks: list[Task] = []
        self._task_of: dict[int, int] = {}
        self._to_launch: dict[Configuration, int] = {}
        self._running: dict[str, int] = {}

    def add(self, parts: list[list[Step]], rules: LaunchPolicy) -> None:
        before = list[_End]()
        for phase in parts:
            before = [self._plan_step(step, rules, before) for step in phase]

    def plan(self) -> Plan:
        active = len(self._snapshot.active)
        schedule = forecast(self._tasks, self._snapshot.now, self._slots - active)
        steps = [
            replace(each, earliest_start=schedule.starts[self._task_of[index]])
            if index in self._task_of
            else each
            for index, each in enumerate(self._steps)
        ]
        expected = schedule.end - self._snapshot.now if schedule.end is not None else None
        return Plan(self._snapshot.now, self._slots, active, tuple(steps), expected)

    def _plan_step(self, step: Step, rules: LaunchPolicy, before: list[_End]) -> _End:
        held = next((each.held for each in before if each.held), None)
        if held is not None:
            self._steps.append(
                PlannedStep(step, WAIT, f"behind {held}, which is held", has_own_job=False)
            )
            return _End(held=held)
        if any(each.task is not None for each in before):
            planned = PlannedStep(step, LAUNCH, "when the steps before it are done")
            after_tasks = tuple(each.task for each in before if each.task is not None)
            return self._add(planned, self._snapshot.now, after_tasks)
        if problem := why_too_early(step, self._snapshot.latest or self._snapshot.now):
            self._steps.append(PlannedStep(step, HOLD, problem))
            return _End(held=step)
        step = with_not_before(step, [each.finish for each in before if each.finish is not None])
        decision = self._decide(step, rules)
        planned = PlannedStep.from_decision(step, decision)
        if decision.action is Action.SATISFIED and decision.job is not None:
            self._steps.append(planned)
            return _End(finish=decision.job.finished_at)
        if decision.action is Action.HOLD:
            self._steps.append(planned)
            return _End(held=step)
        return self._decided(planned, decision)

    def _decide(self, step: Step, rules: LaunchPolicy) -> Decision:
        """Decide as a run would in a moment: a version counts from the second after its commit."""
        decision = decide(self._snapshot.jobs, step, self._snapshot.now, rules)
        soon = decision.earliest
        if (
            decision.action is not Action.WAIT
            or soon is None
            or soon > self._snapshot.now + _MOMENT
        ):
            return decision
        later = decide(self._snapshot.jobs, step, soon, rules)
        return replace(later, earliest=soon) if later.action is Action.LAUNCH else decision

    def _decided(self, planned: PlannedStep, decision: Decision) -> _End:
        """Plan a step that waits for nothing but the tenant."""
        job, configuration = decision.job, planned.step.configuration
        if decision.action is Action.ADOPT and job is not None:
            if job.id in self._running:
                return self._with(planned, self._running[job.id])
            self._running[job.id] = len(self._tasks)
            return self._add(planned, self._snapshot.now, (), job.created_at or self._snapshot.now)
        release = (
            decision.earliest if decision.earliest or planned.action == WAIT else self._snapshot.now
        )
        # One load serves two products if it is created late enough for both.
        may_share = configuration.type == "load" and planned.step.not_before <= self._snapshot.now
        other = self._to_launch.get(configuration) if may_share else None
        if other is not None:
            reason = f"one job serves it and {self._steps[other].step}"
            shared = replace(planned, action=ADOPT, reason=reason, job=None, has_own_job=False)
            return self._with(shared, self._task_of[other])
        if may_share:
            self._to_launch[configuration] = len(self._steps)
        return self._add(planned, release, ())

    def _with(self, planned: PlannedStep, task: int) -> _End:
        """Plan a step that another one's job serves."""
        self._task_of[len(self._steps)] = task
        usual = self._usual(planned.step.configuration)
        self._steps.append(replace(planned, usual=usual))
        return _End(task=task)

    def _add(
        self,
        planned: PlannedStep,
        release: datetime | None,
        after_tasks: tuple[int, ...],
        runs_since: datetime | None = None,
    ) -> _End:
        """Plan a step with a job of its own, one to come or one that runs."""
        usual = self._usual(planned.step.configuration)
        length = usual.median if usual else None
        self._tasks.append(Task(release, length, after_tasks, runs_since))
        return self._with(planned, len(self._tasks) - 1)


def _close_runs(snapshot: Snapshot, rules: Mapping[str, LaunchPolicy], plan: Plan) -> Iterator[str]:
    """Yield a warning for each product that would run soon after its last run."""
    for name in rules:
        first = next((p for p in plan.steps if p.step.product == name and p.step.first), None)
        if first is None or not first.launches_job:
            continue
        start = first.earliest_start or snapshot.now
        if warning := warn_of_close_run(snapshot.jobs, first.step, start, rules[name]):
            yield warning


def query_for(
    products: Mapping[str, Product], now: datetime
) -> tuple[JobQuery, set[Configuration]]:
    """Return what a look has to cover to plan the products, and whose creation times matter."""
    hours = max((product.min_hours_between for product in products.values()), default=0)
    since = min((product.not_before for product in products.values()), default=now)
    wanted = frozenset(pipeline_step.configuration for pipeline_step in pipeline_steps(products))
    return JobQuery(since, now - max(timedelta(hours=hours), ADVISED_BUFFER), wanted), set(wanted)
