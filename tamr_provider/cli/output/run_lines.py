"""A run as lines for a terminal: a headline, then a row for each step that runs or needs you."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tamr_provider.cli.output.state_text import count, format_step_reason, symbol
from tamr_provider.cli.output.styled import (
    Line,
    Span,
    cell_width,
    cut,
    cut_line,
    cut_reason,
    line,
    line_width,
    pad,
)
from tamr_provider.decision.states import State
from tamr_provider.timestamps import format_duration, format_local_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime, timedelta

    from tamr_provider.environments.run_progress import RunState
    from tamr_provider.planning.product_state import ProductState, StepState

_BAR = 10  # Columns.
_MIN_DETAILS = 22  # Columns that a bar leaves for the text after it.
_GAP = 2
_MAX_SLOTS_DRAWN = 10
_PROBLEMS = (State.FAILED, State.HOLD)
# Which rows stay if not all fit: what runs, what needs a reader, then what waits.
_RUNNING, _PROBLEM, _SKIPPED, _QUEUED = range(4)


@dataclass(frozen=True)
class _Row:
    priority: int
    state: State
    line: Line


def format_run(
    state: RunState, stack: str, elapsed: timedelta, size: tuple[int, int], *, ascii_only: bool
) -> list[Line]:
    """Return at most as many lines as `size` has rows, none wider than its columns."""
    width, height = size
    headline = format_run_headline(state, stack, elapsed, width, ascii_only=ascii_only)
    if state.polled_at is None:
        return [headline, line(), cut_line(line(Span("reading the tenant's jobs", "dim")), width)]
    rows = _RunRows(state, width, state.polled_at)
    quiet = [cut_line(made, width) for made in rows.format_quiet()]
    shown = _take_fitting(list(rows.format_rows()), height - 2 - len(quiet))
    return [headline, line(), *(cut_line(made, width) for made in shown), *quiet]


def format_run_headline(
    state: RunState, stack: str, elapsed: timedelta, width: int, *, ascii_only: bool = False
) -> Line:
    """Return the counts, the times and the slots: as much of it as fits."""
    total = len(state.steps)
    steps = f"{state.count(State.SATISFIED)} of {total} steps" if total else ""
    problems = [
        Span(f"{number} {problem.step_words}", problem.color)
        for problem in _PROBLEMS
        if (number := state.count(problem))
    ]
    start = [Span(stack, "bold"), *([Span(steps)] if steps else []), *problems]
    variants = [
        _join([*start, *map(Span, facts)]) for facts in _list_facts(state, elapsed, ascii_only)
    ]
    fitting = (variant for variant in variants if line_width(variant) <= width)
    return next(fitting, None) or cut_line(_join(start), width)


def _list_facts(state: RunState, elapsed: timedelta, ascii_only: bool) -> Iterator[list[str]]:
    """Yield the times and the slots, the longest texts first."""
    spent = format_duration(elapsed)
    used = f"{len(state.active)} of {state.slots}"
    end = ""
    if state.expected_end is not None and state.polled_at is not None:
        end = format_local_time(state.expected_end, state.polled_at)
    if not state.slots:
        yield [f"{spent} elapsed"]
        return
    bar = ""
    if state.slots <= _MAX_SLOTS_DRAWN:
        bar = draw_bar(len(state.active) / state.slots, state.slots, ascii_only) + " "
    yield [f"{spent} elapsed" + (f", done by about {end}" if end else ""), f"slots {bar}{used}"]
    yield [spent + (f", done by {end}" if end else ""), f"slots {bar}{used}"]
    yield [spent + (f", done by {end}" if end else ""), f"slots {used}"]
    yield [f"done by {end}"] if end else [spent]


def _join(spans: Sequence[Span]) -> Line:
    first, *others = spans
    return line(first, *(piece for span in others for piece in (" · ", span)))


def draw_bar(share: float, width: int, ascii_only: bool = False) -> str:
    """Return a bar that is filled up to a share of 1."""
    full, empty = "#-" if ascii_only else "▰▱"
    done = min(width, int(share * width))
    return full * done + empty * (width - done)


class _RunRows:
    """Rows in columns that depend on all steps of the run, so that they do not move."""

    def __init__(self, state: RunState, width: int, now: datetime) -> None:
        self._state = state
        self._now = now
        self._width = width
        steps = state.steps
        names = max((cell_width(product.name) for product in state.products), default=0)
        longest = max((cell_width(step.name) for step in steps), default=0)
        self._name = min(names, max(8, width // 5))
        self._step = min(longest, max(10, width // 3))

    def format_rows(self) -> Iterator[_Row]:
        """Yield a row for each step that runs, is queued, failed or is on hold."""
        for product in self._state.products:
            yield from self._format_product(product)

    def format_quiet(self) -> Iterator[Line]:
        """Yield a line for each state of products that have no row."""
        quiet = [product for product in self._state.products if not any(_list_told(product))]
        for state in dict.fromkeys(product.state for product in quiet):
            names = [product.name for product in quiet if product.state is state]
            yield line(symbol(state), " ", Span(_enumerate(names, self._width - 2), "dim"))

    def _format_product(self, product: ProductState) -> Iterator[_Row]:
        told = list(_list_told(product))
        last = max((at for at, step in enumerate(told) if step.state in _PROBLEMS), default=None)
        for at, step in enumerate(told):
            yield _Row(_find_priority(step), step.state, self._format_step(product.name, step))
            if at == last and product.skipped:
                indent = " " * (2 + self._name + _GAP)
                skipped = f"{count(product.skipped, 'step')} behind it"
                verb = "is" if product.skipped == 1 else "are"
                text = Span(f"{skipped} {verb} skipped in this run", "dim")
                yield _Row(_SKIPPED, State.WAITING, line(indent, text))

    def _format_step(self, product: str, step: StepState) -> Line:
        head = line(
            symbol(step.state),
            " ",
            pad(product, self._name),
            " " * _GAP,
            pad(step.name, self._step),
            " " * _GAP,
        )
        return (*head, *self._format_details(step, self._width - line_width(head)))

    def _format_details(self, step: StepState, room: int) -> Iterator[Span]:
        share = _find_share(step, self._now)
        if share is not None and room >= _BAR + _GAP + _MIN_DETAILS:
            is_late = share > 1
            yield Span(draw_bar(share, _BAR), "yellow" if is_late else "green")
            yield Span(" " * _GAP)
            room -= _BAR + _GAP
        reason = format_step_reason(step, self._now)
        yield Span(cut_reason(reason, room), _find_style(step))


def _list_told(product: ProductState) -> Iterator[StepState]:
    """Yield the steps that get a row; a rule that holds the whole product gets one."""
    problems = product.problems
    for step in product.steps:
        is_begun = step.planned.not_before is not None and not step.is_skipped
        is_open = is_begun and step.state in (State.WAITING, State.PENDING)
        if step.state is State.RUNNING or is_open or step in problems:
            yield step


def _find_priority(step: StepState) -> int:
    if step.state is State.RUNNING:
        return _RUNNING
    return _PROBLEM if step.state in _PROBLEMS else _QUEUED


def _find_share(step: StepState, now: datetime) -> float | None:
    """Return the elapsed time as a share of the usual one, None if that is unknown."""
    usual, job = step.planned.usual, step.job
    if step.state is not State.RUNNING or usual is None or job is None or job.created_at is None:
        return None
    return (now - job.created_at) / usual.median


def _find_style(step: StepState) -> str:
    return step.state.color if step.state in (*_PROBLEMS, State.WAITING) else ""


def _enumerate(names: Sequence[str], room: int) -> str:
    """Return as many names as fit, and a count of the others."""
    for shown in range(len(names), 0, -1):
        more = len(names) - shown
        text = ", ".join(names[:shown]) + (f" and {more} more" if more else "")
        if cell_width(text) <= room:
            return text
    return cut(f"{len(names)} products", room)


def _take_fitting(rows: Sequence[_Row], room: int) -> list[Line]:
    """Return the rows that fit, and a count of the others by state."""
    if len(rows) <= room:
        return [row.line for row in rows]
    order = sorted(range(len(rows)), key=lambda at: (rows[at].priority, at))
    kept = set(order[: max(0, room - 1)])
    omitted = [row for at, row in enumerate(rows) if at not in kept and row.priority != _SKIPPED]
    counts = [
        f"{number} {state.step_words}"
        for state in State
        if (number := sum(row.state is state for row in omitted))
    ]
    shown = [row.line for at, row in enumerate(rows) if at in kept]
    return [*shown, line(Span(f"… and {', '.join(counts)}", "dim"))] if counts else shown
