"""Many steps, one slot queue, one watcher: a turn looks, decides for every step, and acts."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tamr_provider.decision.buffer import ADVISED_BUFFER, CloseRunWarnings
from tamr_provider.decision.steps import why_too_early
from tamr_provider.decision.table import Action, Decision, decide
from tamr_provider.errors import InputError, InterruptedWaitError, OutageError, StepError
from tamr_provider.reconciler.duplicates import Duplicates
from tamr_provider.reconciler.launching import Launcher
from tamr_provider.reconciler.pending import Result, Ticket
from tamr_provider.reconciler.polling import LONGEST, next_look
from tamr_provider.reconciler.progress import Observer, Status
from tamr_provider.tenant.durations import Durations
from tamr_provider.tenant.snapshot import Scope, View, Viewer
from tamr_provider.timestamps import format_moment

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from datetime import datetime

    from tamr_provider.client.jobs import Client
    from tamr_provider.clock import Clock
    from tamr_provider.decision.steps import Phases, Rules, Step

_NO_LIMIT = 10**9
_IDLE_SECONDS = 3600.0
_MISSES = 3  # polls of one turn that were no ground for a POST
_LAG = timedelta(minutes=1)  # how far the tenant's list may lag behind without a word from us


class Runner:
    """Reconciles steps on one tenant, those of one process; one thread takes the turns.

    `resume` is the command that goes on where this runner stops; `stop` is the event that the
    client's own waits end at. Steps may be submitted from any thread at any time.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what a runner is made of, wired in one place each
        self,
        client: Client,
        clock: Clock,
        stop: threading.Event,
        poll_seconds: float,
        observer: Observer,
        resume: str,
    ) -> None:
        self._client, self._clock, self._observer = client, clock, observer
        self._poll, self._resume = poll_seconds, resume
        self._viewer = Viewer(client, clock)
        self._open: list[Ticket] = []
        self._lock, self._wake, self._stop = threading.Lock(), threading.Event(), stop
        self._durations = Durations(client)
        self._duplicates, self._stopped = Duplicates(client, observer.note), ""
        self._launcher = Launcher(
            client, self._viewer, self._duplicates, clock, poll_seconds, observer.note
        )
        self._asked = self._warned = False
        self._close_runs = CloseRunWarnings()

    def submit(
        self,
        step: Step,
        rules: Rules,
        then: Phases = (),
        guard: Callable[[], str] | None = None,
    ) -> Future[Result]:
        """Ask for a step; the future holds its Result, or a TamrError.

        `then` is what hangs on the step: where slots are short, the longest remaining work goes
        first. `guard` tells why the step may not be launched; it is asked once, before it would be.
        """
        ticket = Ticket(step, rules, then, guard)
        with self._lock:
            self._open.append(ticket)
        self._wake.set()
        if self._stopped:
            self.abandon()
        return ticket.future

    @property
    def tenant_time(self) -> datetime:
        """The tenant's time as far as it is known."""
        return self._viewer.time.now()

    def interrupt(self, why: str) -> None:
        """Stop waiting as soon as the request under way is answered; jobs are left alone."""
        self._stopped = self._stopped or why
        self._stop.set()
        self._wake.set()

    def run(self) -> None:
        """Take turns until no step is open or somebody interrupts; never raises."""
        while self._tickets() and not self._stopped:
            try:
                pause = self.turn()
            except (InterruptedWaitError, OutageError) as error:
                self._end_all(lambda ticket, why=str(error): self._not_finished(ticket, why))  # type: ignore[misc]
            except Exception as error:  # noqa: BLE001 - whoever waits has to hear of it
                self._end_all(lambda _, error=error: error)  # type: ignore[misc]
            else:
                self._wait(pause if self._tickets() else 0)
        if self._stopped:
            self.abandon()

    def serve(self) -> None:
        """Take turns whenever a step is open, until somebody interrupts."""
        while not self._stopped:
            self._wait(_IDLE_SECONDS)
            self.run()
        self.abandon()

    def abandon(self) -> None:
        """Tell whoever still waits that we stopped; the loop may be in a request all the while."""
        why = self._stopped or "stopped waiting"
        self._end_all(lambda ticket: self._not_finished(ticket, why))

    def turn(self) -> float:
        """Look once, do what it calls for, and return in how many seconds to look again."""
        view, misses = self._look(), 0
        while (ticket := self._best_to_launch(view)) is not None and not self._stopped:
            # Whatever was asked since the look gave others time to start the same job.
            if not self._asked:
                misses += not self._launch(ticket, view)
            if misses == _MISSES:
                return self._poll
            if self._launcher.busy_until() is None:
                view = self._look()
        return self._pause(view)

    def _wait(self, seconds: float) -> None:
        self._wake.clear()
        # Looked at after the clearing, so that no step and no interrupt is slept through.
        if seconds and not self._stopped and not self._has_new():
            self._clock.wait(self._wake, seconds)
        if not self._stopped and self._has_new():
            # They come in bursts, in any order: the first may not be the one to launch first.
            self._clock.wait(self._stop, self._poll)

    def _has_new(self) -> bool:
        return any(each.decision is None for each in self._tickets())

    def _tickets(self) -> list[Ticket]:
        with self._lock:
            return list(self._open)

    def _look(self) -> View:
        tickets = self._tickets()
        # The advised buffer too, to warn of a run that keeps none: the same request asks for both.
        buffer = max([ADVISED_BUFFER, *(each.rules.buffer for each in tickets)])
        now = self._viewer.time.now()
        scope = Scope(
            since=min((each.step.not_before for each in tickets), default=now),
            ended=now - buffer,
        )
        self._asked = False
        view = self._viewer.look(scope, {each.step.configuration for each in tickets})
        self._launcher.polled()
        return view

    def _best_to_launch(self, view: View) -> Ticket | None:
        """Decide for every step, and return the one to launch now, if any."""
        self._duplicates.doubts.settle(view.jobs)
        self._warn_of_a_blind_list(view)
        ready = self._settle(view)
        behind = (each for ticket in self._tickets() for part in ticket.path for each in part)
        self._asked = self._durations.learn(behind) or self._asked
        # Equal ones by their names, so that the order of submission never matters.
        ready.sort(key=lambda each: (-self._durations.of_path(each.path), str(each.step)))
        best = None
        for place, ticket in enumerate(ready):
            decision = decide(
                view.jobs, ticket.step, view.now, self._launcher.rules_now(ticket, place)
            )
            self._decided(ticket, decision)
            if best is None and decision.action is Action.LAUNCH:
                best = ticket
        self._tell(view)
        return best

    def _tell(self, view: View) -> None:
        """Tell whoever looks on where every open step stands."""
        for ticket in self._tickets():
            if ticket.decision is not None:
                status = Status(
                    decision=ticket.decision,
                    now=view.now,
                    active=view.active,
                    slots=ticket.rules.slots,
                    usual=self._durations.of(ticket.step.configuration),
                )
                self._observer.status(ticket.step, status)

    def _warn_of_a_blind_list(self, view: View) -> None:
        """Say once that others would not find a job of ours, since the list does not show it."""
        for job in view.active:
            since = job.created_at or view.now
            if job.id in view.unlisted and view.now - since > _LAG and not self._warned:
                self._warned = True
                self._observer.note(
                    f"the tenant's list does not show {job.id}, created at {format_moment(since)}: "
                    "another runner would start it a second time; see: tamr doctor --tenant"
                )

    def _settle(self, view: View) -> list[Ticket]:
        """Judge every open step, those included that the end of another one submits."""
        ready, judged = [], set[int]()
        while new := [each for each in self._tickets() if id(each) not in judged]:
            for ticket in new:
                judged.add(id(ticket))
                if self._judge(ticket, view):
                    ready.append(ticket)
        return ready

    def _judge(self, ticket: Ticket, view: View) -> bool:
        """Take one step as far as it goes without a launch; return whether it wants one."""
        if problem := why_too_early(ticket.step, view.latest or view.now):
            self._end(ticket, InputError(problem))
            return False
        self._duplicates.settle_races(ticket, [each.step for each in self._tickets()], view)
        if self._waits_for_duplicate(ticket, view):
            return False
        rules = replace(self._launcher.known_rules(ticket), slots=_NO_LIMIT)
        decision = decide(view.jobs, ticket.step, view.now, rules)
        waited = view.find(ticket.waiting_for)
        if decision.action is Action.SATISFIED and decision.job is not None:
            self._end(ticket, ticket.result(decision.job, view.jobs, self._duplicates.launched))
        elif decision.action is not Action.ADOPT and waited and ticket.has_failed(waited):
            self._end(ticket, ticket.failed(waited, view.jobs, self._client.url, self._resume))
        elif decision.action is Action.HOLD:
            self._end(ticket, ticket.held(decision))
        elif decision.action is Action.LAUNCH and (job := ticket.ended_too_old(view.jobs)):
            self._end(ticket, ticket.too_old(job, self._resume))
        elif decision.action is Action.LAUNCH:
            return self._permitted(ticket) or self._judge(ticket, view)
        else:
            self._decided(ticket, decision)
        return False

    def _permitted(self, ticket: Ticket) -> bool:
        """Whether the step's guard lets it be launched; the next judgement knows if not."""
        if ticket.guard is None:
            return True
        self._asked = True
        refused, ticket.guard = ticket.guard(), None
        ticket.rules = replace(ticket.rules, refused=refused)
        return not refused

    def _decided(self, ticket: Ticket, decision: Decision) -> None:
        now = self._clock.monotonic()
        ticket.decided(decision, now)
        if ticket.timed_out(now):
            hours = ticket.rules.timeout / timedelta(hours=1)
            self._end(ticket, self._not_finished(ticket, f"waited {hours:g} hours (timeoutHours)"))

    def _launch(self, ticket: Ticket, view: View) -> bool:
        """Launch for a step, unless the tenant has changed since it was polled; return whether."""
        if not self._launcher.is_current(ticket.step, view):
            return False
        if warning := self._close_runs.warn(view.jobs, ticket.step, view.now, ticket.rules):
            self._observer.warn(ticket.step, warning)
        if error := self._launcher.launch(ticket, view):
            self._end(ticket, error)
        return True

    def _waits_for_duplicate(self, ticket: Ticket, view: View) -> bool:
        job = self._duplicates.ending(ticket.step.configuration, view)
        if job is None:
            return False
        reason = f"our duplicate {job.id} is being stopped"
        self._decided(ticket, Decision(Action.WAIT, reason, job, blockers=(job,)))
        return True

    def _pause(self, view: View) -> float:
        """Return the seconds until the first moment at which any open step wants a look."""
        if not self._viewer.time.knows_rate(self._poll):
            return self._poll  # how fast the tenant's time runs is not known yet
        local = self._viewer.time.local_seconds
        waits = [LONGEST.total_seconds()]
        for decision in filter(None, (each.decision for each in self._tickets())):
            if decision.earliest is not None:
                waits.append(local(decision.earliest - view.now))
            for job in decision.blockers:
                usual = self._durations.of(job.configuration)
                waits.append(local(next_look(job, view.now, usual)))
        return max(self._poll, min(waits))

    def _not_finished(self, ticket: Ticket, why: str) -> StepError:
        return ticket.not_finished(why, self._resume)

    def _end_all(self, error: Callable[[Ticket], Exception]) -> None:
        for ticket in self._tickets():
            self._end(ticket, error(ticket))

    def _end(self, ticket: Ticket, outcome: Result | Exception) -> None:
        with self._lock:
            if ticket not in self._open:
                return
            self._open.remove(ticket)
        self._observer.ended(ticket.step, outcome)
        if isinstance(outcome, Exception):
            ticket.future.set_exception(outcome)
        else:
            ticket.future.set_result(outcome)
