"""What a run shows: a table that updates in place on a terminal, lines for a log elsewhere."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tamr_provider.cli.output.printing import say_progress
from tamr_provider.clock import SystemClock
from tamr_provider.foreign_text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tamr_provider.cli.output.progress_table import Table
    from tamr_provider.clock import Clock
    from tamr_provider.decision.steps import Step
    from tamr_provider.reconciler.pending import StepResult
    from tamr_provider.reconciler.progress import StepStatus

# A log that is silent for ten minutes looks dead, to people and to some CI systems.
_SECONDS_BETWEEN = 300.0


class LogReporter:
    """An observer that prints a line per change of state, and one per job and five minutes."""

    def __init__(self, clock: Clock, print_: Callable[[str], None] = say_progress) -> None:
        self._clock, self._print, self._lock = clock, print_, threading.Lock()
        self._last: dict[object, tuple[object, float]] = {}

    def status(self, step: Step, status: StepStatus) -> None:
        """Print a step's status where it changed, or its job has run on for long."""
        self._say(str(step), status.change, str(status), again=status.wait is not None)

    def ended(self, step: Step, outcome: StepResult | Exception) -> None:
        """Print how a step ended; what went wrong is told at the end, once."""
        if not isinstance(outcome, Exception):
            self._say(str(step), "ended", f"done: {outcome}")

    def note(self, text: str) -> None:
        """Print what concerns the whole run."""
        self._say("", text, text)

    def warn(self, step: Step, text: str) -> None:  # noqa: ARG002 - the text names the product
        """Print a warning about a step's product."""
        self._say("", text, f"warning: {text}")

    def _say(self, about: str, change: object, text: str, again: bool = False) -> None:
        now = self._clock.monotonic()
        with self._lock:
            last, at = self._last.get(about, (None, now))
            if last == change and not (again and now - at >= _SECONDS_BETWEEN):
                return
            self._last[about] = change, now
        clock = self._clock.now().astimezone().strftime("%H:%M:%S")
        self._print(visible("  ".join(filter(None, (clock, about, text)))))


@contextmanager
def make_reporter(steps: Sequence[Step]) -> Iterator[LogReporter | Table]:
    """Hand out the observer that suits where the output goes."""
    with terminal_table(steps, stays=True) as table:
        yield table or LogReporter(SystemClock())


@contextmanager
def terminal_table(steps: Sequence[Step] = (), stays: bool = False) -> Iterator[Table | None]:
    """Hand out a table that is kept drawn until the block ends, None where no terminal is.

    It stays as a record of the run, or is erased.
    """
    from rich.console import Console

    console = Console()
    if not console.is_terminal or console.is_dumb_terminal:
        yield None
        return
    from tamr_provider.cli.output.live_display import live_display
    from tamr_provider.cli.output.progress_table import Table

    table = Table(steps, SystemClock())
    with live_display(table, console, stays, table.changed):
        try:
            yield table
        finally:
            table.closed = True
