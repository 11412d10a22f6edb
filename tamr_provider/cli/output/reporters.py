"""The progress of a run: a table on a terminal, lines elsewhere."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tamr_provider.cli.output.printing import say_progress
from tamr_provider.foreign_text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tamr_provider.cli.output.progress_table import Table
    from tamr_provider.clock import Clock
    from tamr_provider.decision.steps import Step
    from tamr_provider.reconciler.pending import StepResult
    from tamr_provider.reconciler.progress import StepStatus

# A log without output for ten minutes looks dead, to people and to some CI systems.
_MAX_SILENT_SECONDS = 300.0


class LogReporter:
    """Prints a line for each change of state, and one for each job every five minutes."""

    def __init__(self, clock: Clock, print_: Callable[[str], None] = say_progress) -> None:
        self._clock = clock
        self._print = print_
        self._lock = threading.Lock()
        self._last: dict[object, tuple[object, float]] = {}

    def status(self, step: Step, status: StepStatus) -> None:
        """Print a status that changed, or that was last printed minutes ago."""
        self._print_change(str(step), status.change, str(status), repeats=status.wait is not None)

    def ended(self, step: Step, outcome: StepResult | Exception) -> None:
        """Print that a step is satisfied; errors are printed once, at the end."""
        if not isinstance(outcome, Exception):
            self._print_change(str(step), "ended", f"satisfied: {outcome}")

    def note(self, text: str) -> None:
        """Print a note about the whole run."""
        self._print_change("", text, text)

    def warn(self, step: Step, text: str) -> None:  # noqa: ARG002 - the text names the product
        """Print a warning about a step's product."""
        self._print_change("", text, f"warning: {text}")

    def _print_change(self, subject: str, change: object, text: str, repeats: bool = False) -> None:
        now = self._clock.monotonic()
        with self._lock:
            last, at = self._last.get(subject, (None, now))
            if last == change and not (repeats and now - at >= _MAX_SILENT_SECONDS):
                return
            self._last[subject] = change, now
        time = self._clock.now().astimezone().strftime("%H:%M:%S")
        self._print(visible("  ".join(filter(None, (time, subject, text)))))


@contextmanager
def make_reporter(steps: Sequence[Step], clock: Clock) -> Iterator[LogReporter | Table]:
    """Yield a table on a terminal, else a log."""
    with terminal_table(clock, steps, stays=True) as table:
        yield table or LogReporter(clock)


@contextmanager
def terminal_table(
    clock: Clock, steps: Sequence[Step] = (), stays: bool = False
) -> Iterator[Table | None]:
    """Yield a table that is drawn until the block ends, or None without a terminal."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal or console.is_dumb_terminal:
        yield None
        return
    from tamr_provider.cli.output.live_display import live_display
    from tamr_provider.cli.output.progress_table import Table

    table = Table(steps, clock)
    with live_display(table, console, stays, table.changed):
        try:
            yield table
        finally:
            table.is_closed = True
