"""A step's failed attempt, in the words of every surface."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tamr_provider.models import Job


@dataclass(frozen=True)
class Failure:
    """The newest failed job of a step; `attempt` counts it and those before."""

    job: Job
    attempt: int
    max_attempts: int

    @property
    def is_last(self) -> bool:
        """Whether no attempt is left, so that a user has to act."""
        return self.attempt >= self.max_attempts

    @property
    def cause(self) -> str:
        """Why the job failed, in Tamr's words."""
        status = self.job.status
        return ": ".join(filter(None, (status.reason, status.message))) or "no reason given"

    def __str__(self) -> str:
        """Format as `NO_ACCESS: credentials expired (attempt 1 of 3)`."""
        if self.is_last:
            return f"{self.attempt} of {self.max_attempts} attempts failed: {self.cause}"
        return f"{self.cause} (attempt {self.attempt} of {self.max_attempts})"
