"""Warnings that a run shows once."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from tamr_provider.decision.buffer import close_run_warning
from tamr_provider.timestamps import format_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tamr_provider.decision.policy import LaunchPolicy
    from tamr_provider.decision.steps import Step
    from tamr_provider.models import Job
    from tamr_provider.tenant.snapshot import Snapshot

_MAX_LIST_DELAY = timedelta(minutes=1)  # Warn if one of our jobs stays unlisted for longer.


class CloseRunWarnings:
    """Warns once of each product that runs without a buffer; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._products: set[str] = set()

    def warn(self, jobs: Iterable[Job], step: Step, start: datetime, policy: LaunchPolicy) -> str:
        """Return the warning about a step, or "" if its product had one before."""
        warning = close_run_warning(jobs, step, start, policy)
        with self._lock:
            if not warning or step.product in self._products:
                return ""
            self._products.add(step.product)
        return warning


class UnlistedJobWarning:
    """Warns once that other runs cannot find a job that the list does not show."""

    def __init__(self) -> None:
        self._is_shown = False

    def warn(self, snapshot: Snapshot) -> str:
        """Return the warning, or "" if there is no such job or the warning was shown before."""
        for job in () if self._is_shown else snapshot.active:
            created_at = job.created_at or snapshot.now
            if job.id in snapshot.unlisted and snapshot.now - created_at > _MAX_LIST_DELAY:
                self._is_shown = True
                return (
                    f"{job.id} (created at {format_timestamp(created_at)}) is missing from the "
                    "tenant's job list. Another run could launch it again. "
                    "Run: tamr doctor --tenant"
                )
        return ""
