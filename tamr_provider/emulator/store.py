"""The jobs of a tenant in a file that survives restarts; no key is ever in it.

    {"version": 1, "clock": {"real", "emulated", "speed"}, "jobs": [{"id", "type", "ids",
     "created", "stopAsked", "course": {…}}, …]}

With the clock's origin in the file, emulated time goes on while the emulator is down.
"""

from __future__ import annotations

import json
import math
import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tamr_provider.emulator.clock import Origin
from tamr_provider.emulator.configuration import ID_NAMES, Configuration
from tamr_provider.emulator.job import OUTCOMES, Job, JobError, JobLifecycle
from tamr_provider.emulator.timestamps import read_stamp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class StoreError(Exception):
    """The state file cannot be written, or is not one; the message names it."""


class Store:
    """One state file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> tuple[Origin, list[Job]] | None:
        """Return what the file holds, or None where there is none. Raises StoreError."""
        try:
            text = self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(
                f"the state file {self._path} cannot be read: {error.strerror}"
            ) from None
        try:
            return _read(json.loads(text))
        except (ValueError, TypeError, KeyError, RecursionError, OverflowError) as error:
            raise StoreError(
                f"{self._path} is not a state file of this emulator ({error!r}); "
                "name another, or delete it to start with no jobs"
            ) from None

    def save(self, origin: Origin, jobs: Sequence[Job]) -> None:
        """Replace the file as a whole. Raises StoreError."""
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
                f"the state file {self._path} cannot be written: {error.strerror}"
            ) from None


def _job(job: Job) -> dict[str, Any]:
    course = job.course
    return {
        "id": job.id,
        "type": job.configuration.type,
        "ids": dict(job.configuration.ids),
        "created": job.created.isoformat(),
        "stopAsked": job.stop_asked and job.stop_asked.isoformat(),
        "course": {
            "pending": course.pending.total_seconds(),
            "duration": course.duration.total_seconds(),
            "stopping": course.stopping.total_seconds(),
            "outcome": course.outcome,
            "error": course.error
            and {"reason": course.error.reason, "message": course.error.message},
            "stopsTooLate": course.stops_too_late,
        },
    }


def _read(data: Any) -> tuple[Origin, list[Job]]:
    if data["version"] != 1:
        raise ValueError(f"version {data['version']}")
    clock = data["clock"]
    speed = float(clock["speed"])
    if not 0 < speed < math.inf:
        raise ValueError(f"speed {speed}")
    origin = Origin(read_stamp(clock["real"]), read_stamp(clock["emulated"]), speed)
    return origin, [_read_job(each) for each in data["jobs"]]


def _read_job(data: Any) -> Job:
    course, error = data["course"], data["course"]["error"]
    if data["type"] not in ID_NAMES or course["outcome"] not in OUTCOMES:
        raise ValueError(f"job {data['id']}")
    return Job(
        id=str(data["id"]),
        configuration=Configuration(data["type"], dict(data["ids"])),
        created=read_stamp(data["created"]),
        stop_asked=data["stopAsked"] and read_stamp(data["stopAsked"]),
        course=JobLifecycle(
            pending=timedelta(seconds=course["pending"]),
            duration=timedelta(seconds=course["duration"]),
            stopping=timedelta(seconds=course["stopping"]),
            outcome=course["outcome"],
            error=error and JobError(error["reason"], error["message"]),
            stops_too_late=course["stopsTooLate"],
        ),
    )
