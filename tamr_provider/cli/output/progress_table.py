"""The progress of a run as a table for a terminal: every step, and the tenant's slots."""

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

_COLORS = {
    "RUNNING": "cyan",
    "PENDING": "cyan",
    "wait": "yellow",
    "failed": "red",
    "on hold": "red",
    "not finished": "yellow",
    "satisfied": "green",
}
_MIN_WIDTH = 60  # Columns; on a narrower terminal, a step takes two lines.
_BARS = (20, 10)  # Columns; the widest one that leaves room for the text is used.
_STATE_WIDTH = 7  # "RUNNING", so that columns do not move.
_LONGEST_STATE = 12  # "not finished"
_OTHER_LINES = 5  # For the heading, the slots, a note and the number of omitted rows.
_WARNING_LINES = 3  # Of a warning on 80 columns.
_LATER = "waiting for earlier steps"
_OTHERS = "others"


@dataclass(frozen=True)
class _Row:
    """A step, or a job of another user; `seen_at` is the monotonic time of `progress`."""

    product: str
    name: str
    state: str = ""
    text: str = _LATER
    job_id: str = ""
    progress: JobProgress | None = None
    seen_at: float = 0.0
    was_satisfied: bool = False

    def progress_at(self, monotonic: float) -> JobProgress | None:
        if self.progress is None:
            return None
        return self.progress.after(timedelta(seconds=monotonic - self.seen_at))


class Table:
    """A progress observer that renders itself; once `is_closed`, as a record of the run.

    It sets `changed` when a row changes; the display clears it.
    """

    def __init__(self, steps: Sequence[Step], clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._rows = {_key(step): _Row(*_key(step)) for step in steps}
        self._tenant: StepStatus | None = None
        self._tenant_seen_at = 0.0
        self._note = ""
        self._warnings: list[str] = []
        self.is_closed = False
        self.changed = threading.Event()

    def status(self, step: Step, status: StepStatus) -> None:
        """Update a step's row."""
        progress = status.wait
        text, job_id = ("", progress.job.id) if progress else (status.decision.text, "")
        now = self._clock.monotonic()
        with self._lock:
            self._tenant = status
            self._tenant_seen_at = now
        self._put(_Row(*_key(step), status.state, text, job_id, progress, now))

    def wait(self, progress: JobProgress) -> None:
        """Update the row of a job that is watched without a step."""
        job = progress.job
        state = job.state or "UNKNOWN"
        now = self._clock.monotonic()
        self._put(_Row("", str(job.configuration), state, "", job.id, progress, now))

    def ended(self, step: Step, outcome: StepResult | Exception) -> None:
        """Close a step's row; errors are printed below the table, once."""
        if isinstance(outcome, Exception):
            kinds: dict[type, str] = {HeldError: "on hold", NotFinishedError: "not finished"}
            self._put(_Row(*_key(step), kinds.get(type(outcome), "failed"), ""))
        else:
            text = outcome.words.removeprefix("succeeded ")
            was_satisfied = outcome.origin == Origin.EXISTING
            row = _Row(*_key(step), "satisfied", text, outcome.job.id, was_satisfied=was_satisfied)
            self._put(row)

    def note(self, text: str) -> None:
        """Show a note about the whole run below the table."""
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
        """Render the rows that fit the terminal."""
        with self._lock:
            rows, tenant, note = list(self._rows.values()), self._tenant, self._note
            warnings = list(self._warnings)
        is_first = tenant is None and all(row.text == _LATER for row in rows)
        if is_first:  # Show no reason until the first poll has returned.
            rows = [replace(row, text="") for row in rows]
        others = [] if self.is_closed or tenant is None else self._list_others(rows, tenant)
        lines_per_row = 2 if options.max_width < _MIN_WIDTH else 1
        other_lines = _OTHER_LINES + _WARNING_LINES * bool(warnings)
        room = (console.height - other_lines) // lines_per_row - len(others)
        shown, omitted = _take_fitting(rows, room, self.is_closed)
        layout = _Layout(options.max_width, options.ascii_only, self._clock.monotonic())
        yield layout.format_rows([*shown, *others])
        if omitted:
            yield Text(omitted, "dim")
        if not self.is_closed and tenant is not None:
            yield Text(_format_slots(tenant, len(others)), "dim")
        if is_first and not self.is_closed:
            yield Text("reading jobs from the tenant", "dim")
        if note:
            yield Text(visible(note), "yellow")
        for warning in warnings if self.is_closed else _shorten(warnings):
            yield Text(visible(f"warning: {warning}"), "yellow")

    def _list_others(self, rows: Sequence[_Row], tenant: StepStatus) -> list[_Row]:
        """Return the tenant's active jobs that no step of this run waits for."""
        ours = {row.progress.job.id for row in rows if row.progress is not None}
        at = self._tenant_seen_at
        return [
            _Row(_OTHERS, str(job.configuration), job.state, "", job.id, progress, at)
            for job in tenant.active
            if job.id not in ours
            for progress in [JobProgress(job, tenant.now)]
        ]


class _Layout:
    """Columns as wide as the terminal allows, the same for every row."""

    def __init__(self, width: int, ascii_only: bool, monotonic: float) -> None:
        self._width = width
        self._ascii_only = ascii_only
        self._monotonic = monotonic

    def format_rows(self, rows: Sequence[_Row]) -> Grid | Group:
        """Return the rows as columns, or as two lines each on a narrow terminal."""
        if self._width < _MIN_WIDTH:
            return Group(*(line for row in rows for line in self._stack(row)))
        grid = Grid(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for name in ("product", "step"):
            grid.add_column(name, no_wrap=True)
        grid.add_column("state", no_wrap=True, min_width=_STATE_WIDTH)
        grid.add_column("")
        bar, has_ids = self._fit(rows)
        for row in rows:
            names = (Text(name, _find_style(row)) for name in _format_names(row))
            grid.add_row(*names, _format_state(row), self._format_details(row, bar, has_ids))
        return grid

    def _stack(self, row: _Row) -> Iterator[Text | Padding]:
        yield Text(" ".join(filter(None, _format_names(row))), "bold")
        details = self._format_details(row, 0, has_ids=True)
        state = _format_state(row).append(" " if row.state else "")
        yield Padding(state.append_text(details), (0, 0, 0, 2))

    def _format_details(self, row: _Row, bar: int, has_ids: bool) -> Text:
        progress = row.progress_at(self._monotonic)
        text = Text(self._format_text(row, has_ids), _find_style(row))
        if progress is None or progress.share is None or not bar:
            return text
        drawn = self._draw_bar(progress.share, progress.is_overdue, bar)
        return drawn.append("  ").append_text(text)

    def _format_text(self, row: _Row, has_ids: bool) -> str:
        progress = row.progress_at(self._monotonic)
        text = str(progress) if progress else row.text
        return visible(f"{text} ({row.job_id})" if has_ids and row.job_id else text)

    def _draw_bar(self, share: float, overdue: bool, width: int) -> Text:
        full, empty = "#-" if self._ascii_only else "━┄"
        done = min(width, int(share * width))
        style = "yellow" if overdue else "green"
        return Text().append(full * done, style).append(empty * (width - done), "dim")

    def _fit(self, rows: Sequence[_Row]) -> tuple[int, bool]:
        """Return the width of the bars, and whether job IDs fit next to them."""
        columns = zip(*map(_format_names, rows), strict=True)
        names = sum(max(map(len, column), default=0) for column in columns)
        room = self._width - names - _LONGEST_STATE - 6  # The gaps between the columns.
        jobs = [row for row in rows if row.job_id]
        for has_ids in (True, False):
            text = max((len(self._format_text(row, has_ids)) for row in jobs), default=0)
            for bar in _BARS:
                if bar + 2 + text <= room:
                    return bar, has_ids
        return 0, False


def _take_fitting(rows: Sequence[_Row], room: int, is_closed: bool) -> tuple[list[_Row], str]:
    """Return the rows that fit the screen, and a count of the others as text."""
    omitted = []
    shown = list(rows)
    folds = [("already satisfied", [row for row in rows if row.was_satisfied])]
    if not is_closed:
        done = [row for row in rows if row.state == "satisfied" and not row.was_satisfied]
        folds.append(("satisfied", done))
        folds.append(("waiting", [row for row in rows if row.text == _LATER]))
    for name, folded in folds:
        if len(shown) > room and folded:
            omitted.append(f"{len(folded)} {name}")
            shown = [row for row in shown if row not in folded]
    if len(shown) > room and not is_closed:
        omitted.append(f"{len(shown) - max(0, room)} more")
        first = sorted(shown, key=lambda row: row.progress is None)[: max(0, room)]
        shown = [row for row in shown if row in first]
    return shown, f"… and {', '.join(omitted)}" if omitted else ""


def _shorten(warnings: Sequence[str]) -> list[str]:
    """Return one warning that counts the others, to leave room for the rows."""
    more = f" (and {len(warnings) - 1} more)" if len(warnings) > 1 else ""
    return [f"{warning}{more}" for warning in warnings[:1]]


def _format_slots(tenant: StepStatus, others: int) -> str:
    used = len(tenant.active)
    by_owner = {"this run": used - others, _OTHERS: others}
    parts = [f"{count} by {owner}" for owner, count in by_owner.items() if count]
    return f"{used} of {tenant.slots} slots in use{': ' * bool(parts)}{', '.join(parts)}"


def _format_names(row: _Row) -> tuple[str, str]:
    return visible(row.product), visible(row.name)


def _find_style(row: _Row) -> str:
    return "dim" if row.product == _OTHERS or row.text == _LATER else ""


def _format_state(row: _Row) -> Text:
    return Text(row.state, _COLORS.get(row.state, ""))


def _key(step: Step) -> tuple[str, str]:
    return step.product, str(step.configuration)
