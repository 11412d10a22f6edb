"""Version changes and their outcomes as text and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tamr_provider.cli.output.printing import align_columns, format_json, format_json_time
from tamr_provider.foreign_text import visible
from tamr_provider.timestamps import format_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tamr_provider.environments.history import Run
    from tamr_provider.models import Job

_HEAD = ("when", "product", "stack", "version", "outcome", "duration", "jobs", "commit", "author")


def format_history_text(runs: Sequence[Run]) -> str:
    """Return a line for each run, with its reason below."""
    if not runs:
        return "no run"
    head, *rows = align_columns([_HEAD, *map(_format_row, runs)])
    lines = [head]
    for row, run in zip(rows, runs, strict=True):
        lines.append(row)
        if run.reason:
            lines.append(f"    {visible(run.reason)}")
    return "\n".join(lines)


def _format_row(run: Run) -> tuple[str, ...]:
    change, commit = run.change, run.change.commit
    adopted = f", {len(run.adopted)} adopted" if run.adopted else ""
    return (
        f"{change.requested_at:%Y-%m-%d %H:%M}",
        change.name,
        change.stack,
        change.product.version,
        run.outcome,
        format_duration(run.duration) if run.duration is not None else "",
        f"{len(run.jobs)}{adopted}",
        commit.id[:7] if commit else "none yet",
        commit.author if commit else "",
    )


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
