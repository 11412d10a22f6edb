"""What was asked, and how the jobs really are: for verdicts by tests. No key is ever in it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from tamr_provider.emulator.timestamps import format_timestamp

if TYPE_CHECKING:
    from datetime import datetime

    from tamr_provider.emulator.job import JobSnapshot
    from tamr_provider.emulator.response import Response
    from tamr_provider.emulator.routes import Request

_MAX_REQUESTS = 100_000  # the oldest requests are forgotten beyond this


class RequestLog:
    """Remembers requests; call it from one thread at a time."""

    def __init__(self) -> None:
        self._requests: deque[dict[str, Any]] = deque(maxlen=_MAX_REQUESTS)

    def add(
        self, now: datetime, request: Request, response: Response, *, fault: str | None, job_id: str
    ) -> None:
        """Remember one request; `job_id` is the job that it created, got or stopped."""
        entry = {
            "at": format_timestamp(now),
            "method": request.method,
            "path": request.path,
            "query": dict(request.query),
            "status": None if response.dropped else response.status,
        }
        if fault is not None:
            entry["fault"] = fault
        if job_id:
            entry["jobId"] = job_id
        self._requests.append(entry)

    def requests(self) -> list[dict[str, Any]]:
        """Return what is remembered, the oldest first."""
        return list(self._requests)


def job_facts(snapshot: JobSnapshot) -> dict[str, Any]:
    """Write a job as the emulator knows it; times that are not there are null."""

    def entered(state: str) -> str | None:
        moment = snapshot.entry_time(state)
        return None if moment is None else format_timestamp(moment)

    return {
        "jobId": snapshot.job.id,
        "configuration": {snapshot.job.configuration.type: dict(snapshot.job.configuration.ids)},
        "state": snapshot.current.state,
        "outcome": snapshot.outcome,
        "created": format_timestamp(snapshot.job.created_at),
        "started": entered("RUNNING"),
        "stopping": entered("STOPPING"),
        "finished": entered("DONE"),
        "stopAsked": None
        if snapshot.job.stop_requested_at is None
        else format_timestamp(snapshot.job.stop_requested_at),
    }
