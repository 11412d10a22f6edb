"""Activity log for the terminal: one line per event, never an API key."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from tamr_provider.emulator.job import JobSnapshot
    from tamr_provider.emulator.response import Response
    from tamr_provider.emulator.routes import Request


class ActivityLog:
    """Writes creates, stops, errors, faults and finished jobs, in emulated time."""

    def __init__(self, write: Callable[[str], object], snapshots: Sequence[JobSnapshot]) -> None:
        self._write = write
        self._logged_ids = {snapshot.job.id for snapshot in snapshots if snapshot.outcome}

    def log_request(
        self, now: datetime, request: Request, response: Response, *, fault: str | None, job_id: str
    ) -> None:
        """Write a line for a request, except for a get or list that succeeds without a fault."""
        if response.status == 200 and fault is None and request.call in ("get", "list"):
            return
        result = "no response" if response.dropped else str(response.status)
        details = [job_id, f"({fault})" if fault else "", _message(response)]
        line = [request.method, _what(request), "->", result, *filter(None, details)]
        self._write_line(now, " ".join(line))

    def log_finished(self, snapshots: Sequence[JobSnapshot]) -> None:
        """Write a line for every job that finished since the last call."""
        for snapshot in snapshots:
            if snapshot.job.id not in self._logged_ids and snapshot.outcome:
                self._logged_ids.add(snapshot.job.id)
                text = f"{snapshot.job.id} {snapshot.job.configuration} {snapshot.outcome}"
                self._write_line(snapshot.current.entered_at, text)

    def _write_line(self, time: datetime, text: str) -> None:
        self._write(f"{time:%H:%M:%S} {text}")


def _what(request: Request) -> str:
    if request.call == "stop":
        return f"stop {request.job_id}"
    if request.call == "create":
        return _created(request.body)
    return request.call or request.path


def _created(body: bytes) -> str:
    try:
        configuration = json.loads(body)["configuration"]
        ids = [str(id_) for ids in configuration.values() for id_ in ids.values()]
        return " ".join([*configuration, *ids])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return "create"


def _message(response: Response) -> str:
    if response.status in (0, 200) or response.cut:
        return ""
    try:
        return str(json.loads(response.body)["message"])
    except (ValueError, TypeError, KeyError):
        return ""
