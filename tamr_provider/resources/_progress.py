"""Progress in the engine's rows: a line per change of state, and one repetition a minute."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from tamr_provider.decision.states import State
from tamr_provider.decision.table import Action
from tamr_provider.errors import NotFinishedError, StepError
from tamr_provider.planning.planned_step import PlannedStep
from tamr_provider.planning.product_state import format_running
from tamr_provider.reconciler.pending import Origin

if TYPE_CHECKING:
    from tamr_provider.clock import Clock
    from tamr_provider.decision.steps import Step
    from tamr_provider.reconciler.pending import StepResult
    from tamr_provider.reconciler.progress import StepStatus

# Without a terminal, every status becomes a line in the CI log.
_SECONDS_BETWEEN = 60.0


class StatusSink(Protocol):
    """Destination for the texts of a resource, or of the stack if the URN is empty."""

    def show_status(self, urn: str, text: str) -> None:
        """Show a status until the next one."""

    def add_diagnostic(self, urn: str, text: str, *, is_warning: bool = False) -> None:
        """Add a line to the diagnostics."""


class EngineReporter:
    """Reports the progress of steps to the engine, by the URN of their resource."""

    def __init__(self, clock: Clock, sink: StatusSink | None) -> None:
        self._clock = clock
        self._sink = sink
        self._lock = threading.Lock()
        self._urns: dict[Step, str] = {}
        self._open: set[Step] = set()
        self._last: dict[Step, tuple[tuple[str, str], float]] = {}
        self._repeated = clock.monotonic()

    def assign_urn(self, step: Step, urn: str) -> None:
        """Set the URN of a step that begins, or "" if the host does not know it."""
        with self._lock:
            self._urns[step] = urn
            self._open.add(step)

    def status(self, step: Step, status: StepStatus) -> None:
        """Show a status if it changed, or if it is due to be repeated."""
        if not (text := _format_status(step, status)):
            return
        change = (text.partition(" ")[0], status.decision.job.id if status.decision.job else "")
        with self._lock:
            urn = self._urns.get(step, "")
            is_due = self._is_due(step, change, self._clock.monotonic())
        if is_due and urn and self._sink is not None:
            self._sink.show_status(urn, text)

    def _is_due(self, step: Step, change: tuple[str, str], now: float) -> bool:
        """Return whether to show a status: any change, and one oldest status a minute."""
        last, at = self._last.get(step, (None, now))
        changed = last != change
        oldest = all(at <= other for _, other in self._last.values())
        repeats = not changed and oldest and now - self._repeated >= _SECONDS_BETWEEN
        if repeats:
            self._repeated = now
        if changed or repeats:
            self._last[step] = (change, now)
        return changed or repeats

    def ended(
        self,
        step: Step,
        outcome: StepResult | Exception,
        status: StepStatus | None = None,  # noqa: ARG002 - the outcome says enough
    ) -> None:
        """Show how a step ended.

        The engine shows an error itself, but gets it only when no other step can go on.
        """
        with self._lock:
            urn = self._urns.get(step, "")
            self._last.pop(step, None)
            self._open.discard(step)
            others = "; other steps continue" if self._open else ""
        if not urn or self._sink is None:
            return
        if not isinstance(outcome, Exception):
            self._sink.show_status(urn, _format_result(outcome))
        elif not isinstance(outcome, NotFinishedError):
            self._sink.show_status(urn, _format_error(step, outcome) + others)

    def note(self, text: str) -> None:
        """Show a text that concerns all steps in the stack's row."""
        if self._sink is not None:
            self._sink.show_status("", text)

    def warn(self, step: Step, text: str) -> None:
        """Add a warning to the resource of the step, or to the stack if it has none."""
        with self._lock:
            urn = self._urns.get(step, "")
        if self._sink is not None:
            self._sink.add_diagnostic(urn, text, is_warning=True)


def _format_status(step: Step, status: StepStatus) -> str:
    """Return the info of a row: facts first, IDs last; "" for a step that is being launched."""
    decision = status.decision
    planned = replace(PlannedStep.from_decision(step, decision), usual=status.usual)
    if decision.action is Action.ADOPT:
        running = format_running(planned, status.now)
        return f"{State.RUNNING.step_words} {running} ({planned.job_id})"
    if decision.action is not Action.WAIT:
        return ""
    # A row is rarely refreshed, so it shows neither slots nor a place in the queue.
    waits_for_slot = decision.job is None and (decision.blockers or decision.earliest is None)
    return f"{State.WAITING.step_words}: {'a free slot' if waits_for_slot else decision.text}"


def _format_result(result: StepResult) -> str:
    """Return the info of a satisfied step, such as `satisfied after 44m (job_1)`."""
    words = result.words.removeprefix("succeeded").removesuffix(" (already satisfied)")
    before = " before this run," if result.origin is Origin.EXISTING else ""
    return f"{State.SATISFIED.step_words}{before}{words} ({result.job.id})"


def _format_error(step: Step, error: Exception) -> str:
    """Return what happened to a step, without its name, its job and what to do about it."""
    text = "; ".join(str(error).splitlines()).removeprefix(f"{step} ").removeprefix(f"{step}: ")
    job_id = error.job_id if isinstance(error, StepError) else ""
    what = text.partition(f" ({job_id}")[0] if job_id else text
    return what.partition(". To ")[0].removeprefix("is ")
