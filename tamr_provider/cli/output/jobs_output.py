"""Single jobs as text and JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tamr_provider.cli.output.printing import format_json_time, say
from tamr_provider.models import FAILED, STOPPED, SUCCEEDED
from tamr_provider.timestamps import format_duration, format_timestamp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tamr_provider.models import Job
    from tamr_provider.reconciler.progress import JobProgress


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


def format_jobs_text(jobs: Sequence[Job]) -> str:
    """Return a line for each job."""
    lines = []
    for job in jobs:
        created = format_timestamp(job.created_at) if job.created_at else "?"
        lines.append(f"{job.id}  {created}  {_format_state(job):<10}  {job.configuration}")
    return "\n".join(lines) or "no jobs"


def format_job_text(job: Job) -> str:
    """Return everything about a job in several lines."""
    lines = [f"{job.id}  {_format_state(job)}  {json.dumps(job.configuration.to_wire())}"]
    times = {"created": job.created_at, "started": job.started_at, "finished": job.finished_at}
    lines += [f"  {name:<8} {format_timestamp(at)}" for name, at in times.items() if at]
    if job.duration is not None:
        lines.append(f"  duration {format_duration(job.duration)}")
    if job.outcome in (FAILED, STOPPED):
        lines.append(f"  reason   {job.status.reason}: {job.status.message}")
    return "\n".join(lines)


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
