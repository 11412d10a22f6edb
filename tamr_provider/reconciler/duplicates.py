"""Jobs that do what another job does already: found, stopped if they are ours, and seen to end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamr_provider.models import STOPPING
from tamr_provider.reconciler.launch import (
    find_abandoned_twins,
    find_earlier_rival,
    find_unowned_duplicates,
    request_stop,
)
from tamr_provider.reconciler.unconfirmed import UnconfirmedLaunches

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tamr_provider.client.jobs import JobsClient
    from tamr_provider.decision.steps import Step
    from tamr_provider.models import Configuration, Job
    from tamr_provider.reconciler.pending import PendingStep
    from tamr_provider.tenant.snapshot import Snapshot


class DuplicateResolver:
    """What one runner started, and what of it has to go.

    `launched` are the jobs that answered our POSTs, `withdrawn` those that we stopped.
    """

    def __init__(self, client: JobsClient, announce: Callable[[str], None]) -> None:
        self._client = client
        self._announce = announce
        self.doubts = UnconfirmedLaunches()
        self.launched = set[str]()
        self.withdrawn = set[str]()
        self._strangers = set[str]()
        self._snapshot: Snapshot | None = None
        self._asked = set[str]()

    def settle_races(self, pending: PendingStep, steps: Sequence[Step], snapshot: Snapshot) -> None:
        """Withdraw a step's own job if another was first, and what a killed runner left racing.

        `steps` are all open ones. `ending` stops what is withdrawn.
        """
        steps = [step for step in steps if step.configuration == pending.step.configuration]
        self._give_way(pending, steps, snapshot)
        for job in find_abandoned_twins(snapshot.jobs, steps):
            if job.id not in self.withdrawn:
                self._withdraw(job, f"{pending.step}: {job.id}, a second job of the same race,")
        for job in find_unowned_duplicates(snapshot.jobs, steps):
            if job.id not in self._strangers | self.withdrawn:
                self._strangers.add(job.id)
                self._announce(
                    f"{pending.step}: {job.id} runs beside an equal job and is left alone, since it "
                    f"may be somebody's; to stop it: tamr jobs stop {job.id}"
                )

    def _give_way(self, pending: PendingStep, steps: Sequence[Step], snapshot: Snapshot) -> None:
        ours = snapshot.find(pending.ours)
        if ours is None or not ours.is_active:
            return
        rival = find_earlier_rival(snapshot.jobs, steps, ours)
        if rival is not None:
            pending.ours = ""
            self._withdraw(ours, f"{pending.step}: {rival.id} was first, so our {ours.id}")

    def ending(self, configuration: Configuration, snapshot: Snapshot) -> Job | None:
        """Return a withdrawn job that is still active; ask it to stop, once in each view.

        How it ends counts like the end of any other job: a stop may come too late.
        """
        if snapshot is not self._snapshot:
            self._snapshot, self._asked = snapshot, set()
        ours = [job for job in snapshot.active if job.id in self.withdrawn]
        ours = [job for job in ours if job.configuration == configuration]
        for job in ours:
            if job.state != STOPPING and job.id not in self._asked:
                self._asked.add(job.id)
                request_stop(self._client, job)
        return next(iter(ours), None)

    def _withdraw(self, job: Job, what: str) -> None:
        self.withdrawn.add(job.id)
        self._announce(f"{what} is stopped as a duplicate")
