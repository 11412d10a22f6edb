"""What a run would do for the steps that a preview has shown so far: rows, and one summary."""

from __future__ import annotations

import threading
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from tamr_provider.decision.states import State
from tamr_provider.planning.forecast import Task, forecast
from tamr_provider.planning.planned_step import ADOPT, LAUNCH, NONE, PlannedStep
from tamr_provider.planning.product_state import StepState, judge_steps
from tamr_provider.timestamps import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from tamr_provider.decision.steps import Step
    from tamr_provider.decision.table import Decision
    from tamr_provider.models import Configuration
    from tamr_provider.resources._declared_step import DeclaredStep
    from tamr_provider.tenant.durations import DurationStats
    from tamr_provider.tenant.snapshot import Snapshot

_LATER = "after the earlier steps finish"


class PreviewedSteps:
    """The steps of a preview, in any order of their calls. Thread-safe.

    `usual` returns the typical duration of a configuration's jobs, None if it is unknown. `resume`
    is the command of a run.
    """

    def __init__(self, usual: Callable[[Configuration], DurationStats | None], resume: str) -> None:
        self._usual = usual
        self._resume = resume
        self._lock = threading.Lock()
        self._products: dict[str, dict[Configuration, PlannedStep]] = {}
        self._loads: dict[Configuration, Step] = {}

    def add(self, declared: DeclaredStep, decision: Decision, now: datetime) -> StepState:
        """Return the state of a step, given those that were added before."""
        step = declared.to_step()
        phases = declared.later_phases
        with self._lock:
            planned = PlannedStep.from_decision(step, decision)
            if declared.waits_for_unknown:
                planned = PlannedStep(step, LAUNCH, _LATER)
            elif planned.action == LAUNCH and step.configuration.type == "load":
                planned = self._share(planned)
            steps = self._products.setdefault(step.product, {})
            usual = self._usual(step.configuration)
            steps[step.configuration] = replace(planned, usual=usual, phase=-len(phases))
            if planned.action != NONE:
                self._expect(steps, step, phases)
            states = self._judge(steps, now)
        return next(state for state in states if state.planned.step == step)

    def summarize(self, snapshot: Snapshot, slots: int) -> str:
        """Format as `6 jobs, about 1h50m, 2 of 5 slots in use`."""
        tasks: list[Task] = []
        launches = 0
        with self._lock:
            for steps in self._products.values():
                launches += _add_tasks(tasks, self._judge(steps, snapshot.now), snapshot.now)
        active = len(snapshot.active)
        end = forecast(tasks, snapshot.now, slots - active).end
        jobs = "1 job" if launches == 1 else f"{launches} jobs"
        time = f", about {format_duration(end - snapshot.now)}" if tasks and end else ""
        return f"{jobs}{time}, {min(active, slots)} of {slots} slots in use"

    def _share(self, planned: PlannedStep) -> PlannedStep:
        """Announce a load of two products once."""
        owner = self._loads.setdefault(planned.step.configuration, planned.step)
        if owner.product == planned.step.product:
            return planned
        reason = f"shares one job with {owner}"
        return replace(planned, action=ADOPT, reason=reason, job=None, has_own_job=False)

    def _expect(
        self,
        steps: dict[Configuration, PlannedStep],
        step: Step,
        phases: Sequence[Sequence[Configuration]],
    ) -> None:
        """Add the steps after one that is not satisfied, for the summary."""
        for number, phase in enumerate(phases, start=1):
            for configuration in phase:
                later = PlannedStep(
                    replace(step, configuration=configuration),
                    LAUNCH,
                    _LATER,
                    usual=self._usual(configuration),
                    phase=number - len(phases),
                )
                steps.setdefault(configuration, later)

    def _judge(self, steps: dict[Configuration, PlannedStep], now: datetime) -> list[StepState]:
        ordered = sorted(steps.values(), key=lambda planned: planned.phase)
        return list(judge_steps(ordered, now, self._resume))


def _add_tasks(tasks: list[Task], states: Sequence[StepState], now: datetime) -> int:
    """Add the jobs of a product that are active or would be launched; return how many are new."""
    before: tuple[int, ...] = ()
    count = 0
    for _, group in groupby(states, key=lambda state: state.planned.phase):
        phase = list(group)
        after, before = before, ()
        for state in phase:
            planned = state.planned
            has_no_job = state.state in (State.HOLD, State.SATISFIED)
            if has_no_job or not (planned.has_own_job or planned.job):
                continue
            job = planned.job if state.state is State.RUNNING else None
            release = planned.earliest_start or now
            duration = planned.usual.median if planned.usual else None
            started = (job.created_at or now) if job else None
            before += (len(tasks),)
            tasks.append(Task(release, duration, after, runs_since=started))
            count += job is None
        if any(state.state is State.HOLD for state in phase):
            break
        before = before or after
    return count


def format_row(state: StepState) -> str:
    """Return the info of a step's row: facts first, IDs last."""
    planned = state.planned
    about = f", about {format_duration(planned.usual.median)}" if planned.usual else ""
    job = f" ({state.job_id})" if state.job_id else ""
    if state.state is State.PENDING:
        return f"would launch{about}" if planned.has_own_job else state.reason
    if state.state is State.FAILED:
        return f"would launch again{about}: {state.reason}{job}"
    if state.state is State.SATISFIED:
        return f"{state.state.step_words}{job}"
    if state.state is State.RUNNING:
        return f"{state.state.step_words} {state.reason}{job}"
    return f"{state.state.step_words}: {planned.text if planned.fix else state.full_reason}"
