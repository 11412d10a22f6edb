"""Jobs as JSON, with unset fields in one of three styles (I2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tamr_provider.emulator.configuration import ID_NAMES, EmulatedConfiguration
from tamr_provider.emulator.timestamps import format_timestamp

if TYPE_CHECKING:
    from tamr_provider.emulator.job import JobError, JobSnapshot, StateEntry
    from tamr_provider.emulator.listing import Page
    from tamr_provider.emulator.options import Unset

_SKIP = object()  # An unset oneof member, which even the empty style omits.
_EMPTY = {"text": "", "list": [], "message": None, "choice": _SKIP}


def job_json(snapshot: JobSnapshot, unset: Unset) -> dict[str, Any]:
    """Return a Job message."""
    past = [_status(entry, unset) for entry in reversed(snapshot.entries[:-1])]
    return {
        "jobId": snapshot.job.id,
        "configuration": _configuration(snapshot.job.configuration, unset),
        "status": _status(snapshot.current, unset),
        **_field("statusHistory", past, "list", unset),
    }


def page_json(page: Page, unset: Unset) -> dict[str, Any]:
    """Return the response of a list."""
    return {
        **_field("jobs", [job_json(snapshot, unset) for snapshot in page.snapshots], "list", unset),
        **_field("nextPageToken", page.next_token, "text", unset),
    }


def _configuration(configuration: EmulatedConfiguration, unset: Unset) -> dict[str, Any]:
    kind, ids = configuration.type, configuration.ids
    written: dict[str, Any] = {}
    for name in ID_NAMES[kind]:
        written |= _field(name, ids.get(name), "text", unset)
    shown: dict[str, Any] = {}
    for name in ID_NAMES:
        shown |= _field(name, written if name == kind else None, "choice", unset)
    return shown


def _status(entry: StateEntry, unset: Unset) -> dict[str, Any]:
    error = _error(entry.error, unset) if entry.error else None
    return {
        "state": entry.state,
        "stateStartTime": format_timestamp(entry.entered_at),
        **_field("error", error, "message", unset),
    }


def _error(error: JobError, unset: Unset) -> dict[str, Any]:
    return {"reason": error.reason, **_field("message", error.message, "text", unset)}


def _field(name: str, value: Any, kind: str, unset: Unset) -> dict[str, Any]:
    if value:
        return {name: value}
    if unset == "null":
        return {name: None}
    if unset == "empty" and _EMPTY[kind] is not _SKIP:
        return {name: _EMPTY[kind]}
    return {}
