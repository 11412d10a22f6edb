"""A whole stack on one runner: a product's next phase is asked for when the one before is done."""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING

from tamr_provider.decision.steps import (
    launch_policy_of,
    phase_configurations,
    pipeline_phases,
    with_not_before,
)
from tamr_provider.errors import NotFinishedError, TamrError
from tamr_provider.reconciler.pending import ADOPTED, FOUND, LAUNCHED, SHARED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Future

    from tamr_provider.decision.steps import LaunchPolicy, Step
    from tamr_provider.reconciler.pending import StepResult
    from tamr_provider.reconciler.reconciler import Reconciler
    from tamr_provider.stackfile.product import Product


class StackRun:
    """Submits the steps of every product in order, and keeps how each ended.

    `results` and `errors` are complete once the runner's `run` returns. `guard` tells
    why a product's version may not run here.
    """

    def __init__(
        self,
        runner: Reconciler,
        products: Mapping[str, Product],
        slots: int,
        stack: str,
        guard: Callable[[str], str] = lambda _: "",
    ) -> None:
        self._runner, self._lock, self._guard = runner, threading.Lock(), guard
        self._guarded = {name for name, product in products.items() if product.promote_from}
        self.results: dict[Step, StepResult] = {}
        self.errors: dict[Step, TamrError] = {}
        self.plan = {
            name: pipeline_phases(name, product, stack) for name, product in products.items()
        }
        self._rules = {name: launch_policy_of(product, slots) for name, product in products.items()}

    def start(self) -> None:
        """Submit the first phase of every product."""
        for name, parts in self.plan.items():
            self._submit(parts, self._rules[name], [])

    @property
    def exit_code(self) -> int:
        """0 all satisfied; else what the worst ending says: 1 before 75."""
        return min((error.exit_code for error in self.errors.values()), default=0)

    @property
    def unfinished(self) -> bool:
        """Whether another run goes on where this one stopped waiting."""
        return any(isinstance(error, NotFinishedError) for error in self.errors.values())

    @property
    def total(self) -> int:
        """How many steps the stack has."""
        return sum(len(part) for parts in self.plan.values() for part in parts)

    @property
    def satisfied(self) -> int:
        """How many steps ended satisfied."""
        return len(self.results)

    def counts(self) -> dict[str, int]:
        """Return how many steps were launched, shared, adopted and found done."""
        ways = [result.origin for result in self.results.values()]
        return {origin: ways.count(origin) for origin in (LAUNCHED, SHARED, ADOPTED, FOUND)}

    def _submit(self, parts: list[list[Step]], rules: LaunchPolicy, done: list[StepResult]) -> None:
        if not parts:
            return
        finishes = [each.job.finished_at for each in done if each.job.finished_at is not None]
        steps = [with_not_before(part, finishes) for part in parts[0]]
        results: list[StepResult] = []
        then = phase_configurations(parts[1:])
        for step in steps:
            guarded = step.product in self._guarded
            guard = functools.partial(self._guard, step.product) if guarded else None
            future = self._runner.submit(step, rules, then, guard)
            future.add_done_callback(
                functools.partial(self._ended, step, len(steps), results, parts[1:], rules)
            )

    def _ended(  # noqa: PLR0913, PLR0917 - what the end of a step has to know of its phase
        self,
        step: Step,
        wanted: int,
        results: list[StepResult],
        rest: list[list[Step]],
        rules: LaunchPolicy,
        future: Future[StepResult],
    ) -> None:
        error = future.exception()
        if error is not None:
            self.errors[step] = error if isinstance(error, TamrError) else TamrError(repr(error))
            return
        with self._lock:
            self.results[step] = future.result()
            results.append(future.result())
            complete = len(results) == wanted
        if complete:
            self._submit(rest, rules, results)
