"""The states of a job, computed from the time of a request."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tamr_provider.emulator.timestamps import add_duration

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tamr_provider.emulator.configuration import EmulatedConfiguration

STATES = ("PENDING", "RUNNING", "STOPPING", "DONE")
OUTCOMES = ("succeeded", "failed", "stopped")
STOPPED_BY_USER = "STOPPED_BY_USER"


@dataclass(frozen=True)
class JobError:
    """The reason why a job did not succeed."""

    reason: str
    message: str


_STOPPED = JobError(STOPPED_BY_USER, "The job was stopped by a user.")


@dataclass(frozen=True)
class StateEntry:
    """A state and its start; only DONE has an error."""

    state: str
    entered_at: datetime
    error: JobError | None = None


@dataclass(frozen=True)
class JobLifecycle:
    """The plan of a job without a stop; only the outcome `failed` has an error."""

    pending: timedelta
    duration: timedelta
    stopping: timedelta = timedelta(seconds=2)
    outcome: str = "succeeded"
    error: JobError | None = None
    stops_too_late: bool = False


@dataclass(frozen=True)
class JobSnapshot:
    """A job at one time: the states that it has entered so far, oldest first."""

    job: Job
    entries: Sequence[StateEntry]

    @property
    def current(self) -> StateEntry:
        """The current state."""
        return self.entries[-1]

    @property
    def outcome(self) -> str | None:
        """One of succeeded, failed, stopped; None before DONE."""
        if self.current.state != "DONE":
            return None
        error = self.current.error
        if error is None:
            return "succeeded"
        return "stopped" if error.reason == STOPPED_BY_USER else "failed"

    def entry_time(self, state: str) -> datetime | None:
        """Return when the job entered a state, or None."""
        return next((entry.entered_at for entry in self.entries if entry.state == state), None)


@dataclass(frozen=True)
class Job:
    """A job as it was created, and the time of a stop request that took effect."""

    id: str
    configuration: EmulatedConfiguration
    created_at: datetime
    lifecycle: JobLifecycle
    stop_requested_at: datetime | None = None

    def snapshot(self, now: datetime) -> JobSnapshot:
        """Return the job at a time; it has entered at least PENDING."""
        first, *later = self._entries()
        return JobSnapshot(self, [first, *(entry for entry in later if entry.entered_at <= now)])

    def stop(self, now: datetime) -> Job:
        """Return the job after a stop request, itself if the request has no effect."""
        if self.snapshot(now).current.state in ("STOPPING", "DONE"):
            return self
        return replace(self, stop_requested_at=now)

    def _entries(self) -> list[StateEntry]:
        planned = self._plan_entries()
        if self.stop_requested_at is None:
            return planned
        return self._plan_stopped_entries(planned, self.stop_requested_at)

    def _plan_entries(self) -> list[StateEntry]:
        lifecycle = self.lifecycle
        start = add_duration(self.created_at, lifecycle.pending)
        end = add_duration(start, lifecycle.duration)
        pending, running = StateEntry("PENDING", self.created_at), StateEntry("RUNNING", start)
        if lifecycle.outcome == "stopped":
            stopping = StateEntry("STOPPING", max(start, end - lifecycle.stopping))
            return [pending, running, stopping, StateEntry("DONE", end, _STOPPED)]
        if lifecycle.outcome == "failed" and not lifecycle.duration:
            return [pending, StateEntry("DONE", end, lifecycle.error)]  # U3
        return [pending, running, StateEntry("DONE", end, lifecycle.error)]

    def _plan_stopped_entries(
        self, planned: list[StateEntry], stopped_at: datetime
    ) -> list[StateEntry]:
        entered = [planned[0], *(entry for entry in planned[1:] if entry.entered_at <= stopped_at)]
        if entered[-1].state == "PENDING":
            return [*entered, StateEntry("DONE", stopped_at, _STOPPED)]  # U12
        stop_ends, own_end = add_duration(stopped_at, self.lifecycle.stopping), planned[-1]
        if self.lifecycle.stops_too_late or own_end.entered_at <= stop_ends:
            end = own_end
        else:
            end = StateEntry("DONE", stop_ends, _STOPPED)
        return [*entered, StateEntry("STOPPING", stopped_at), end]
