"""A run as a table for a terminal: what every step waits for, and who has the tenant's slots."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from tamr_provider.errors import HeldError, NotFinishedError
from tamr_provider.foreign_text import visible
from tamr_provider.reconciler.pending import Origin
from tamr_provider.reconciler.progress import JobProgress

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console, ConsoleOptions, RenderResult

    from tamr_provider.clock import Clock
    from tamr_provider.decision.steps import Step
    from tamr_provider.reconciler.pending import StepResult
    from tamr_provider.reconciler.progress import StepStatus

_COLOURS = {
    "RUNNING": "cyan",
    "PENDING": "cyan",
    "wait": "yellow",
    "failed": "red",
    "held": "red",
    "not finished": "yellow",
    "done": "green",
}
_NARROW = 60  # columns; below, a step takes two lines
_BARS = (20, 10)  # columns; the widest that leaves room for the words beside it
_STATE, _LONGEST_STATE = 7, 12  # RUNNING, so that words do not move about; not finished
_AROUND = 5  # lines for the heading, the slots, a note and what is left out
_WARNING_LINES = 3  # of a warning on 80 columns
_LATER = "waits for the steps before it"


@dataclass(frozen=True)
class _Row:
    """A step or a job of others; a wait's time goes on from `seen`, in this machine's seconds."""

    product: str
    name: str
    state: str = ""
    text: str = _LATER
    job_id: str = ""
    wait: JobProgress | None = None
    seen: float = 0.0
    found: bool = False

    def now(self, monotonic: float) -> JobProgress | None:
        """Return the wait as of now."""
        if self.wait is None:
            return None
        return self.wait.after(timedelta(seconds=monotonic - self.seen))


class Table:
    """An observer that draws itself; once `closed`, as the record of what happened.

    `changed` is set whenever there is news, and left for whoever draws to clear.
    """

    def __init__(self, steps: Sequence[Step], clock: Clock) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._rows = {_key(step): _Row(*_key(step)) for step in steps}
        self._tenant: StepStatus | None = None
        self._heard = 0.0
        self._note = ""
        self._warnings: list[str] = []
        self.closed, self.changed = False, threading.Event()

    def status(self, step: Step, status: StepStatus) -> None:
        """Update a step's row."""
        wait = status.wait
        text, job_id = ("", wait.job.id) if wait else (status.decision.reason, "")
        seen = self._clock.monotonic()
        with self._lock:
            self._tenant, self._heard = status, seen
        self._put(_Row(*_key(step), status.state, text, job_id, wait, seen))

    def wait(self, wait: JobProgress) -> None:
        """Update the row of a job that is watched by itself."""
        name, state = str(wait.job.configuration), wait.job.state or "UNKNOWN"
        seen = self._clock.monotonic()
        self._put(_Row("", name, state, "", wait.job.id, wait, seen))

    def ended(self, step: Step, outcome: StepResult | Exception) -> None:
        """Close a step's row; what went wrong is told below the table, once."""
        if isinstance(outcome, Exception):
            kinds: dict[type, str] = {HeldError: "held", NotFinishedError: "not finished"}
            self._put(_Row(*_key(step), kinds.get(type(outcome), "failed"), ""))
        else:
            found, words = (
                outcome.origin == Origin.EXISTING,
                outcome.words.removeprefix("succeeded "),
            )
            self._put(_Row(*_key(step), "done", words, outcome.job.id, found=found))

    def note(self, text: str) -> None:
        """Show what concerns the whole run below the table."""
        with self._lock:
            self._note = text
        self.changed.set()

    def warn(self, step: Step, text: str) -> None:  # noqa: ARG002 - the text names the product
        """Keep a warning about a step's product below the table."""
        with self._lock:
            self._warnings.append(text)
        self.changed.set()

    def _put(self, row: _Row) -> None:
        key = row.product, row.name
        with self._lock:
            before, self._rows[key] = self._rows.get(key), row
        if before is None or (before.state, before.text) != (row.state, row.text):
            self.changed.set()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it for the width and height at hand."""
        with self._lock:
            rows, tenant, note = list(self._rows.values()), self._tenant, self._note
            warnings = list(self._warnings)
        unheard = tenant is None and all(row.text == _LATER for row in rows)
        if unheard:  # before the first look nothing is known of any step
            rows = [replace(row, text="") for row in rows]
        others = [] if self.closed or tenant is None else self._others(rows, tenant)
        lines_each = 2 if options.max_width < _NARROW else 1
        around = _AROUND + _WARNING_LINES * bool(warnings)
        room = (console.height - around) // lines_each - len(others)
        shown, left_out = _fitting(rows, room, self.closed)
        draw = _Drawing(options.max_width, options.ascii_only, self._clock.monotonic())
        yield draw.rows([*shown, *others])
        if left_out:
            yield Text(left_out, "dim")
        if not self.closed and tenant is not None:
            yield Text(_slots(tenant, len(others)), "dim")
        if unheard and not self.closed:
            yield Text("looking at the tenant", "dim")
        if note:
            yield Text(visible(note), "yellow")
        for warning in warnings if self.closed else _shorten(warnings):
            yield Text(visible(f"warning: {warning}"), "yellow")

    def _others(self, rows: Sequence[_Row], tenant: StepStatus) -> list[_Row]:
        """Return the tenant's active jobs that no step of this run waits for as its own."""
        ours = {row.wait.job.id for row in rows if row.wait is not None}
        return [
            _Row("others", str(job.configuration), job.state, "", job.id, wait, self._heard)
            for wait in [
                JobProgress(job, tenant.now) for job in tenant.active if job.id not in ours
            ]
            for job in [wait.job]
        ]


class _Drawing:
    """The same columns for every row, as wide as the terminal allows."""

    def __init__(self, width: int, ascii_only: bool, monotonic: float) -> None:
        self._width, self._ascii, self._monotonic = width, ascii_only, monotonic

    def rows(self, rows: Sequence[_Row]) -> Grid | Group:
        """Return the rows as columns, or one below the other where they do not fit."""
        if self._width < _NARROW:
            return Group(*(each for row in rows for each in self._stacked(row)))
        grid = Grid(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for name in ("product", "step"):
            grid.add_column(name, no_wrap=True)
        grid.add_column("state", no_wrap=True, min_width=_STATE)
        grid.add_column("")
        bar, ids = self._room(rows)
        for row in rows:
            names = (Text(each, _style(row)) for each in _names(row))
            grid.add_row(*names, _state(row), self._details(row, bar, ids))
        return grid

    def _stacked(self, row: _Row) -> Iterator[Text | Padding]:
        yield Text(" ".join(filter(None, _names(row))), "bold")
        details = self._details(row, 0, ids=True)
        yield Padding(
            _state(row).append(" " if row.state else "").append_text(details), (0, 0, 0, 2)
        )

    def _details(self, row: _Row, bar: int, ids: bool) -> Text:
        wait = row.now(self._monotonic)
        words = Text(self._words(row, ids), _style(row))
        if wait is None or wait.share is None or not bar:
            return words
        return self._bar(wait.share, wait.is_overdue, bar).append("  ").append_text(words)

    def _words(self, row: _Row, ids: bool) -> str:
        wait = row.now(self._monotonic)
        words = str(wait) if wait else row.text
        return visible(f"{words} ({row.job_id})" if ids and row.job_id else words)

    def _bar(self, share: float, overdue: bool, width: int) -> Text:
        full, empty = "#-" if self._ascii else "━┄"
        done = min(width, int(share * width))
        style = "yellow" if overdue else "green"
        return Text().append(full * done, style).append(empty * (width - done), "dim")

    def _room(self, rows: Sequence[_Row]) -> tuple[int, bool]:
        """Return how wide the bars are, and whether job ids fit beside them on one line."""
        names = sum(max(map(len, each), default=0) for each in zip(*map(_names, rows), strict=True))
        room = self._width - names - _LONGEST_STATE - 6  # the gaps between the columns
        jobs = [row for row in rows if row.job_id]
        for ids in (True, False):
            words = max((len(self._words(row, ids)) for row in jobs), default=0)
            for bar in _BARS:
                if bar + 2 + words <= room:
                    return bar, ids
        return 0, False


def _fitting(rows: Sequence[_Row], room: int, closed: bool) -> tuple[list[_Row], str]:
    """Return the rows that a screen has room for, and in words what is left out."""
    left_out = []
    shown = list(rows)
    folds = [("needed nothing", [row for row in rows if row.found])]
    if not closed:
        folds.append(("done", [row for row in rows if row.state == "done" and not row.found]))
        folds.append(("to come", [row for row in rows if row.text == _LATER]))
    for words, folded in folds:
        if len(shown) > room and folded:
            left_out.append(f"{len(folded)} {words}")
            shown = [row for row in shown if row not in folded]
    if len(shown) > room and not closed:
        left_out.append(f"{len(shown) - max(0, room)} more")
        first = sorted(shown, key=lambda row: row.wait is None)[: max(0, room)]
        shown = [row for row in shown if row in first]
    return shown, f"… and {', '.join(left_out)}" if left_out else ""


def _shorten(warnings: Sequence[str]) -> list[str]:
    """Return one warning that counts the others, so that the rows keep their room."""
    more = f" (and {len(warnings) - 1} more)" if len(warnings) > 1 else ""
    return [f"{warning}{more}" for warning in warnings[:1]]


def _slots(tenant: StepStatus, others: int) -> str:
    used = len(tenant.active)
    whose = {"this run": used - others, "others": others}
    parts = [f"{count} by {who}" for who, count in whose.items() if count]
    return f"{used} of {tenant.slots} slots in use{': ' * bool(parts)}{', '.join(parts)}"


def _names(row: _Row) -> tuple[str, str]:
    return visible(row.product), visible(row.name)


def _style(row: _Row) -> str:
    return "dim" if row.product == "others" or row.text == _LATER else ""


def _state(row: _Row) -> Text:
    return Text(row.state, _COLOURS.get(row.state, ""))


def _key(step: Step) -> tuple[str, str]:
    return step.product, str(step.configuration)
