"""When a run would end: the steps that are left, under the slot limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamr_provider.decision.states import State
from tamr_provider.planning.forecast import Task, forecast

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from tamr_provider.models import Configuration
    from tamr_provider.planning.product_state import ProductState, StepState
    from tamr_provider.tenant.durations import DurationStats

_LEFT = (State.RUNNING, State.PENDING, State.WAITING)


def forecast_run(
    products: Sequence[ProductState],
    now: datetime,
    free_slots: int,
    usual_of: Callable[[Configuration], DurationStats | None],
) -> datetime | None:
    """Return when the steps that the run waits for end, None if that is unknown."""
    tasks = _Tasks(now, usual_of)
    for product in products:
        tasks.add_product(product)
    return forecast(tasks.tasks, now, free_slots).end


class _Tasks:
    """The jobs of a run that have not ended; two steps may share one."""

    def __init__(
        self, now: datetime, usual_of: Callable[[Configuration], DurationStats | None]
    ) -> None:
        self._now = now
        self._usual_of = usual_of
        self._numbers: dict[str, int] = {}
        self.tasks: list[Task] = []

    def add_product(self, product: ProductState) -> None:
        before: tuple[int, ...] = ()
        phases = dict.fromkeys(step.planned.phase for step in product.steps)
        for phase in phases:
            steps = [step for step in product.steps if step.planned.phase == phase]
            left = [step for step in steps if step.state in _LEFT and not step.is_skipped]
            before = tuple(self._add(step, before) for step in left) or before

    def _add(self, step: StepState, before: tuple[int, ...]) -> int:
        """Return the number of a step's task; equal loads that are queued share one job."""
        configuration = step.planned.step.configuration
        is_running = step.state is State.RUNNING
        key = step.job_id if is_running else str(configuration)
        if key not in self._numbers:
            usual = self._usual_of(configuration)
            created_at = step.job.created_at if is_running and step.job else None
            self._numbers[key] = len(self.tasks)
            self.tasks.append(
                Task(
                    release=self._find_release(step),
                    duration=usual.median if usual else None,
                    after=before,
                    runs_since=(created_at or self._now) if is_running else None,
                )
            )
        return self._numbers[key]

    def _find_release(self, step: StepState) -> datetime | None:
        """Return when a step can start as far as its rules go, None if that is unknown."""
        if step.until is None and step.state is State.WAITING and step.planned.job is not None:
            return None  # Until a job of another user or run ends.
        return step.until or self._now
