"""How far one product is on its tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamr_provider.planning.planned_step import NONE, PlannedStep

if TYPE_CHECKING:
    from datetime import datetime

    from tamr_provider.planning.plan import Plan


class ProductState:
    """One product's part of a plan.

    `now` is never before the ends of its jobs: a `Date` has whole seconds, and the clock that
    stamps ends may be ahead of it.
    """

    def __init__(self, plan: Plan, product: str) -> None:
        self.steps: tuple[PlannedStep, ...] = tuple(
            planned for planned in plan.steps if planned.step.product == product
        )
        self.now = max([plan.now, *self._ends])

    @property
    def _ends(self) -> list[datetime]:
        jobs = [planned.job for planned in self.steps if planned.job is not None]
        return [job.finished_at for job in jobs if job.finished_at is not None]

    @property
    def is_satisfied(self) -> bool:
        """Whether every step is satisfied."""
        return all(planned.action == NONE for planned in self.steps)

    @property
    def satisfied_since(self) -> datetime | None:
        """When the last step was satisfied; None if a step is not."""
        return max(self._ends, default=None) if self.is_satisfied else None

    @property
    def blocker(self) -> PlannedStep | None:
        """The first step that is not satisfied."""
        return next((planned for planned in self.steps if planned.action != NONE), None)
