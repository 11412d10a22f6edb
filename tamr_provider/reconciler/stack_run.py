"""Run a whole stack: a product's next phase is submitted when the one before is satisfied."""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING

from tamr_provider.decision.policy import LaunchPolicy
from tamr_provider.decision.steps import phase_configurations, pipeline_phases, with_not_before
from tamr_provider.errors import NotFinishedError, TamrError
from tamr_provider.reconciler.pending import Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Future

    from tamr_provider.decision.steps import Step
    from tamr_provider.reconciler.pending import StepResult
    from tamr_provider.reconciler.reconciler import Reconciler
    from tamr_provider.stackfile.product import Product


class StackRun:
    """Submits the steps of every product in order, and collects how they end.

    `results` and `errors` are complete once the reconciler's `run` returns. `gate` returns why a
    product's version must not run here, or "".
    """

    def __init__(
        self,
        reconciler: Reconciler,
        products: Mapping[str, Product],
        slots: int,
        stack: str,
        gate: Callable[[str], str] = lambda _: "",
    ) -> None:
        self._reconciler = reconciler
        self._gates = {
            name: functools.partial(gate, name)
            for name, product in products.items()
            if product.promote_from
        }
        self._lock = threading.Lock()
        self.results: dict[Step, StepResult] = {}
        self.errors: dict[Step, TamrError] = {}
        self.plan = {
            name: pipeline_phases(name, product, stack) for name, product in products.items()
        }
        self._policies = {
            name: LaunchPolicy.from_rules(product, slots) for name, product in products.items()
        }

    def start(self) -> None:
        """Submit the first phase of every product."""
        for phases in self.plan.values():
            self._submit(phases, [])

    @property
    def exit_code(self) -> int:
        """0 if all steps are satisfied, else the worst of the errors: 1 before 75."""
        return min((error.exit_code for error in self.errors.values()), default=0)

    @property
    def is_unfinished(self) -> bool:
        """Whether another run would continue where this one stopped waiting."""
        return any(isinstance(error, NotFinishedError) for error in self.errors.values())

    @property
    def total(self) -> int:
        """How many steps the stack has."""
        return sum(len(phase) for phases in self.plan.values() for phase in phases)

    @property
    def satisfied(self) -> int:
        """How many steps ended satisfied."""
        return len(self.results)

    def counts(self) -> dict[str, int]:
        """Return how many steps were satisfied by jobs of each origin."""
        origins = [result.origin for result in self.results.values()]
        return {origin.value: origins.count(origin) for origin in Origin}

    def _submit(self, phases: list[list[Step]], before: list[StepResult]) -> None:
        if not phases:
            return
        first, *later = phases
        ends = [result.job.finished_at for result in before]
        steps = [with_not_before(step, [at for at in ends if at is not None]) for step in first]
        results: list[StepResult] = []
        for step in steps:
            policy, gate = self._policies[step.product], self._gates.get(step.product)
            future = self._reconciler.submit(step, policy, phase_configurations(later), gate)
            end = functools.partial(self._end_step, step, len(steps), results, later)
            future.add_done_callback(end)

    def _end_step(
        self,
        step: Step,
        phase_size: int,
        results: list[StepResult],
        later: list[list[Step]],
        future: Future[StepResult],
    ) -> None:
        error = future.exception()
        if error is not None:
            self.errors[step] = error if isinstance(error, TamrError) else TamrError(repr(error))
            return
        with self._lock:
            self.results[step] = future.result()
            results.append(future.result())
            is_complete = len(results) == phase_size
        if is_complete:
            self._submit(later, results)
