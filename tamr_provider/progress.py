"""What a runner tells whoever looks on: one set of facts for a terminal, a log, a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tamr_provider.decide import Action
from tamr_provider.times import format_duration

if TYPE_CHECKING:
    from datetime import timedelta

    from tamr_provider.decide import Decision
    from tamr_provider.durations import Usual
    from tamr_provider.models import Job
    from tamr_provider.steps import Step
    from tamr_provider.ticket import Result


@dataclass(frozen=True)
class Status:
    """Where one step stands; `slots_used` counts every active job on the tenant."""

    decision: Decision
    slots_used: int
    slots: int
    job: Job | None = None
    elapsed: timedelta | None = None
    usual: Usual | None = None

    @property
    def state(self) -> str:
        """The job's state where we wait for one, else what was decided."""
        if self.decision.action is Action.ADOPT and self.job is not None:
            return self.job.state or "UNKNOWN"
        return self.decision.action.value

    @property
    def change(self) -> tuple[str, str]:
        """What has to differ for a log to get another line."""
        return self.state, self.job.id if self.job else ""

    def __str__(self) -> str:
        """Say it in one line."""
        if self.decision.action is not Action.ADOPT or self.job is None:
            return f"{self.state}: {self.decision.reason}"
        elapsed = format_duration(self.elapsed) if self.elapsed is not None else "?"
        usual = f", {self.usual}" if self.usual else ""
        slots = f"{self.slots_used} of {self.slots} slots"
        return f"{self.state} {elapsed}{usual} ({self.job.id}, {slots})"


class Observer(Protocol):
    """Somebody who looks on."""

    def status(self, step: Step, status: Status) -> None:
        """Take note of where a step stands; called at every look."""

    def ended(self, step: Step, outcome: Result | Exception) -> None:
        """Take note of how a step ended."""

    def note(self, text: str) -> None:
        """Take note of something that concerns the whole runner."""
