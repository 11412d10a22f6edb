"""Stop the duplicates that this run may stop, and see them end."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from tamr_provider.decision.duplicates import Duplicate, DuplicateKind, find_duplicates
from tamr_provider.errors import TamrError
from tamr_provider.models import STOPPING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tamr_provider.client.jobs import JobsClient
    from tamr_provider.models import Configuration, Job
    from tamr_provider.reconciler.pending import PendingStep
    from tamr_provider.tenant.snapshot import Snapshot


class DuplicateResolver:
    """Remembers which duplicates this run stops; `withdrawn` are their job IDs."""

    def __init__(self, client: JobsClient, announce: Callable[[str], None]) -> None:
        self._client = client
        self._announce = announce
        self.withdrawn = set[str]()
        self._foreign = set[str]()
        self._snapshot: Snapshot | None = None
        self._requested = set[str]()

    def resolve(
        self, pending: PendingStep, open_steps: Sequence[PendingStep], snapshot: Snapshot
    ) -> None:
        """Withdraw the duplicates of a step's job, and report those that are not stopped.

        `find_stopping` stops what is withdrawn.
        """
        configuration = pending.step.configuration
        equal = [other for other in open_steps if other.step.configuration == configuration]
        ours = {job_id for other in equal for job_id in other.launched}
        for duplicate in find_duplicates(snapshot.jobs, [other.step for other in equal], ours):
            job_id, is_foreign = duplicate.job.id, duplicate.kind is DuplicateKind.FOREIGN
            if job_id in self.withdrawn or (is_foreign and job_id in self._foreign):
                continue
            (self._foreign if is_foreign else self.withdrawn).add(job_id)
            self._announce(f"{pending.step}: {_text(duplicate)}")

    def find_stopping(self, configuration: Configuration, snapshot: Snapshot) -> Job | None:
        """Return an active job that is withdrawn; request its stop, once for each snapshot.

        How it ends counts like the end of any other job: a stop may come too late.
        """
        if snapshot is not self._snapshot:
            self._snapshot = snapshot
            self._requested = set()
        withdrawn = [
            job
            for job in snapshot.active
            if job.id in self.withdrawn and job.configuration == configuration
        ]
        for job in withdrawn:
            if job.state != STOPPING and job.id not in self._requested:
                self._requested.add(job.id)
                with contextlib.suppress(TamrError):  # Requested again after the next poll.
                    self._client.stop_job(job.id)
        return next(iter(withdrawn), None)


def _text(duplicate: Duplicate) -> str:
    job, first = duplicate.job.id, duplicate.first.id
    if duplicate.kind is DuplicateKind.OURS:
        return f"stopping our {job} because {first} was created first"
    if duplicate.kind is DuplicateKind.TWIN:
        equal = f"{first}, with the same configuration, was created seconds earlier"
        return f"stopping {job} as a duplicate: {equal}"
    equal = f"{job} has the same configuration as {first}"
    return (
        f"{equal}. It may be another user's, so it is not stopped. "
        f"To stop it, run: tamr jobs stop {job}"
    )
