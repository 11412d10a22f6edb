"""What a run shows: a table that updates in place on a terminal, a line a change elsewhere."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from tamr_provider.clock import SystemClock
from tamr_provider.errors import HeldError, NotFinishedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import RenderableType

    from tamr_provider.progress import Status
    from tamr_provider.steps import Step
    from tamr_provider.ticket import Result

_COLOURS = {
    "RUNNING": "cyan",
    "PENDING": "cyan",
    "wait": "yellow",
    "failed": "red",
    "held": "red",
    "not finished": "yellow",
    "done": "green",
}


class Lines:
    """An observer that prints one line per change of state."""

    def __init__(self, print_: Callable[[str], None] = click.echo) -> None:
        self._print, self._last, self._lock = print_, dict[object, object](), threading.Lock()

    def status(self, step: Step, status: Status) -> None:
        """Print a step's status if it differs from the last one printed."""
        self._say(step, status.change, str(status))

    def ended(self, step: Step, outcome: Result | Exception) -> None:
        """Print how a step ended."""
        if not isinstance(outcome, Exception):
            self._say(step, "ended", f"done: {outcome}")

    def note(self, text: str) -> None:
        """Print what concerns the whole run."""
        self._say("note", text, text)

    def _say(self, about: object, change: object, text: str) -> None:
        with self._lock:
            if self._last.get(about) == change:
                return
            self._last[about] = change
        clock = datetime.now().astimezone().strftime("%H:%M:%S")
        self._print(f"{clock}  {text}" if about == "note" else f"{clock}  {about}  {text}")


@dataclass(frozen=True)
class _Row:
    """What a step's row says; a wait's text goes on counting from `seen`."""

    step: Step
    state: str
    text: str
    status: Status | None = None
    seen: float = 0.0

    def now(self) -> str:
        """Return the text as of now: a look may be five minutes old."""
        if self.status is None or self.status.elapsed is None:
            return self.text
        since = timedelta(seconds=SystemClock().monotonic() - self.seen)
        return _detail(replace(self.status, elapsed=self.status.elapsed + since))


class Table:
    """An observer that keeps a table of all steps."""

    def __init__(self, steps: list[Step]) -> None:
        rows = [_Row(step, "", "waits for the steps before it") for step in steps]
        self._rows = {_key(row.step): row for row in rows}
        self._note, self._lock = "", threading.Lock()

    def status(self, step: Step, status: Status) -> None:
        """Update a step's row."""
        row = _Row(step, status.state, _detail(status), status, SystemClock().monotonic())
        with self._lock:
            self._rows[_key(step)] = row

    def ended(self, step: Step, outcome: Result | Exception) -> None:
        """Close a step's row; what went wrong is told below the table, once."""
        kinds: dict[type, str] = {HeldError: "held", NotFinishedError: "not finished"}
        failed = isinstance(outcome, Exception)
        state = kinds.get(type(outcome), "failed") if failed else "done"
        row = _Row(step, state, "" if failed else str(outcome))
        with self._lock:
            self._rows[_key(step)] = row

    def note(self, text: str) -> None:
        """Show what concerns the whole run below the table."""
        with self._lock:
            self._note = text

    def __rich__(self) -> RenderableType:
        """Draw it."""
        from rich.console import Group  # noqa: PLC0415 - only a terminal needs it
        from rich.table import Table as Grid  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        grid = Grid(box=None, pad_edge=False, header_style="bold")
        for name in ("product", "step", "state", ""):
            grid.add_column(name, overflow="fold")
        with self._lock:
            rows, note = list(self._rows.values()), self._note
        for row in rows:
            state = Text(row.state, _COLOURS.get(row.state, ""))
            names = (row.step.product, str(row.step.configuration))
            grid.add_row(*(Text(each) for each in names), state, Text(row.now()))
        return Group(grid, Text(note, "yellow")) if note else grid


def _detail(status: Status) -> str:
    return str(status).removeprefix(status.state).lstrip(": ")


def _key(step: Step) -> tuple[str, str]:
    return step.product, str(step.configuration)


@contextmanager
def display(steps: list[Step]) -> Iterator[Lines | Table]:
    """Hand out the observer that suits where the output goes."""
    from rich.console import Console  # noqa: PLC0415
    from rich.live import Live  # noqa: PLC0415

    console = Console()
    if not console.is_terminal or console.is_dumb_terminal:
        yield Lines()
        return
    table = Table(steps)
    with Live(table, console=console, refresh_per_second=4, redirect_stderr=False):
        yield table
