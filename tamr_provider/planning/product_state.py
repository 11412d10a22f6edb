"""The state of every product and step, from a plan: what every surface says of one moment."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from tamr_provider.decision.states import State, most_urgent
from tamr_provider.decision.table import format_reason, retry_command
from tamr_provider.planning.planned_step import ADOPT, HOLD, NONE, WAIT, PlannedStep
from tamr_provider.timestamps import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from tamr_provider.decision.steps import Step
    from tamr_provider.models import Job


@dataclass(frozen=True)
class StepState:
    """One step; `job` is the one that the state is about, `next_command` is "" for nothing to do.

    `reason` is short, with its details in parentheses at the end; `until` is when a wait or a
    hold ends by itself, None if that is unknown. A text adds `until` in local time, JSON in UTC.
    """

    planned: PlannedStep
    state: State
    reason: str
    next_command: str = ""
    needs_action: bool = False
    is_skipped: bool = False  # Behind a step that failed or is on hold.

    @property
    def name(self) -> str:
        """The step without its product, such as `load src_crm`."""
        return str(self.planned.step.configuration)

    @property
    def job(self) -> Job | None:
        """The job that satisfies the step, is waited for, or failed last."""
        failure = self.planned.failure
        return self.planned.job or (failure.job if failure else None)

    @property
    def job_id(self) -> str:
        """The job's ID, "" if there is no job."""
        return self.job.id if self.job else ""

    @property
    def until(self) -> datetime | None:
        """When a wait or a hold ends by itself, None if that is unknown."""
        is_dated = self.state in (State.WAITING, State.HOLD)
        return self.planned.until if is_dated else None

    @property
    def full_reason(self) -> str:
        """The reason for JSON and logs: with the end in UTC."""
        return format_reason(self.reason, self.until, "")


@dataclass(frozen=True)
class PinConflict:
    """A version that is pinned by a rollback while another stack asks for a newer one."""

    reason: str
    next_command: str


# A pin says nothing about these: the product has a more urgent problem.
_MORE_URGENT_THAN_PIN = (State.UNKNOWN, State.FAILED, State.HOLD)


@dataclass(frozen=True)
class ProductState:
    """One product on one stack; its state is that of its most urgent step.

    `pin` keeps a newer version from coming here until a user acts, whatever the state is.
    `now` is never before the ends of its jobs: a `Date` has whole seconds, and the clock that
    stamps ends may be ahead of it.
    """

    name: str
    stack: str
    steps: tuple[StepState, ...]
    now: datetime
    pin: PinConflict | None = None

    @property
    def state(self) -> State:
        """The state of the most urgent step."""
        return most_urgent(step.state for step in self.steps)

    @property
    def urgent_step(self) -> StepState | None:
        """The first step with the product's state, None if all are satisfied."""
        state = self.state
        if state is State.SATISFIED:
            return None
        return next(step for step in self.steps if step.state is state)

    @property
    def reason(self) -> str:
        """Why the product is not deployed, or pinned, else ""; its end is in UTC."""
        return format_reason(self.short_reason, self.until, "")

    @property
    def short_reason(self) -> str:
        """The reason without its end; a rule for all steps names none."""
        if (pin := self.shown_pin) is not None:
            return pin.reason
        step = self.urgent_step
        if step is None:
            return ""
        is_of_product = step.planned.ends_by_itself or step.state in (State.PENDING, State.UNKNOWN)
        return step.reason if is_of_product else f"{step.name}: {step.reason}"

    @property
    def until(self) -> datetime | None:
        """When the wait or the hold of the reason ends by itself, None if that is unknown."""
        if self.shown_pin is not None or self.urgent_step is None:
            return None
        return self.urgent_step.until

    @property
    def expected_end(self) -> datetime | None:
        """When active and planned jobs would end; None if a start or a duration is unknown."""
        ends = [
            step.planned.expected_end for step in self.steps if step.state is not State.SATISFIED
        ]
        known = [max(self.now, end) for end in ends if end is not None]
        return max(known, default=None) if len(known) == len(ends) else None

    @property
    def needs_action(self) -> bool:
        """Whether nothing happens to one of its steps, or to a newer version, until a user acts."""
        return self.pin is not None or any(step.needs_action for step in self.steps)

    @property
    def next_command(self) -> str:
        """The command that brings the product forward, "" if there is nothing to do."""
        if (pin := self.shown_pin) is not None:
            return pin.next_command
        step = next((step for step in self.steps if step.needs_action), self.urgent_step)
        return step.next_command if step else ""

    @property
    def shown_pin(self) -> PinConflict | None:
        """The pin, None if the product has a more urgent problem."""
        return None if self.state in _MORE_URGENT_THAN_PIN else self.pin

    @property
    def problems(self) -> list[StepState]:
        """The steps that failed or are on hold; a rule for the whole product once."""
        problems: dict[object, StepState] = {}
        for number, step in enumerate(self.steps):
            if step.state in (State.FAILED, State.HOLD):
                is_of_product = step.planned.ends_by_itself
                problems.setdefault(step.reason if is_of_product else number, step)
        return list(problems.values())

    @property
    def skipped(self) -> int:
        """How many steps are behind one that failed or is on hold."""
        return sum(step.is_skipped for step in self.steps)

    @property
    def is_satisfied(self) -> bool:
        """Whether every step is satisfied."""
        return self.state is State.SATISFIED

    @property
    def satisfied_since(self) -> datetime | None:
        """When the last step was satisfied; None if a step is not."""
        ends = [step.job.finished_at for step in self.steps if step.job and step.job.finished_at]
        return max(ends, default=None) if self.is_satisfied else None


def judge_product(  # noqa: PLR0913, PLR0917 - a product, its steps, and what keeps it back
    name: str,
    stack: str,
    planned: Iterable[PlannedStep],
    now: datetime,
    resume: str,
    pin: PinConflict | None = None,
) -> ProductState:
    """Return the state of a product from its planned steps; `resume` is the command of a run."""
    steps = tuple(judge_steps([step for step in planned if step.step.product == name], now, resume))
    jobs = [step.planned.job for step in steps if step.planned.job is not None]
    ends = [job.finished_at for job in jobs if job.finished_at is not None]
    return ProductState(name, stack, steps, max([now, *ends]), pin)


def unknown_product(
    name: str, stack: str, steps: Iterable[Step], now: datetime, reason: str
) -> ProductState:
    """Return the state of a product whose tenant was not asked, or did not answer."""
    planned = (PlannedStep(step, WAIT, reason, has_own_job=False) for step in steps)
    states = (StepState(step, State.UNKNOWN, reason) for step in planned)
    return ProductState(name, stack, tuple(states), now)


def judge_steps(planned: Sequence[PlannedStep], now: datetime, resume: str) -> Iterator[StepState]:
    """Yield the state of each step of one product, in the order of its pipeline."""
    earlier = list[StepState]()
    for _, phase in groupby(planned, key=lambda step: step.phase):
        judged = [_judge(step, earlier, now, resume) for step in phase]
        earlier += judged
        yield from judged


def _judge(
    planned: PlannedStep, earlier: Sequence[StepState], now: datetime, resume: str
) -> StepState:
    if planned.not_before is None:
        return _judge_later(planned, earlier, resume)
    if planned.action == NONE:
        return StepState(planned, State.SATISFIED, planned.reason)
    if planned.action == HOLD:
        return _judge_hold(planned, resume)
    if planned.action == ADOPT and planned.job is not None:
        return StepState(planned, State.RUNNING, format_running(planned, now), resume)
    if planned.failure is not None or planned.error:
        return StepState(planned, State.FAILED, planned.error or str(planned.failure), resume)
    state = State.WAITING if planned.action == WAIT else State.PENDING
    return StepState(planned, state, planned.reason, resume)


def _judge_hold(planned: PlannedStep, resume: str) -> StepState:
    if planned.ends_by_itself:
        return StepState(planned, State.HOLD, planned.reason, resume)
    command = retry_command(planned.step) if planned.fix else ""
    return StepState(planned, State.HOLD, planned.reason, command, needs_action=True)


def _judge_later(planned: PlannedStep, earlier: Sequence[StepState], resume: str) -> StepState:
    """Judge a step after others: pending with them, or waiting for the one in the way."""
    missing = [step for step in earlier if step.state is not State.SATISFIED]
    blocked = (step for step in missing if step.state in (State.FAILED, State.HOLD))
    if (culprit := next(blocked, None)) is not None:
        return StepState(planned, State.WAITING, _name_culprit(culprit), resume, is_skipped=True)
    running = (step for step in missing if step.state is not State.PENDING)
    if (first := next(running, None)) is not None:
        return StepState(planned, State.WAITING, f"after {first.name}", resume)
    return StepState(planned, State.PENDING, planned.reason, resume)


def _name_culprit(culprit: StepState) -> str:
    words = "failed" if culprit.state is State.FAILED else "is on hold"
    return f"{culprit.name} {words}"


def format_running(planned: PlannedStep, now: datetime) -> str:
    """Format as `12m of about 45m`, or `12m` if the usual duration is unknown."""
    job = planned.job
    if job is None or job.created_at is None:
        return "for an unknown time"
    elapsed = format_duration(now - job.created_at)
    if planned.usual is None:
        return elapsed
    return f"{elapsed} of about {format_duration(planned.usual.median)}"
