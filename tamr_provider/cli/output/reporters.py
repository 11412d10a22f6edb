"""The progress of a run: a display on a terminal, lines elsewhere."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tamr_provider.cli.output.printing import fold, is_terminal, say_progress
from tamr_provider.cli.output.state_text import count, format_step_reason
from tamr_provider.decision.states import State
from tamr_provider.errors import NotFinishedError
from tamr_provider.foreign_text import visible
from tamr_provider.models import PENDING
from tamr_provider.reconciler.pending import Origin, StepResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tamr_provider.cli.output.run_display import RunDisplay
    from tamr_provider.clock import Clock
    from tamr_provider.decision.steps import Step
    from tamr_provider.environments.run_progress import RunProgress
    from tamr_provider.reconciler.progress import StepStatus

# A log without output for ten minutes looks dead, to people and to some CI systems.
_MAX_SILENT_SECONDS = 300.0


class LogReporter:
    """Prints a line for each event of a job, and one for each active job every five minutes.

    Steps that wait for a slot are only counted, in a line of their own if nothing else is printed.
    """

    def __init__(
        self, progress: RunProgress, clock: Clock, print_: Callable[[str], None] = say_progress
    ) -> None:
        self._progress = progress
        self._clock = clock
        self._print = print_
        self._lock = threading.Lock()
        self._last: dict[object, tuple[object, float]] = {}
        self._printed_at = clock.monotonic()
        self._already = 0

    @property
    def unprinted_warnings(self) -> list[str]:
        """Nothing: a log keeps its lines."""
        return []

    def status(self, step: Step, status: StepStatus) -> None:
        """Print a status that changed, or that was last printed minutes ago."""
        self._progress.update(step, status)
        has_job = status.decision.job is not None
        if has_job and self._is_due(str(step), status.change, repeats=status.wait is not None):
            self._say(f"{step}  {self._format_status(step, status)}")
        elif self._clock.monotonic() - self._printed_at >= _MAX_SILENT_SECONDS:
            self._say(self._count_steps())

    def ended(
        self, step: Step, outcome: StepResult | Exception, status: StepStatus | None = None
    ) -> None:
        """Print how a step ended; those that were satisfied before are only counted."""
        self._progress.end(step, outcome, status)
        if isinstance(outcome, StepResult):
            if outcome.origin is Origin.EXISTING:
                with self._lock:
                    self._already += 1
            else:
                self._say(f"{step}  satisfied: {outcome}")
        elif not isinstance(outcome, NotFinishedError):
            self._say_problem(step)

    def note(self, text: str) -> None:
        """Print a note about the whole run."""
        if self._is_due("", text):
            self._say(text)

    def warn(self, step: Step, text: str) -> None:  # noqa: ARG002 - the text names the product
        """Print a warning about a step's product."""
        self._say(f"warning: {text}")

    def flush(self) -> None:
        """Print how many steps were satisfied before, since the last call."""
        with self._lock:
            number, self._already = self._already, 0
        if number:
            self._print_line(f"{count(number, 'step')} already satisfied")

    def _say_problem(self, step: Step) -> None:
        state = self._progress.judge(step)
        reason = format_step_reason(state, self._clock.now())
        job = f" ({state.job_id})" if state.job_id and state.job_id not in reason else ""
        # After it, the steps that were satisfied before: they stay one line.
        self._print_line(f"{step}  {state.state.step_words}: {reason}{job}")

    def _format_status(self, step: Step, status: StepStatus) -> str:
        state = self._progress.judge(step)
        reason = format_step_reason(state, status.now)
        if state.state is not State.RUNNING:
            return f"{state.state.step_words}: {reason}"
        queued = ", not started by Tamr yet" if state.job and state.job.state == PENDING else ""
        return f"running {reason}{queued} ({state.job_id})"

    def _count_steps(self) -> str:
        run = self._progress.state()
        numbers = [(run.count(State.RUNNING), "running"), (run.count(State.WAITING), "waiting")]
        parts = [f"{number} {words}" for number, words in numbers if number]
        return f"{run.count(State.SATISFIED)} of {len(run.steps)} steps satisfied: " + ", ".join(
            [*parts, f"{len(run.active)} of {run.slots} slots in use"]
        )

    def _is_due(self, subject: str, change: object, repeats: bool = False) -> bool:
        now = self._clock.monotonic()
        with self._lock:
            last, at = self._last.get(subject, (None, now))
            if last == change and not (repeats and now - at >= _MAX_SILENT_SECONDS):
                return False
            self._last[subject] = change, now
        return True

    def _say(self, text: str) -> None:
        self.flush()
        self._print_line(text)

    def _print_line(self, text: str) -> None:
        self._printed_at = self._clock.monotonic()
        time = self._clock.now().astimezone().strftime("%H:%M:%S")
        self._print(visible(f"{time}  {text}"))


@contextmanager
def make_reporter(
    progress: RunProgress, stack: str, clock: Clock
) -> Iterator[LogReporter | RunDisplay]:
    """Yield a display on a terminal, else a log."""
    if not is_terminal():
        reporter = LogReporter(progress, clock)
        with fold(f"Jobs of {stack}"):
            yield reporter
            reporter.flush()
        return
    from rich.console import Console

    from tamr_provider.cli.output.live_display import live_display
    from tamr_provider.cli.output.run_display import RunDisplay

    display = RunDisplay(progress, stack, clock)
    with live_display(display, Console(), display.changed):
        yield display
