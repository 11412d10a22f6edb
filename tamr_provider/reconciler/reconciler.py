"""Many steps, one slot queue, one watcher: a turn looks, decides for every step, and acts."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tamr_provider.decision.buffer import ADVISED_BUFFER, CloseRunWarnings
from tamr_provider.decision.steps import why_too_early
from tamr_provider.decision.table import Action, Decision, decide
from tamr_provider.errors import InputError, StepError, TenantUnavailableError, WaitInterruptedError
from tamr_provider.reconciler.duplicates import DuplicateResolver
from tamr_provider.reconciler.launching import Launcher
from tamr_provider.reconciler.pending import PendingStep, StepResult
from tamr_provider.reconciler.polling import LONGEST, poll_delay
from tamr_provider.reconciler.progress import ProgressObserver, StepStatus
from tamr_provider.tenant.durations import Durations
from tamr_provider.tenant.job_cache import JobCache
from tamr_provider.tenant.query import JobQuery
from tamr_provider.timestamps import format_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from datetime import datetime

    from tamr_provider.client.jobs import JobsClient
    from tamr_provider.clock import Clock
    from tamr_provider.decision.steps import LaunchPolicy, Phases, Step
    from tamr_provider.tenant.snapshot import Snapshot

_NO_LIMIT = 10**9
_IDLE_SECONDS = 3600.0
_MISSES = 3  # polls of one turn that were no ground for a POST
_LAG = timedelta(minutes=1)  # how far the tenant's list may lag behind without a word from us


class Reconciler:
    """Reconciles steps on one tenant, those of one process; one thread takes the turns.

    `resume` is the command that goes on where this runner stops; `stop` is the event that the
    client's own waits end at. Steps may be submitted from any thread at any time.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what a runner is made of, wired in one place each
        self,
        client: JobsClient,
        clock: Clock,
        stop: threading.Event,
        poll_seconds: float,
        observer: ProgressObserver,
        resume: str,
    ) -> None:
        self._client, self._clock, self._observer = client, clock, observer
        self._poll, self._resume = poll_seconds, resume
        self._cache = JobCache(client, clock)
        self._open: list[PendingStep] = []
        self._lock, self._wake, self._stop = threading.Lock(), threading.Event(), stop
        self._durations = Durations(client)
        self._duplicates, self._stopped = DuplicateResolver(client, observer.note), ""
        self._launcher = Launcher(
            client, self._cache, self._duplicates, clock, poll_seconds, observer.note
        )
        self._asked = self._warned = False
        self._close_runs = CloseRunWarnings()

    def submit(
        self,
        step: Step,
        rules: LaunchPolicy,
        then: Phases = (),
        guard: Callable[[], str] | None = None,
    ) -> Future[StepResult]:
        """Ask for a step; the future holds its Result, or a TamrError.

        `then` is what hangs on the step: where slots are short, the longest remaining work goes
        first. `guard` tells why the step may not be launched; it is asked once, before it would be.
        """
        pending = PendingStep(step, rules, then, guard)
        with self._lock:
            self._open.append(pending)
        self._wake.set()
        if self._stopped:
            self.fail_pending()
        return pending.future

    @property
    def tenant_time(self) -> datetime:
        """The tenant's time as far as it is known."""
        return self._cache.time.now()

    def interrupt(self, why: str) -> None:
        """Stop waiting as soon as the request under way is answered; jobs are left alone."""
        self._stopped = self._stopped or why
        self._stop.set()
        self._wake.set()

    def run(self) -> None:
        """Take turns until no step is open or somebody interrupts; never raises."""
        while self._open_steps() and not self._stopped:
            try:
                pause = self.reconcile_once()
            except (WaitInterruptedError, TenantUnavailableError) as error:
                self._end_all(lambda pending, why=str(error): self._not_finished(pending, why))  # type: ignore[misc]
            except Exception as error:  # noqa: BLE001 - whoever waits has to hear of it
                self._end_all(lambda _, error=error: error)  # type: ignore[misc]
            else:
                self._sleep(pause if self._open_steps() else 0)
        if self._stopped:
            self.fail_pending()

    def run_until_stopped(self) -> None:
        """Take turns whenever a step is open, until somebody interrupts."""
        while not self._stopped:
            self._sleep(_IDLE_SECONDS)
            self.run()
        self.fail_pending()

    def fail_pending(self) -> None:
        """Tell whoever still waits that we stopped; the loop may be in a request all the while."""
        why = self._stopped or "stopped waiting"
        self._end_all(lambda pending: self._not_finished(pending, why))

    def reconcile_once(self) -> float:
        """Look once, do what it calls for, and return in how many seconds to look again."""
        snapshot, misses = self._refresh(), 0
        while (pending := self._best_to_launch(snapshot)) is not None and not self._stopped:
            # Whatever was asked since the look gave others time to start the same job.
            if not self._asked:
                misses += not self._launch(pending, snapshot)
            if misses == _MISSES:
                return self._poll
            if self._launcher.busy_until() is None:
                snapshot = self._refresh()
        return self._pause(snapshot)

    def _sleep(self, seconds: float) -> None:
        self._wake.clear()
        # Looked at after the clearing, so that no step and no interrupt is slept through.
        if seconds and not self._stopped and not self._has_new():
            self._clock.wait(self._wake, seconds)
        if not self._stopped and self._has_new():
            # They come in bursts, in any order: the first may not be the one to launch first.
            self._clock.wait(self._stop, self._poll)

    def _has_new(self) -> bool:
        return any(step.decision is None for step in self._open_steps())

    def _open_steps(self) -> list[PendingStep]:
        with self._lock:
            return list(self._open)

    def _refresh(self) -> Snapshot:
        pending_steps = self._open_steps()
        # The advised buffer too, to warn of a run that keeps none: the same request asks for both.
        buffer = max(
            [ADVISED_BUFFER, *(pending_step.rules.buffer for pending_step in pending_steps)]
        )
        now = self._cache.time.now()
        scope = JobQuery(
            created_after=min(
                (pending_step.step.not_before for pending_step in pending_steps), default=now
            ),
            ended_after=now - buffer,
        )
        self._asked = False
        snapshot = self._cache.refresh(
            scope, {pending_step.step.configuration for pending_step in pending_steps}
        )
        self._launcher.polled()
        return snapshot

    def _best_to_launch(self, snapshot: Snapshot) -> PendingStep | None:
        """Decide for every step, and return the one to launch now, if any."""
        self._duplicates.doubts.settle(snapshot.jobs)
        self._warn_of_a_blind_list(snapshot)
        ready = self._evaluate_all(snapshot)
        behind = (each for pending in self._open_steps() for part in pending.path for each in part)
        self._asked = self._durations.learn(behind) or self._asked
        # Equal ones by their names, so that the order of submission never matters.
        ready.sort(key=lambda each: (-self._durations.of_path(each.path), str(each.step)))
        best = None
        for place, pending in enumerate(ready):
            decision = decide(
                snapshot.jobs, pending.step, snapshot.now, self._launcher.rules_now(pending, place)
            )
            self._record_decision(pending, decision)
            if best is None and decision.action is Action.LAUNCH:
                best = pending
        self._notify(snapshot)
        return best

    def _notify(self, snapshot: Snapshot) -> None:
        """Tell whoever looks on where every open step stands."""
        for pending in self._open_steps():
            if pending.decision is not None:
                status = StepStatus(
                    decision=pending.decision,
                    now=snapshot.now,
                    active=snapshot.active,
                    slots=pending.rules.slots,
                    usual=self._durations.of(pending.step.configuration),
                )
                self._observer.status(pending.step, status)

    def _warn_of_a_blind_list(self, snapshot: Snapshot) -> None:
        """Say once that others would not find a job of ours, since the list does not show it."""
        for job in snapshot.active:
            since = job.created_at or snapshot.now
            if job.id in snapshot.unlisted and snapshot.now - since > _LAG and not self._warned:
                self._warned = True
                self._observer.note(
                    f"the tenant's list does not show {job.id}, created at {format_timestamp(since)}: "
                    "another runner would start it a second time; see: tamr doctor --tenant"
                )

    def _evaluate_all(self, snapshot: Snapshot) -> list[PendingStep]:
        """Judge every open step, those included that the end of another one submits."""
        ready, judged = [], set[int]()
        while new := [step for step in self._open_steps() if id(step) not in judged]:
            for pending in new:
                judged.add(id(pending))
                if self._evaluate(pending, snapshot):
                    ready.append(pending)
        return ready

    def _evaluate(self, pending: PendingStep, snapshot: Snapshot) -> bool:
        """Take one step as far as it goes without a launch; return whether it wants one."""
        if problem := why_too_early(pending.step, snapshot.latest or snapshot.now):
            self._end(pending, InputError(problem))
            return False
        self._duplicates.settle_races(pending, [step.step for step in self._open_steps()], snapshot)
        if self._waits_for_duplicate(pending, snapshot):
            return False
        rules = replace(self._launcher.known_rules(pending), slots=_NO_LIMIT)
        decision = decide(snapshot.jobs, pending.step, snapshot.now, rules)
        waited = snapshot.find(pending.waiting_for)
        if decision.action is Action.SATISFIED and decision.job is not None:
            self._end(
                pending, pending.to_result(decision.job, snapshot.jobs, self._duplicates.launched)
            )
        elif decision.action is not Action.ADOPT and waited and pending.has_failed(waited):
            self._end(
                pending, pending.failed_error(waited, snapshot.jobs, self._client.url, self._resume)
            )
        elif decision.action is Action.HOLD:
            self._end(pending, pending.held_error(decision))
        elif decision.action is Action.LAUNCH and (job := pending.ended_too_old(snapshot.jobs)):
            self._end(pending, pending.too_old_error(job, self._resume))
        elif decision.action is Action.LAUNCH:
            return self._passes_gate(pending) or self._evaluate(pending, snapshot)
        else:
            self._record_decision(pending, decision)
        return False

    def _passes_gate(self, pending: PendingStep) -> bool:
        """Whether the step's guard lets it be launched; the next judgement knows if not."""
        if pending.guard is None:
            return True
        self._asked = True
        refused, pending.guard = pending.guard(), None
        pending.rules = replace(pending.rules, refused=refused)
        return not refused

    def _record_decision(self, pending: PendingStep, decision: Decision) -> None:
        now = self._clock.monotonic()
        pending.record_decision(decision, now)
        if pending.timed_out(now):
            hours = pending.rules.timeout / timedelta(hours=1)
            self._end(
                pending, self._not_finished(pending, f"waited {hours:g} hours (timeoutHours)")
            )

    def _launch(self, pending: PendingStep, snapshot: Snapshot) -> bool:
        """Launch for a step, unless the tenant has changed since it was polled; return whether."""
        if not self._launcher.is_current(pending.step, snapshot):
            return False
        if warning := self._close_runs.warn(
            snapshot.jobs, pending.step, snapshot.now, pending.rules
        ):
            self._observer.warn(pending.step, warning)
        if error := self._launcher.launch(pending, snapshot):
            self._end(pending, error)
        return True

    def _waits_for_duplicate(self, pending: PendingStep, snapshot: Snapshot) -> bool:
        job = self._duplicates.ending(pending.step.configuration, snapshot)
        if job is None:
            return False
        reason = f"our duplicate {job.id} is being stopped"
        self._record_decision(pending, Decision(Action.WAIT, reason, job, blockers=(job,)))
        return True

    def _pause(self, snapshot: Snapshot) -> float:
        """Return the seconds until the first moment at which any open step wants a look."""
        if not self._cache.time.knows_rate(self._poll):
            return self._poll  # how fast the tenant's time runs is not known yet
        local = self._cache.time.local_seconds
        waits = [LONGEST.total_seconds()]
        for decision in filter(None, (step.decision for step in self._open_steps())):
            if decision.earliest is not None:
                waits.append(local(decision.earliest - snapshot.now))
            for job in decision.blockers:
                usual = self._durations.of(job.configuration)
                waits.append(local(poll_delay(job, snapshot.now, usual)))
        return max(self._poll, min(waits))

    def _not_finished(self, pending: PendingStep, why: str) -> StepError:
        return pending.unfinished_error(why, self._resume)

    def _end_all(self, error: Callable[[PendingStep], Exception]) -> None:
        for pending in self._open_steps():
            self._end(pending, error(pending))

    def _end(self, pending: PendingStep, outcome: StepResult | Exception) -> None:
        with self._lock:
            if pending not in self._open:
                return
            self._open.remove(pending)
        self._observer.ended(pending.step, outcome)
        if isinstance(outcome, Exception):
            pending.future.set_exception(outcome)
        else:
            pending.future.set_result(outcome)
