"""Jobs of ours that do what another job does already: found, stopped, and seen to end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamr_provider.doubt import Doubts
from tamr_provider.launch import first_by_another, orphans, try_to_stop
from tamr_provider.models import STOPPING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tamr_provider.client.jobs import Client
    from tamr_provider.models import Job
    from tamr_provider.ticket import Ticket
    from tamr_provider.view import View


class Duplicates:
    """What one runner started, and what of it has to go; `launched` are the ids of its jobs."""

    def __init__(self, client: Client, note: Callable[[str], None]) -> None:
        self._client, self._note = client, note
        self.doubts, self.launched = Doubts(), set[str]()
        self._withdrawn: set[str] = set()

    def launches(self, ticket: Ticket, job: Job, view: View) -> None:
        """Note that a step's POST was answered with this job; `view` is what we decided on."""
        self.launched.add(job.id)
        ticket.launched.add(job.id)
        ticket.ours = job.id
        ticket.known_ends = frozenset(each.id for each in view.jobs if not each.active)

    def stop_late_ones(self, view: View, now: float) -> None:
        """Stop what lost POSTs started although an equal job was there by then."""
        for job in self.doubts.duplicates(view.jobs, self.launched, now):
            self._withdraw(job, f"{job.id}, started by a request whose answer was lost,")

    def settle_races(self, ticket: Ticket, view: View) -> None:
        """Stop a step's own job where another was first, and what a killed runner left racing."""
        self._give_way(ticket, view)
        for job in orphans(view.jobs, ticket.step):
            if job.id not in self._withdrawn:
                self._withdraw(job, f"{ticket.step}: {job.id}, a second job of the same race,")

    def _give_way(self, ticket: Ticket, view: View) -> None:
        ours = view.find(ticket.ours)
        if ours is None or not ours.active:
            return
        rival = first_by_another(view.jobs, ticket.step, ours, ticket.known_ends)
        if rival is not None:
            ticket.ours = ""
            self._withdraw(ours, f"{ticket.step}: {rival.id} was first, so our {ours.id}")

    def ending(self, ticket: Ticket, view: View) -> Job | None:
        """Return a withdrawn job of a step that is still active, after asking again if need be.

        How it ends counts like the end of any other job: a stop may come too late.
        """
        for job in view.active:
            if job.id in self._withdrawn and job.configuration == ticket.step.configuration:
                if job.state != STOPPING:
                    try_to_stop(self._client, job)
                return job
        return None

    def _withdraw(self, job: Job, what: str) -> None:
        self._withdrawn.add(job.id)
        self._note(f"{what} is stopped as a duplicate")
        if job.active:
            try_to_stop(self._client, job)
