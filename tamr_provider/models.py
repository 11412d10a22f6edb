"""The objects of Tamr's Jobs API, parsed leniently.

Unknown fields are ignored. Absent, null and empty fields are the same. An unknown state keeps its
text and counts as active. Field names follow the proto3 JSON mapping (lowerCamelCase).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tamr_provider.errors import InvalidResponseError
from tamr_provider.foreign_text import one_line, visible
from tamr_provider.timestamps import parse_timestamp

if TYPE_CHECKING:
    from datetime import datetime, timedelta

PENDING, RUNNING, STOPPING, DONE = "PENDING", "RUNNING", "STOPPING", "DONE"
SUCCEEDED, STOPPED, FAILED = "succeeded", "stopped", "failed"

# The IDs of a configuration. Display names and unknown fields do not count.
_IDS = {
    "load": ("sourceId",),
    "update": ("dataProductId", "workflowId"),
    "publish": ("destinationId", "dataProductId"),
}


@dataclass(frozen=True)
class Configuration:
    """What a job does: its type and IDs. Jobs with equal configurations do the same."""

    type: str
    ids: tuple[tuple[str, str], ...]

    @staticmethod
    def load(source_id: str) -> Configuration:
        """Return the load of a source."""
        return _configuration("load", {"sourceId": source_id})

    @staticmethod
    def update(data_product_id: str) -> Configuration:
        """Return the update of a data product."""
        return _configuration("update", {"dataProductId": data_product_id})

    @staticmethod
    def workflow(workflow_id: str) -> Configuration:
        """Return the update of a RealTime workflow."""
        return _configuration("update", {"workflowId": workflow_id})

    @staticmethod
    def publish(destination_id: str, data_product_id: str = "") -> Configuration:
        """Return the publish to a destination; legacy and RealTime ones have no data product."""
        ids = {"destinationId": destination_id, "dataProductId": data_product_id}
        return _configuration("publish", ids)

    @staticmethod
    def from_wire(body: object) -> Configuration:
        """Parse the `configuration` of a job. Unset IDs may be absent, null or empty."""
        parts = body if isinstance(body, dict) else {}
        found = [_configuration(key, ids) for key, ids in parts.items() if isinstance(ids, dict)]
        return next((known for known in found if known.ids), Configuration("", ()))

    @property
    def is_workflow(self) -> bool:
        """Whether it is the update of a RealTime workflow."""
        return self.type == "update" and bool(self.id("workflowId"))

    def to_wire(self) -> dict[str, dict[str, str]]:
        """Return the `configuration` of a create request."""
        return {self.type: dict(self.ids)}

    def id(self, name: str) -> str:
        """Return an ID by its API name, or "" if it is not set."""
        return dict(self.ids).get(name, "")

    def __str__(self) -> str:
        """Format as `load src_crm` or `publish Test 123`."""
        name = f"{self.type} {self.ids[0][1]}" if self.ids else self.type or "unknown job"
        return visible(name)


def _configuration(type_: str, ids: dict[str, Any]) -> Configuration:
    names = _IDS.get(type_, tuple(sorted(ids)))
    return Configuration(type_, tuple((name, str(ids[name])) for name in names if ids.get(name)))


@dataclass(frozen=True)
class JobStatus:
    """A state of a job and the server time at which it began.

    `reason` and `message` are on one line, without control characters.
    """

    state: str
    entered_at: datetime | None
    has_error: bool = False
    reason: str = ""
    message: str = ""

    @staticmethod
    def from_wire(body: object) -> JobStatus:
        """Parse a status. A missing state is "", which counts as active."""
        fields = body if isinstance(body, dict) else {}
        error = fields.get("error") or {}
        details = error if isinstance(error, dict) else {"message": error}
        return JobStatus(
            state=visible(str(fields.get("state") or "")),
            entered_at=_parse_job_time(fields.get("stateStartTime")),
            has_error=any(details.values()),
            reason=one_line(str(details.get("reason") or "")),
            message=one_line(str(details.get("message") or "")),
        )


@dataclass(frozen=True)
class Job:
    """A job as in one response.

    `created_at` is the oldest time in the history and the status, or None if a job that is not
    PENDING has no history.
    """

    id: str
    configuration: Configuration
    status: JobStatus
    created_at: datetime | None
    started_at: datetime | None = None
    finished_at: datetime | None = None

    @staticmethod
    def from_wire(body: object) -> Job:
        """Parse a job. Raises InvalidResponseError if `body` is not a job."""
        if not isinstance(body, dict) or not isinstance(body.get("jobId"), str):
            raise InvalidResponseError(f"not a Tamr job: {visible(str(body)[:80])}")
        if not body["jobId"]:
            raise InvalidResponseError("a Tamr job without a jobId")
        status = JobStatus.from_wire(body.get("status"))
        past = body.get("statusHistory")
        history = [JobStatus.from_wire(status) for status in past] if isinstance(past, list) else []
        return Job(
            id=body["jobId"],
            configuration=Configuration.from_wire(body.get("configuration")),
            status=status,
            created_at=_find_creation(status, history),
            started_at=_first_entry(RUNNING, [status, *history]),
            finished_at=status.entered_at if status.state == DONE else None,
        )

    @property
    def state(self) -> str:
        """The text of the state, also if it is unknown."""
        return self.status.state

    @property
    def is_active(self) -> bool:
        """Whether the job is not DONE; unknown states are active."""
        return self.status.state != DONE

    @property
    def duration(self) -> timedelta | None:
        """The time from its creation to its end, None if either is unknown."""
        if self.created_at is None or self.finished_at is None:
            return None
        return self.finished_at - self.created_at

    @property
    def outcome(self) -> str:
        """The outcome: succeeded, stopped or failed, or "" while the job is active."""
        if self.is_active:
            return ""
        if not self.status.has_error:
            return SUCCEEDED
        return STOPPED if self.status.reason == "STOPPED_BY_USER" else FAILED


def _parse_job_time(text: object) -> datetime | None:
    """Parse a time of a job. Go's zero time, in the year 1, and the like mean None."""
    moment = parse_timestamp(str(text or ""))
    return moment if moment is not None and 2000 <= moment.year < 2200 else None


def _find_creation(status: JobStatus, history: list[JobStatus]) -> datetime | None:
    if status.state != PENDING and not history:
        return None
    shown = [status, *history]
    # PENDING first: a server with a slow clock may give the end an earlier time.
    pending = _first_entry(PENDING, shown)
    return pending or min(
        (entry.entered_at for entry in shown if entry.entered_at is not None), default=None
    )


def _first_entry(state: str, statuses: list[JobStatus]) -> datetime | None:
    times = [
        status.entered_at
        for status in statuses
        if status.state == state and status.entered_at is not None
    ]
    return min(times, default=None)
