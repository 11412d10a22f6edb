"""The state file, which keeps the jobs of a tenant across restarts; never an API key.

    {"version": 1, "clock": {"real", "emulated", "speed"}, "jobs": [{"id", "type", "ids",
     "created", "stopAsked", "course": {…}}, …]}

The clock's origin is in the file, so emulated time passes while the emulator is down.
"""

from __future__ import annotations

import json
import math
import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tamr_provider.emulator.clock import Origin
from tamr_provider.emulator.configuration import ID_NAMES, EmulatedConfiguration
from tamr_provider.emulator.job import OUTCOMES, Job, JobError, JobLifecycle
from tamr_provider.emulator.timestamps import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class StoreError(Exception):
    """The state file is invalid or cannot be used; the message has its path."""


class Store:
    """One state file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> tuple[Origin, list[Job]] | None:
        """Return the content of the file, or None if there is no file. Raises StoreError."""
        try:
            text = self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(
                f"{self._path}: cannot read the state file: {error.strerror}"
            ) from None
        try:
            return _read(json.loads(text))
        except (ValueError, TypeError, KeyError, RecursionError, OverflowError) as error:
            raise StoreError(
                f"{self._path}: not a state file of this emulator ({error!r}). Use another file, "
                "or delete this one to start without jobs."
            ) from None

    def save(self, origin: Origin, jobs: Sequence[Job]) -> None:
        """Replace the file atomically. Raises StoreError."""
        data = {
            "version": 1,
            "clock": {
                "real": origin.real.isoformat(),
                "emulated": origin.emulated.isoformat(),
                "speed": origin.speed,
            },
            "jobs": [_job(job) for job in jobs],
        }
        draft = self._path.with_name(f"{self._path.name}.{os.getpid()}.new")
        try:
            draft.write_text(json.dumps(data), encoding="utf-8")
            draft.replace(self._path)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise StoreError(
                f"{self._path}: cannot write the state file: {error.strerror}"
            ) from None


def _job(job: Job) -> dict[str, Any]:
    lifecycle = job.lifecycle
    return {
        "id": job.id,
        "type": job.configuration.type,
        "ids": dict(job.configuration.ids),
        "created": job.created_at.isoformat(),
        "stopAsked": job.stop_requested_at and job.stop_requested_at.isoformat(),
        "course": {
            "pending": lifecycle.pending.total_seconds(),
            "duration": lifecycle.duration.total_seconds(),
            "stopping": lifecycle.stopping.total_seconds(),
            "outcome": lifecycle.outcome,
            "error": lifecycle.error
            and {"reason": lifecycle.error.reason, "message": lifecycle.error.message},
            "stopsTooLate": lifecycle.stops_too_late,
        },
    }


def _read(data: Any) -> tuple[Origin, list[Job]]:
    if data["version"] != 1:
        raise ValueError(f"version {data['version']}")
    clock = data["clock"]
    speed = float(clock["speed"])
    if not 0 < speed < math.inf:
        raise ValueError(f"speed {speed}")
    origin = Origin(parse_timestamp(clock["real"]), parse_timestamp(clock["emulated"]), speed)
    return origin, [_read_job(job) for job in data["jobs"]]


def _read_job(data: Any) -> Job:
    lifecycle = data["course"]
    error = lifecycle["error"]
    if data["type"] not in ID_NAMES or lifecycle["outcome"] not in OUTCOMES:
        raise ValueError(f"job {data['id']}")
    return Job(
        id=str(data["id"]),
        configuration=EmulatedConfiguration(data["type"], dict(data["ids"])),
        created_at=parse_timestamp(data["created"]),
        stop_requested_at=data["stopAsked"] and parse_timestamp(data["stopAsked"]),
        lifecycle=JobLifecycle(
            pending=timedelta(seconds=lifecycle["pending"]),
            duration=timedelta(seconds=lifecycle["duration"]),
            stopping=timedelta(seconds=lifecycle["stopping"]),
            outcome=lifecycle["outcome"],
            error=error and JobError(error["reason"], error["message"]),
            stops_too_late=lifecycle["stopsTooLate"],
        ),
    )
