"""A job's course through its states, computed from the time whenever somebody looks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tamr_provider.emulator.timestamps import later

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tamr_provider.emulator.configuration import Configuration

STATES = ("PENDING", "RUNNING", "STOPPING", "DONE")
OUTCOMES = ("succeeded", "failed", "stopped")
STOPPED_BY_USER = "STOPPED_BY_USER"


@dataclass(frozen=True)
class JobError:
    """Why a job did not succeed."""

    reason: str
    message: str


_STOPPED = JobError(STOPPED_BY_USER, "The job was stopped by a user.")


@dataclass(frozen=True)
class StateEntry:
    """A state and when the job enters it; an error only with DONE."""

    state: str
    at: datetime
    error: JobError | None = None


@dataclass(frozen=True)
class JobLifecycle:
    """What happens to a job that nobody stops; `error` only where the outcome is failed."""

    pending: timedelta
    duration: timedelta
    stopping: timedelta = timedelta(seconds=2)
    outcome: str = "succeeded"
    error: JobError | None = None
    stops_too_late: bool = False


@dataclass(frozen=True)
class JobSnapshot:
    """A job as it is at one moment: the phases it has entered so far, oldest first."""

    job: Job
    phases: Sequence[StateEntry]

    @property
    def current(self) -> StateEntry:
        """The phase it is in."""
        return self.phases[-1]

    @property
    def outcome(self) -> str | None:
        """One of succeeded, failed, stopped; None before DONE."""
        if self.current.state != "DONE":
            return None
        error = self.current.error
        if error is None:
            return "succeeded"
        return "stopped" if error.reason == STOPPED_BY_USER else "failed"

    def entered(self, state: str) -> datetime | None:
        """Return when the job entered a state, or None where it never did."""
        return next((phase.at for phase in self.phases if phase.state == state), None)


@dataclass(frozen=True)
class Job:
    """A job as it was created, and when a stop was asked for that had an effect."""

    id: str
    configuration: Configuration
    created: datetime
    course: JobLifecycle
    stop_asked: datetime | None = None

    def at(self, now: datetime) -> JobSnapshot:
        """Look at the job; it always has at least its first phase."""
        first, *later = self._phases()
        return JobSnapshot(self, [first, *(phase for phase in later if phase.at <= now)])

    def stopped(self, now: datetime) -> Job:
        """Return the job after a stop: the same one where a stop has no effect."""
        if self.at(now).current.state in ("STOPPING", "DONE"):
            return self
        return replace(self, stop_asked=now)

    def _phases(self) -> list[StateEntry]:
        planned = self._planned()
        if self.stop_asked is None:
            return planned
        return self._cut_short(planned, self.stop_asked)

    def _planned(self) -> list[StateEntry]:
        course = self.course
        start = later(self.created, course.pending)
        end = later(start, course.duration)
        pending, running = StateEntry("PENDING", self.created), StateEntry("RUNNING", start)
        if course.outcome == "stopped":
            stopping = StateEntry("STOPPING", max(start, end - course.stopping))
            return [pending, running, stopping, StateEntry("DONE", end, _STOPPED)]
        if course.outcome == "failed" and not course.duration:
            return [pending, StateEntry("DONE", end, course.error)]  # U3
        return [pending, running, StateEntry("DONE", end, course.error)]

    def _cut_short(self, planned: list[StateEntry], asked: datetime) -> list[StateEntry]:
        entered = [planned[0], *(phase for phase in planned[1:] if phase.at <= asked)]
        if entered[-1].state == "PENDING":
            return [*entered, StateEntry("DONE", asked, _STOPPED)]  # U12
        stop_ends, own_end = later(asked, self.course.stopping), planned[-1]
        if self.course.stops_too_late or own_end.at <= stop_ends:
            end = own_end
        else:
            end = StateEntry("DONE", stop_ends, _STOPPED)
        return [*entered, StateEntry("STOPPING", asked), end]
