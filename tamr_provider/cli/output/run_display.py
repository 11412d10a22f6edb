"""The progress of a run on a terminal, drawn again and again until the run ends."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from rich.text import Text

from tamr_provider.cli.output.printing import to_ascii
from tamr_provider.cli.output.run_lines import format_run
from tamr_provider.cli.output.styled import Span, cut_line, line

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

    from tamr_provider.cli.output.styled import Line
    from tamr_provider.clock import Clock
    from tamr_provider.decision.steps import Step
    from tamr_provider.environments.run_progress import RunProgress
    from tamr_provider.reconciler.pending import StepResult
    from tamr_provider.reconciler.progress import StepStatus


class RunDisplay:
    """A progress observer that renders itself.

    It sets `changed` when there is something new to draw; the display clears it.
    """

    def __init__(self, progress: RunProgress, stack: str, clock: Clock) -> None:
        self._progress = progress
        self._stack = stack
        self._clock = clock
        self._lock = threading.Lock()
        self._started_at = clock.monotonic()
        self._polled_at = clock.monotonic()
        self._last: dict[tuple[str, str], tuple[str, str]] = {}
        self._note = ""
        self._warnings: list[str] = []
        self.changed = threading.Event()

    @property
    def unprinted_warnings(self) -> list[str]:
        """The warnings, which the display takes with it when it ends."""
        with self._lock:
            return list(self._warnings)

    def status(self, step: Step, status: StepStatus) -> None:
        """Update a step's row."""
        key = step.product, str(step.configuration)
        change = (*status.change[:1], status.decision.reason)
        with self._lock:
            self._polled_at = self._clock.monotonic()
            is_new = self._last.get(key) != change
            self._last[key] = change
        self._progress.update(step, status)
        if is_new:
            self.changed.set()

    def ended(
        self, step: Step, outcome: StepResult | Exception, status: StepStatus | None = None
    ) -> None:
        """Show how a step ended, a failure with its reason."""
        if status is not None:
            with self._lock:
                self._polled_at = self._clock.monotonic()
        self._progress.end(step, outcome, status)
        self.changed.set()

    def note(self, text: str) -> None:
        """Show a note about the whole run below the rows."""
        with self._lock:
            self._note = text
        self.changed.set()

    def warn(self, step: Step, text: str) -> None:  # noqa: ARG002 - the text names the product
        """Keep a warning about a step's product below the rows."""
        with self._lock:
            self._warnings.append(text)
        self.changed.set()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Render the lines that fit the terminal; the last row is the cursor's."""
        width, height = options.max_width, console.height - 1
        notes = self._format_notes(width)
        now = self._clock.monotonic()
        with self._lock:
            later = timedelta(seconds=now - self._polled_at)
        lines = format_run(
            self._progress.state(later),
            self._stack,
            timedelta(seconds=now - self._started_at),
            (width, height - len(notes)),
            ascii_only=options.ascii_only,
        )
        for made in [*lines, *notes][: max(1, height)]:
            yield to_rich(made, options.ascii_only)

    def _format_notes(self, width: int) -> list[Line]:
        with self._lock:
            note, warnings = self._note, list(self._warnings)
        more = f" (and {len(warnings) - 1} more)" if len(warnings) > 1 else ""
        texts = [note, *(f"warning: {warning}{more}" for warning in warnings[:1])]
        return [cut_line(line(Span(text, "yellow")), width) for text in texts if text]


def to_rich(made: Line, ascii_only: bool) -> Text:
    """Return a line for rich, which does not wrap it."""
    text = Text(no_wrap=True, overflow="crop")
    for span in made:
        text.append(to_ascii(span.text) if ascii_only else span.text, span.style)
    return text
