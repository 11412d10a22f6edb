"""The wire: what Tamr's Jobs API sends and is sent, read leniently.

Unknown fields are ignored; absent, null and empty are one; an unknown state stays its own text
and counts as active. Field names follow the proto3 JSON mapping (lowerCamelCase).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tamr_provider.errors import InvalidResponseError
from tamr_provider.foreign_text import one_line, visible
from tamr_provider.timestamps import parse_timestamp

if TYPE_CHECKING:
    from datetime import datetime

PENDING, RUNNING, STOPPING, DONE = "PENDING", "RUNNING", "STOPPING", "DONE"
SUCCEEDED, STOPPED, FAILED = "succeeded", "stopped", "failed"

# The ids that say what a job does; display names and whatever comes later do not count.
_IDS = {
    "load": ("sourceId",),
    "update": ("dataProductId", "workflowId"),
    "publish": ("destinationId", "dataProductId"),
}


@dataclass(frozen=True)
class Configuration:
    """What a job does: its type and the ids it needs; equal ones do the same."""

    type: str
    ids: tuple[tuple[str, str], ...]

    @staticmethod
    def load(source_id: str) -> Configuration:
        """Refresh a source."""
        return _configuration("load", {"sourceId": source_id})

    @staticmethod
    def update(data_product_id: str) -> Configuration:
        """Run a data product."""
        return _configuration("update", {"dataProductId": data_product_id})

    @staticmethod
    def workflow(workflow_id: str) -> Configuration:
        """Run a RealTime workflow."""
        return _configuration("update", {"workflowId": workflow_id})

    @staticmethod
    def publish(destination_id: str, data_product_id: str = "") -> Configuration:
        """Export to a destination; legacy and RealTime ones take no data product."""
        ids = {"destinationId": destination_id, "dataProductId": data_product_id}
        return _configuration("publish", ids)

    @staticmethod
    def from_wire(body: object) -> Configuration:
        """Read a Job's `configuration`; ids that are not set may be absent, null or empty."""
        parts = body if isinstance(body, dict) else {}
        found = [_configuration(key, ids) for key, ids in parts.items() if isinstance(ids, dict)]
        return next((each for each in found if each.ids), Configuration("", ()))

    @property
    def is_workflow(self) -> bool:
        """Whether it is the update of a RealTime workflow."""
        return self.type == "update" and bool(self.id("workflowId"))

    def to_wire(self) -> dict[str, dict[str, str]]:
        """Return the body that a create sends under `configuration`."""
        return {self.type: dict(self.ids)}

    def id(self, name: str) -> str:
        """Return one id by its wire name, empty where it is not set."""
        return dict(self.ids).get(name, "")

    def __str__(self) -> str:
        """Name it as people do: `load src_crm`, `publish Test 123`."""
        name = f"{self.type} {self.ids[0][1]}" if self.ids else self.type or "unknown job"
        return visible(name)


def _configuration(type_: str, ids: dict[str, Any]) -> Configuration:
    names = _IDS.get(type_, tuple(sorted(ids)))
    return Configuration(type_, tuple((name, str(ids[name])) for name in names if ids.get(name)))


@dataclass(frozen=True)
class JobStatus:
    """One state of a job and when it was entered; times are the server's.

    `reason` and `message` are on one line, without control characters.
    """

    state: str
    since: datetime | None
    error: bool = False
    reason: str = ""
    message: str = ""

    @staticmethod
    def from_wire(body: object) -> JobStatus:
        """Read a status; a missing state reads as empty, which counts as active."""
        fields = body if isinstance(body, dict) else {}
        error = fields.get("error") or {}
        details = error if isinstance(error, dict) else {"message": error}
        return JobStatus(
            state=visible(str(fields.get("state") or "")),
            since=_stamp(fields.get("stateStartTime")),
            error=any(details.values()),
            reason=one_line(str(details.get("reason") or "")),
            message=one_line(str(details.get("message") or "")),
        )


@dataclass(frozen=True)
class Job:
    """A job as one answer showed it.

    `created_at` is the oldest time in the history and the status: None where a job that has
    moved on shows no history, since its creation cannot be read off then.
    """

    id: str
    configuration: Configuration
    status: JobStatus
    created_at: datetime | None
    started_at: datetime | None = None
    finished_at: datetime | None = None

    @staticmethod
    def from_wire(body: object) -> Job:
        """Read a Job. Raises UnreadableError where the body is none."""
        if not isinstance(body, dict) or not isinstance(body.get("jobId"), str):
            raise InvalidResponseError(f"this is not a Tamr job: {visible(str(body)[:80])}")
        if not body["jobId"]:
            raise InvalidResponseError("a Tamr job came without its jobId")
        status = JobStatus.from_wire(body.get("status"))
        past = body.get("statusHistory")
        history = [JobStatus.from_wire(each) for each in past] if isinstance(past, list) else []
        return Job(
            id=body["jobId"],
            configuration=Configuration.from_wire(body.get("configuration")),
            status=status,
            created_at=_created(status, history),
            started_at=_entered(RUNNING, [status, *history]),
            finished_at=status.since if status.state == DONE else None,
        )

    @property
    def state(self) -> str:
        """The state's own text, unknown ones included."""
        return self.status.state

    @property
    def active(self) -> bool:
        """Whether it may still be working: all that is not DONE, unknown states included."""
        return self.status.state != DONE

    @property
    def outcome(self) -> str:
        """How it ended: succeeded, stopped or failed; empty while it is active."""
        if self.active:
            return ""
        if not self.status.error:
            return SUCCEEDED
        return STOPPED if self.status.reason == "STOPPED_BY_USER" else FAILED


def _stamp(text: object) -> datetime | None:
    """Read a time of a job; one of another era, such as Go's year 1, stands for none."""
    moment = parse_timestamp(str(text or ""))
    return moment if moment is not None and 2000 <= moment.year < 2200 else None


def _created(status: JobStatus, history: list[JobStatus]) -> datetime | None:
    if status.state != PENDING and not history:
        return None
    shown = [status, *history]
    # Its own entry first: an end that a slow clock stamped may look older than the creation.
    pending = _entered(PENDING, shown)
    return pending or min((one.since for one in shown if one.since is not None), default=None)


def _entered(state: str, statuses: list[JobStatus]) -> datetime | None:
    times = [
        status.since for status in statuses if status.state == state and status.since is not None
    ]
    return min(times, default=None)
