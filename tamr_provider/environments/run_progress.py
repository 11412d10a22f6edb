"""The state of every product while a run goes on: what `tamr plan` would say at that moment."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tamr_provider.decision.steps import describe_phase
from tamr_provider.environments.run_forecast import forecast_run
from tamr_provider.errors import NotFinishedError
from tamr_provider.planning.planned_step import HOLD, LAUNCH, NONE, PlannedStep
from tamr_provider.planning.product_state import judge_product, judge_steps
from tamr_provider.reconciler.pending import StepResult

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from tamr_provider.decision.states import State
    from tamr_provider.decision.steps import Step
    from tamr_provider.models import Job
    from tamr_provider.planning.product_state import ProductState, StepState
    from tamr_provider.reconciler.progress import StepStatus

_Key = tuple[str, str]


@dataclass(frozen=True)
class RunState:
    """A moment of a run; `polled_at` and `active` are None and empty before the first poll.

    `expected_end` is None if the duration of a job is unknown. `results` has the steps that ended
    satisfied in this run, by product and step. `unfinished` says for a step why the run stopped
    to wait for it.
    """

    products: tuple[ProductState, ...]
    results: Mapping[_Key, StepResult]
    unfinished: Mapping[_Key, str]
    polled_at: datetime | None = None
    active: tuple[Job, ...] = ()
    slots: int = 0
    expected_end: datetime | None = None

    @property
    def steps(self) -> list[StepState]:
        """Every step, in order."""
        return [step for product in self.products for step in product.steps]

    def count(self, state: State) -> int:
        """Return how many steps have a state."""
        return sum(step.state is state for step in self.steps)

    @property
    def skipped(self) -> int:
        """How many steps are behind a failed one or one on hold."""
        return sum(product.skipped for product in self.products)


class RunProgress:
    """Keeps what a run reports of each step; safe to use from several threads."""

    def __init__(self, plan: Mapping[str, Sequence[Sequence[Step]]], stack: str, resume: str):
        self._stack = stack
        self._resume = resume
        self._lock = threading.Lock()
        self._planned = {
            key_of(planned.step): planned
            for phases in plan.values()
            for planned in _plan_unpolled(phases)
        }
        self._results: dict[_Key, StepResult] = {}
        self._unfinished: dict[_Key, str] = {}
        self._last: StepStatus | None = None

    def update(self, step: Step, status: StepStatus) -> None:
        """Record what a poll has decided about a step."""
        with self._lock:
            self._record(step, status)

    def end(self, step: Step, outcome: StepResult | Exception, status: StepStatus | None) -> None:
        """Record how a step ended."""
        key = key_of(step)
        with self._lock:
            if status is not None:
                self._record(step, status)
            if isinstance(outcome, StepResult):
                self._results[key] = outcome
                self._planned[key] = _plan_satisfied(self._planned[key], outcome)
            elif isinstance(outcome, NotFinishedError):
                self._unfinished[key] = outcome.reason
            else:
                self._planned[key] = _plan_given_up(self._planned[key], outcome)

    def state(self, later: timedelta | None = None) -> RunState:
        """Return the state as of the last poll, or a while later."""
        with self._lock:
            planned = tuple(self._planned.values())
            results = dict(self._results)
            unfinished = dict(self._unfinished)
            last = self._last
        if last is None:
            return RunState((), results, unfinished)
        now = last.now + later if later is not None else last.now
        products = tuple(
            judge_product(name, self._stack, planned, now, self._resume)
            for name in dict.fromkeys(step.step.product for step in planned)
        )
        end = forecast_run(products, now, last.slots - len(last.active), last.usual_of)
        return RunState(products, results, unfinished, now, last.active, last.slots, end)

    def judge(self, step: Step) -> StepState:
        """Return the state of one step, without what is before it."""
        with self._lock:
            planned = self._planned[key_of(step)]
            now = self._last.now if self._last is not None else step.since
        return next(judge_steps([planned], now, self._resume))

    def _record(self, step: Step, status: StepStatus) -> None:
        key = key_of(step)
        planned = PlannedStep.from_decision(step, status.decision)
        self._planned[key] = replace(planned, phase=self._planned[key].phase, usual=status.usual)
        self._last = status


def key_of(step: Step) -> _Key:
    """Return what identifies a step of a run, whatever its not-before is."""
    return step.product, str(step.configuration)


def _plan_unpolled(phases: Sequence[Sequence[Step]]) -> Iterator[PlannedStep]:
    after = "the tenant was not asked yet"
    for number, phase in enumerate(phases):
        for step in phase:
            not_before = step.since if number == 0 else None
            yield PlannedStep(step, LAUNCH, after, not_before=not_before, phase=number)
        after = f"after {describe_phase(phase)}"


def _plan_satisfied(planned: PlannedStep, result: StepResult) -> PlannedStep:
    not_before = planned.not_before or planned.step.since
    return replace(planned, action=NONE, job=result.job, not_before=not_before)


def _plan_given_up(planned: PlannedStep, error: Exception) -> PlannedStep:
    """Return a step whose run ended with an error, as the next plan shows it."""
    not_before = planned.not_before or planned.step.since
    planned = replace(planned, not_before=not_before)
    reason = getattr(error, "reason", "") or "; ".join(str(error).splitlines())
    if planned.action == HOLD or planned.failure is not None:
        return planned
    return replace(planned, error=reason)
