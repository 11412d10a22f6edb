"""The jobs of a tenant at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from tamr_provider.models import Job


@dataclass(frozen=True)
class Snapshot:
    """The jobs that matter and the tenant's time, as of one poll.

    `unlisted` are active jobs that this run knows although the list left them out; `latest` is
    the latest of all clocks, this machine's included.
    """

    jobs: tuple[Job, ...]
    now: datetime
    unlisted: frozenset[str] = frozenset()
    latest: datetime | None = None

    @property
    def active(self) -> tuple[Job, ...]:
        """Every job on the tenant that may still be working."""
        return tuple(job for job in self.jobs if job.is_active)

    @property
    def latest_time(self) -> datetime:
        """The latest of all clocks, as far as it is known."""
        return self.latest or self.now

    def find(self, job_id: str) -> Job | None:
        """Return a job by its ID, None if it is not among those that matter."""
        return next((job for job in self.jobs if job.id == job_id), None) if job_id else None
