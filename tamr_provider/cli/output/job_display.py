"""One job that a command waits for, on a terminal."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from tamr_provider.cli.output.run_display import to_rich
from tamr_provider.cli.output.run_lines import draw_bar
from tamr_provider.cli.output.styled import Span, cut_line, line
from tamr_provider.decision.states import State
from tamr_provider.timestamps import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console, ConsoleOptions, RenderResult

    from tamr_provider.cli.output.styled import Line
    from tamr_provider.clock import Clock
    from tamr_provider.reconciler.progress import JobProgress

_BAR = 10  # Columns.


class JobDisplay:
    """The last known progress of a job; it grows between two polls."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._progress: JobProgress | None = None
        self._polled_at = clock.monotonic()
        self.changed = threading.Event()

    def show(self, progress: JobProgress) -> None:
        """Record the progress as of now."""
        self._progress = progress
        self._polled_at = self._clock.monotonic()
        self.changed.set()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Render one line."""
        if self._progress is not None:
            later = timedelta(seconds=self._clock.monotonic() - self._polled_at)
            made = format_job_line(self._progress.after(later))
            yield to_rich(cut_line(made, options.max_width), options.ascii_only)


def format_job_line(progress: JobProgress) -> Line:
    """Return what the job does, how far it is, and its ID."""
    job = progress.job
    elapsed = format_duration(progress.now - job.created_at) if job.created_at else ""
    usual = f" of about {format_duration(progress.usual.median)}" if progress.usual else ""
    bar = f"{draw_bar(progress.share, _BAR)}  " if progress.share is not None else ""
    return line(
        Span(State.RUNNING.symbol, State.RUNNING.color),
        f" {job.configuration}  ",
        Span(bar, "green"),
        f"{job.state.lower()} {elapsed}{usual}  ",
        Span(job.id, "dim"),
    )


@contextmanager
def job_display(clock: Clock) -> Iterator[JobDisplay | None]:
    """Yield a display that is drawn until the block ends, or None without a terminal."""
    from rich.console import Console

    from tamr_provider.cli.output.live_display import live_display

    console = Console()
    if not console.is_terminal or console.is_dumb_terminal:
        yield None
        return
    display = JobDisplay(clock)
    with live_display(display, console, display.changed):
        yield display
