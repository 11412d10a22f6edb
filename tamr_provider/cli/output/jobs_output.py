"""Single jobs as text and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tamr_provider.cli.output.printing import align_columns, format_json_time, say
from tamr_provider.models import FAILED, STOPPED, SUCCEEDED
from tamr_provider.timestamps import format_duration, format_timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from tamr_provider.models import Configuration, Job
    from tamr_provider.reconciler.progress import JobProgress

_LEAST_IMPORTANT = ("product", "duration", "created")


class StateLogger:
    """Prints a line to stderr for each state of one job."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, progress: JobProgress) -> None:
        """Print a state that differs from the last."""
        job = progress.job
        if job.state != self._last:
            say(f"{job.id} {job.state} {progress} ({job.configuration})", err=True)
        self._last = job.state


def format_outcome(job: Job) -> str:
    """Return the outcome of a finished job, with the reason of a failure."""
    words = {SUCCEEDED: "succeeded", STOPPED: "was stopped", FAILED: "failed"}[job.outcome]
    reason = ": ".join(filter(None, (job.status.reason, job.status.message)))
    return f"{words} ({reason})" if job.outcome == FAILED else words


def format_jobs_text(
    jobs: Sequence[Job], products: Mapping[Configuration, str], now: datetime, width: int | None
) -> str:
    """Return a table with a line for each job, which fits into `width` columns, None for any.

    `products` names the products that a configuration belongs to. Columns that do not fit are
    left out, the least important first.
    """
    if not jobs:
        return "no jobs"
    columns = {
        "job": [job.id for job in jobs],
        "created": [_format_age(job, now) for job in jobs],
        "duration": [_format_duration(job, now) for job in jobs],
        "state": [_format_state(job) for job in jobs],
        "step": [str(job.configuration) for job in jobs],
        "product": [products.get(job.configuration, "") for job in jobs],
    }
    shown = list(columns) if products else [name for name in columns if name != "product"]
    lines = _align(columns, shown)
    for name in _LEAST_IMPORTANT:
        if width is None or max(map(len, lines)) <= width:
            break
        shown = [other for other in shown if other != name]
        lines = _align(columns, shown)
    return "\n".join(line if width is None else line[:width] for line in lines)


def _align(columns: Mapping[str, Sequence[str]], names: Sequence[str]) -> list[str]:
    return align_columns([names, *zip(*(columns[name] for name in names), strict=True)])


def format_job_text(job: Job, products: Mapping[Configuration, str], now: datetime) -> str:
    """Return everything about a job in several lines."""
    reason = ": ".join(filter(None, (job.status.reason, job.status.message)))
    rows = [
        ("step", str(job.configuration)),
        ("product", products.get(job.configuration, "")),
        *((name, value) for name, value in job.configuration.ids),
        ("created", _format_moment(job.created_at, now)),
        ("started", _format_moment(job.started_at, now)),
        ("finished", _format_moment(job.finished_at, now)),
        ("duration", _format_duration(job, now)),
        ("reason", reason),
    ]
    known = [(name, value) for name, value in rows if value]
    return "\n".join([f"{job.id}  {_format_state(job)}", *_indent(align_columns(known))])


def _indent(lines: Sequence[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _format_age(job: Job, now: datetime) -> str:
    return f"{format_duration(now - job.created_at)} ago" if job.created_at else "?"


def _format_moment(moment: datetime | None, now: datetime) -> str:
    if moment is None:
        return ""
    return f"{format_timestamp(moment)} ({format_duration(now - moment)} ago)"


def _format_duration(job: Job, now: datetime) -> str:
    """Return how long a job took, or has taken so far; "" if that is unknown."""
    if job.created_at is None:
        return ""
    return format_duration((job.finished_at or now) - job.created_at)


def _format_state(job: Job) -> str:
    return job.outcome or job.state or "UNKNOWN"


def to_json(job: Job) -> dict[str, Any]:
    """Return a job as a JSON object; unknown values are null."""
    return {
        "jobId": job.id,
        "configuration": job.configuration.to_wire(),
        "state": job.state,
        "outcome": job.outcome or None,
        "createdAt": format_json_time(job.created_at),
        "startedAt": format_json_time(job.started_at),
        "finishedAt": format_json_time(job.finished_at),
        "reason": job.status.reason or None,
        "message": job.status.message or None,
    }
