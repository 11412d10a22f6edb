"""Jobs that do what another job does already: found, stopped if they are ours, and seen to end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamr_provider.models import STOPPING
from tamr_provider.reconciler.launch import first_by_another, strangers, try_to_stop, twins
from tamr_provider.reconciler.unconfirmed import Doubts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tamr_provider.client.jobs import Client
    from tamr_provider.decision.steps import Step
    from tamr_provider.models import Configuration, Job
    from tamr_provider.reconciler.pending import Ticket
    from tamr_provider.tenant.snapshot import View


class Duplicates:
    """What one runner started, and what of it has to go.

    `launched` are the jobs that answered our POSTs, `withdrawn` those that we stopped.
    """

    def __init__(self, client: Client, announce: Callable[[str], None]) -> None:
        self._client = client
        self._announce = announce
        self.doubts = Doubts()
        self.launched = set[str]()
        self.withdrawn = set[str]()
        self._strangers = set[str]()
        self._view: View | None = None
        self._asked = set[str]()

    def settle_races(self, ticket: Ticket, steps: Sequence[Step], view: View) -> None:
        """Withdraw a step's own job if another was first, and what a killed runner left racing.

        `steps` are all open ones. `ending` stops what is withdrawn.
        """
        steps = [step for step in steps if step.configuration == ticket.step.configuration]
        self._give_way(ticket, steps, view)
        for job in twins(view.jobs, steps):
            if job.id not in self.withdrawn:
                self._withdraw(job, f"{ticket.step}: {job.id}, a second job of the same race,")
        for job in strangers(view.jobs, steps):
            if job.id not in self._strangers | self.withdrawn:
                self._strangers.add(job.id)
                self._announce(
                    f"{ticket.step}: {job.id} runs beside an equal job and is left alone, since it "
                    f"may be somebody's; to stop it: tamr jobs stop {job.id}"
                )

    def _give_way(self, ticket: Ticket, steps: Sequence[Step], view: View) -> None:
        ours = view.find(ticket.ours)
        if ours is None or not ours.active:
            return
        rival = first_by_another(view.jobs, steps, ours)
        if rival is not None:
            ticket.ours = ""
            self._withdraw(ours, f"{ticket.step}: {rival.id} was first, so our {ours.id}")

    def ending(self, configuration: Configuration, view: View) -> Job | None:
        """Return a withdrawn job that is still active; ask it to stop, once in each view.

        How it ends counts like the end of any other job: a stop may come too late.
        """
        if view is not self._view:
            self._view, self._asked = view, set()
        ours = [job for job in view.active if job.id in self.withdrawn]
        ours = [job for job in ours if job.configuration == configuration]
        for job in ours:
            if job.state != STOPPING and job.id not in self._asked:
                self._asked.add(job.id)
                try_to_stop(self._client, job)
        return next(iter(ours), None)

    def _withdraw(self, job: Job, what: str) -> None:
        self.withdrawn.add(job.id)
        self._announce(f"{what} is stopped as a duplicate")
