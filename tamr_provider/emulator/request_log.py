"""Request log and true state of the jobs, for tests; never an API key."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from tamr_provider.emulator.timestamps import format_timestamp

if TYPE_CHECKING:
    from datetime import datetime

    from tamr_provider.emulator.job import JobSnapshot
    from tamr_provider.emulator.response import Response
    from tamr_provider.emulator.routes import Request

_MAX_REQUESTS = 100_000  # Older requests are dropped.


class RequestLog:
    """Log of requests. Not thread-safe."""

    def __init__(self) -> None:
        self._requests: deque[dict[str, Any]] = deque(maxlen=_MAX_REQUESTS)

    def add(
        self, now: datetime, request: Request, response: Response, *, fault: str | None, job_id: str
    ) -> None:
        """Add a request; `job_id` is the job that it created, read or stopped, or empty."""
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
        """Return the requests, oldest first."""
        return list(self._requests)


def job_facts(snapshot: JobSnapshot) -> dict[str, Any]:
    """Return the true state of a job; missing times are null."""

    def entered(state: str) -> str | None:
        time = snapshot.entry_time(state)
        return None if time is None else format_timestamp(time)

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
