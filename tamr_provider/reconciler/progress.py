"""What a runner tells whoever looks on: one set of facts for a terminal, a log, a row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from tamr_provider.decision.table import Action
from tamr_provider.timestamps import format_duration, format_local_time

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from tamr_provider.decision.steps import Step
    from tamr_provider.decision.table import Decision
    from tamr_provider.models import Job
    from tamr_provider.reconciler.pending import StepResult
    from tamr_provider.tenant.durations import DurationStats


@dataclass(frozen=True)
class JobProgress:
    """A job that is waited for, as of `now` on the tenant's clock."""

    job: Job
    now: datetime
    usual: DurationStats | None = None

    def after(self, length: timedelta) -> JobProgress:
        """Return the same a while later: a look may be minutes old."""
        return replace(self, now=self.now + length)

    @property
    def share(self) -> float | None:
        """How much of its usual duration a job has behind it; above 1 where it takes longer."""
        if self.usual is None or self.job.created_at is None:
            return None
        return (self.now - self.job.created_at) / self.usual.median

    @property
    def overdue(self) -> bool:
        """Whether nine in ten of the earlier jobs took less time."""
        created = self.job.created_at
        return bool(created and self.usual and self.now > created + self.usual.ninetieth)

    def __str__(self) -> str:
        """Say it for people: `12m of usually 45m, ends about 14:05`."""
        if self.job.created_at is None:
            return "for a time that Tamr does not tell"
        elapsed = format_duration(self.now - self.job.created_at)
        if self.usual is None:
            return f"{elapsed}, usual duration unknown"
        return f"{elapsed} of usually {format_duration(self.usual.median)}, {self._end()}"

    def _end(self) -> str:
        assert self.job.created_at is not None  # noqa: S101 - asked before
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
    """Where one step stands; `active` is every job on the tenant that has a slot or wants one."""

    decision: Decision
    now: datetime
    active: tuple[Job, ...]
    slots: int
    usual: DurationStats | None = None

    @property
    def wait(self) -> JobProgress | None:
        """The job that the step waits for as its own, None where there is none."""
        job = self.decision.job
        if self.decision.action is not Action.ADOPT or job is None:
            return None
        return JobProgress(job, self.now, self.usual)

    @property
    def state(self) -> str:
        """The job's state where we wait for one, else what was decided."""
        wait = self.wait
        return (wait.job.state or "UNKNOWN") if wait else self.decision.action.value

    @property
    def change(self) -> tuple[str, str]:
        """What has to differ for a log to get another line."""
        return self.state, self.decision.job.id if self.decision.job else ""

    def __str__(self) -> str:
        """Say it in one line."""
        wait = self.wait
        if wait is None:
            return f"{self.state}: {self.decision.reason}"
        slots = f"{len(self.active)} of {self.slots} slots"
        return f"{self.state} {wait} ({wait.job.id}, {slots})"


class ProgressObserver(Protocol):
    """Somebody who looks on."""

    def status(self, step: Step, status: StepStatus) -> None:
        """Take note of where a step stands; called at every look."""

    def ended(self, step: Step, outcome: StepResult | Exception) -> None:
        """Take note of how a step ended."""

    def note(self, text: str) -> None:
        """Take note of something that concerns the whole runner."""

    def warn(self, step: Step, text: str) -> None:
        """Show a warning about a step's product, and keep it until the end."""
