"""Progress reporting: the events of a run and the observer protocol."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from tamr_provider.decision.table import Action
from tamr_provider.timestamps import format_duration, format_local_time

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from tamr_provider.decision.steps import Step
    from tamr_provider.decision.table import Decision
    from tamr_provider.models import Configuration, Job
    from tamr_provider.reconciler.pending import StepResult
    from tamr_provider.tenant.durations import DurationStats


@dataclass(frozen=True)
class JobProgress:
    """A job that a run waits for, at `now` in tenant time."""

    job: Job
    now: datetime
    usual: DurationStats | None = None

    def after(self, duration: timedelta) -> JobProgress:
        """Return the progress a while later: the last poll may be minutes old."""
        return replace(self, now=self.now + duration)

    @property
    def share(self) -> float | None:
        """Elapsed time divided by the median duration; over 1.0 if the job takes longer."""
        if self.usual is None or self.job.created_at is None:
            return None
        return (self.now - self.job.created_at) / self.usual.median

    @property
    def is_overdue(self) -> bool:
        """Whether nine in ten of the earlier jobs took less time."""
        created = self.job.created_at
        return bool(created and self.usual and self.now > created + self.usual.ninetieth)

    def __str__(self) -> str:
        """Format as `12m, typically 45m, ends about 14:05`."""
        if self.job.created_at is None:
            return "for an unknown time"
        elapsed = format_duration(self.now - self.job.created_at)
        if self.usual is None:
            return f"{elapsed}, typical duration unknown"
        return f"{elapsed}, typically {format_duration(self.usual.median)}, {self._end()}"

    def _end(self) -> str:
        assert self.job.created_at is not None  # noqa: S101 - checked by the caller
        assert self.usual is not None  # noqa: S101
        end = self.job.created_at + self.usual.median
        latest = self.job.created_at + self.usual.ninetieth
        if self.now < end:
            return f"ends about {format_local_time(end, self.now)}"
        if self.now < latest:
            return f"9 in 10 end by {format_local_time(latest, self.now)}"
        return "longer than 9 in 10"


@dataclass(frozen=True)
class StepStatus:
    """The status of one step; `active` are all jobs that have a slot or wait for one.

    `usual_of` returns the usual duration of any configuration of the run, None if it is unknown.
    """

    decision: Decision
    now: datetime
    active: tuple[Job, ...]
    slots: int
    usual: DurationStats | None = None
    usual_of: Callable[[Configuration], DurationStats | None] = lambda _: None

    @property
    def wait(self) -> JobProgress | None:
        """The progress of the job that would satisfy the step, None if there is none."""
        job = self.decision.job
        if self.decision.action is not Action.ADOPT or job is None:
            return None
        return JobProgress(job, self.now, self.usual)

    @property
    def state(self) -> str:
        """The state of the job that would satisfy the step, else the decided action."""
        wait = self.wait
        return (wait.job.state or "UNKNOWN") if wait else self.decision.action.value

    @property
    def change(self) -> tuple[str, str]:
        """A log shows a new line when this changes."""
        return self.state, self.decision.job.id if self.decision.job else ""

    def __str__(self) -> str:
        """Format as one line."""
        wait = self.wait
        if wait is None:
            return f"{self.state}: {self.decision.text}"
        slots = f"{len(self.active)} of {self.slots} slots"
        return f"{self.state} {wait} ({wait.job.id}, {slots})"


class ProgressObserver(Protocol):
    """Receives the events of a run."""

    def status(self, step: Step, status: StepStatus) -> None:
        """Receive the status of a step; called after every poll."""

    def ended(
        self, step: Step, outcome: StepResult | Exception, status: StepStatus | None = None
    ) -> None:
        """Receive how a step ended; `status` has the decision that ended it, if one did."""

    def note(self, text: str) -> None:
        """Receive a text about the whole run."""

    def warn(self, step: Step, text: str) -> None:
        """Receive a warning about a step's product, to be shown until the end."""
