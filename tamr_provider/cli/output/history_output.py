"""Version changes and their outcomes as text and JSON."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from tamr_provider.cli.output.printing import format_json, format_json_time
from tamr_provider.cli.output.state_text import count
from tamr_provider.cli.output.status_output import DEFAULT_WIDTH
from tamr_provider.cli.output.status_words import format_product_reason
from tamr_provider.cli.output.styled import Line, Span, cell_width, cut_line, cut_reason, line, pad
from tamr_provider.decision.states import State
from tamr_provider.environments.history import SUPERSEDED
from tamr_provider.foreign_text import visible
from tamr_provider.timestamps import format_duration, format_local_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from tamr_provider.environments.history import Run
    from tamr_provider.models import Job

_GAP = 2
# What is done, in this order, until a table fits: leave out a column, or cut names to a width.
_DROP, _CUT = "drop", "cut"
_TO_FIT: tuple[tuple[str, str, int], ...] = (
    (_DROP, "commit", 0),
    (_CUT, "product", 16),
    (_CUT, "requested by", 12),
    (_CUT, "version", 16),
    (_CUT, "stack", 12),
    (_DROP, "took", 0),
    (_CUT, "product", 10),
    (_DROP, "requested by", 0),
    (_CUT, "version", 10),
    (_CUT, "stack", 8),
    (_DROP, "when", 0),
)
_MAX_TOGETHER = 3  # More runs of one commit that came out alike share a line.
_DIM = "dim"
Cells = dict[str, Span]


def format_history_text(
    runs: Sequence[Run], now: datetime, width: int = DEFAULT_WIDTH
) -> list[Line]:
    """Return a line for each run, with its reason below; columns that do not fit are left out."""
    if not runs:
        return [line("No version changes.")]
    groups = list(_group(runs))
    rows = [_format_cells(group, now) for group in groups]
    widths = _measure(rows, width)
    head = _format_row({name: Span(name, "bold") for name in widths}, widths)
    lines = [cut_line(head, width)]
    for group, row in zip(groups, rows, strict=True):
        lines.append(cut_line(_format_row(row, widths), width))
        if reason := _find_reason(group[0]):
            lines.append(line(" " * 4, Span(cut_reason(reason, width - 4), _DIM)))
    return lines


def _find_reason(run: Run) -> str:
    """Return why it came out so, "" if that says nothing new; its end is in local time."""
    if run.outcome == State.PENDING.value:
        return ""
    if run.state is not None and run.reason == run.state.reason:
        return format_product_reason(run.state)
    return run.reason


def _group(runs: Sequence[Run]) -> Iterator[list[Run]]:
    """Yield the runs, those together that one commit asked for on one stack with one outcome."""
    alike: dict[object, list[Run]] = defaultdict(list)
    for run in runs:
        alike[_key(run)].append(run)
    for run in runs:
        same = alike[_key(run)]
        if len(same) <= _MAX_TOGETHER:
            yield [run]
        elif same[0] is run:
            yield same


def _key(run: Run) -> tuple[object, ...]:
    commit = run.change.commit
    return (commit.id if commit else id(run), run.change.stack, run.outcome, run.reason)


def _format_cells(group: Sequence[Run], now: datetime) -> Cells:
    run = group[0]
    change, commit = run.change, run.change.commit
    versions = {run.change.product.version for run in group}
    texts = {
        "when": format_local_time(change.requested_at, now),
        "product": change.name if len(group) == 1 else count(len(group), "product"),
        "stack": change.stack,
        "version": change.product.version if len(versions) == 1 else "several",
        "requested by": commit.author if commit else "not committed",
        "commit": commit.id[:7] if commit else "",
    }
    duration = run.duration if len(group) == 1 else None
    cells = {name: Span(visible(text)) for name, text in texts.items()}
    cells["outcome"] = _format_outcome(run.outcome)
    cells["took"] = Span(format_duration(duration) if duration is not None else "")
    return cells


def _format_outcome(outcome: str) -> Span:
    if outcome == SUPERSEDED:
        return Span(f"  {outcome}", _DIM)
    state = State(outcome)
    return Span(f"{state.symbol} {state.product_words}", state.color)


def _measure(rows: Sequence[Cells], width: int) -> dict[str, int]:
    """Return the columns that fit, and their widths."""
    widths = {
        name: max(len(name), *(cell_width(row[name].text) for row in rows)) for name in rows[0]
    }
    for change, name, least in _TO_FIT:
        excess = sum(widths.values()) + _GAP * (len(widths) - 1) - width
        if excess <= 0:
            break
        if change == _DROP:
            del widths[name]
        elif widths[name] > least:
            widths[name] = max(least, widths[name] - excess)
    return widths


def _format_row(cells: Cells, widths: Mapping[str, int]) -> Line:
    spans = [cells[name]._replace(text=pad(cells[name].text, widths[name])) for name in widths]
    between = Span(" " * _GAP)
    return line(*(part for span in spans for part in (span, between)))


def format_history_json(runs: Sequence[Run]) -> str:
    """Return the runs as JSON; unknown values are null."""
    return format_json([_run_to_json(run) for run in runs])


def _run_to_json(run: Run) -> dict[str, Any]:
    change, commit, duration = run.change, run.change.commit, run.duration
    return {
        "product": change.name,
        "stack": change.stack,
        "version": change.product.version,
        "since": format_json_time(change.product.not_before),
        "commit": commit.id if commit else None,
        "author": commit.author if commit else None,
        "committedAt": format_json_time(commit.at if commit else None),
        "outcome": run.outcome,
        "reason": run.reason or None,
        "durationSeconds": duration.total_seconds() if duration is not None else None,
        "jobs": [_job_to_json(job, job in run.adopted) for job in run.jobs],
    }


def _job_to_json(job: Job, is_adopted: bool) -> dict[str, Any]:
    return {
        "jobId": job.id,
        "step": str(job.configuration),
        "outcome": job.outcome or None,
        "createdAt": format_json_time(job.created_at),
        "durationSeconds": job.duration.total_seconds() if job.duration is not None else None,
        # Only a job from before the commit was certainly not launched by a run.
        "adopted": True if is_adopted else None,
    }
