"""One pass over the open steps: poll, decide, and launch what can be launched."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tamr_provider.decision.buffer import ADVISED_BUFFER
from tamr_provider.decision.policy import RunFindings
from tamr_provider.decision.steps import why_too_early
from tamr_provider.decision.table import Action, Decision, check_slots, decide
from tamr_provider.errors import InputError
from tamr_provider.reconciler.duplicates import DuplicateResolver
from tamr_provider.reconciler.launching import Launcher
from tamr_provider.reconciler.polling import MAX_DELAY, next_poll_delay
from tamr_provider.reconciler.progress import StepStatus
from tamr_provider.reconciler.run_warnings import CloseRunWarnings, UnlistedJobWarning
from tamr_provider.tenant.durations import Durations
from tamr_provider.tenant.job_cache import JobCache
from tamr_provider.tenant.query import JobQuery
from tamr_provider.timestamps import format_duration

if TYPE_CHECKING:
    from tamr_provider.client.jobs import JobsClient
    from tamr_provider.clock import Clock
    from tamr_provider.reconciler.mailbox import Mailbox
    from tamr_provider.reconciler.pending import PendingStep
    from tamr_provider.reconciler.progress import ProgressObserver
    from tamr_provider.tenant.snapshot import Snapshot

_MAX_MISSES = 3  # Polls of one pass after which the tenant had changed before the POST.


class _Ready(NamedTuple):
    """A step that would be launched if a slot were free."""

    pending: PendingStep
    decision: Decision


class ReconcilePass:
    """Takes the open steps as far as they go; call it from one thread, again and again."""

    def __init__(  # noqa: PLR0913, PLR0917 - the parts of a run, wired in one place
        self,
        client: JobsClient,
        clock: Clock,
        mailbox: Mailbox,
        poll_seconds: float,
        observer: ProgressObserver,
        resume: str,
    ) -> None:
        self._clock = clock
        self._mailbox = mailbox
        self._poll_seconds = poll_seconds
        self._observer = observer
        self._resume = resume
        self._url = client.url
        self._cache = JobCache(client, clock)
        self.time = self._cache.time
        self._durations = Durations(client)
        self._duplicates = DuplicateResolver(client, observer.note)
        self._launcher = Launcher(client, self._cache, clock, poll_seconds, observer.note)
        self._close_runs = CloseRunWarnings()
        self._unlisted_job = UnlistedJobWarning()

    def run(self) -> float:
        """Poll, decide and launch; return in how many seconds the next pass is due."""
        snapshot = self._poll()
        misses = 0
        while True:
            ready, gates_asked = self._evaluate_all(snapshot)
            durations_asked = self._durations.learn(
                configuration
                for pending in self._mailbox.open_steps()
                for phase in pending.path
                for configuration in phase
            )
            best = self._queue(ready, snapshot)
            if best is None or self._mailbox.stop_reason:
                return self._next_pass_in(snapshot)
            # Requests since the poll gave others time to launch the same job: poll again first.
            if not (gates_asked or durations_asked):
                misses += not self._launch(best, snapshot)
            if misses == _MAX_MISSES:
                return self._poll_seconds
            if self._launcher.rate_limited_until() is None:
                snapshot = self._poll()

    def _poll(self) -> Snapshot:
        pending_steps = self._mailbox.open_steps()
        now = self.time.now()
        # At least the advised buffer, for the warning about runs without one.
        buffer = max([ADVISED_BUFFER, *(pending.policy.buffer for pending in pending_steps)])
        query = JobQuery(
            created_after=min((pending.step.not_before for pending in pending_steps), default=now),
            ended_after=now - buffer,
        )
        relevant = {pending.step.configuration for pending in pending_steps}
        snapshot = self._cache.refresh(query, relevant)
        self._launcher.record_poll(snapshot)
        if warning := self._unlisted_job.warn(snapshot):
            self._observer.note(warning)
        return snapshot

    def _evaluate_all(self, snapshot: Snapshot) -> tuple[list[_Ready], bool]:
        """Return the steps that would be launched, and whether a gate sent requests.

        The end of a step may submit others; they are evaluated too.
        """
        ready: list[_Ready] = []
        evaluated = set[int]()
        gates_asked = False
        while new := [step for step in self._mailbox.open_steps() if id(step) not in evaluated]:
            for pending in new:
                evaluated.add(id(pending))
                decision = self._evaluate(pending, snapshot)
                if decision is not None and pending.gate is not None:
                    gates_asked = True
                    pending.ask_gate()
                    decision = self._evaluate(pending, snapshot)
                if decision is not None:
                    ready.append(_Ready(pending, decision))
        return ready, gates_asked

    def _evaluate(self, pending: PendingStep, snapshot: Snapshot) -> Decision | None:
        """Take one step as far as it goes without a launch; return the decision to launch it."""
        if problem := why_too_early(pending.step, snapshot.latest_time):
            status = self._status(pending, Decision(Action.HOLD, problem), snapshot)
            self._mailbox.end(pending, InputError(problem), status)
            return None
        self._duplicates.resolve(pending, self._mailbox.open_steps(), snapshot)
        stopping = self._duplicates.find_stopping(pending.step.configuration, snapshot)
        if stopping is not None:
            reason = f"waiting for duplicate {stopping.id} to stop"
            self._record(pending, Decision(Action.WAIT, reason, stopping, blockers=(stopping,)))
            return None
        decision = self._decide(pending, snapshot)
        if (error := self._error(pending, decision, snapshot)) is not None:
            self._mailbox.end(pending, error, self._status(pending, decision, snapshot))
        elif decision.action is Action.SATISFIED and decision.job is not None:
            result = pending.to_result(decision.job, snapshot.jobs, self._launcher.launched)
            self._mailbox.end(pending, result, self._status(pending, decision, snapshot))
        elif decision.action is Action.LAUNCH:
            return decision
        else:
            self._record(pending, decision)
        return None

    def _decide(self, pending: PendingStep, snapshot: Snapshot) -> Decision:
        findings = RunFindings(
            blocked_reason=pending.blocked_reason,
            uncertainty=self.time.uncertainty(),
            withdrawn=frozenset(self._duplicates.withdrawn),
        )
        return decide(
            snapshot.jobs, pending.step, snapshot.now, pending.policy, findings, queue=None
        )

    def _error(
        self, pending: PendingStep, decision: Decision, snapshot: Snapshot
    ) -> Exception | None:
        """Return the error that ends the step, if there is one."""
        if decision.action in (Action.SATISFIED, Action.ADOPT):
            return None
        awaited = snapshot.find(pending.waiting_for)
        if awaited is not None and pending.has_failed(awaited):
            return pending.failed_error(awaited, snapshot.jobs, self._url, self._resume)
        if decision.action is Action.HOLD:
            return pending.held_error(decision)
        too_old = pending.find_ended_too_old(snapshot.jobs)
        if decision.action is Action.LAUNCH and too_old is not None:
            return pending.too_old_error(too_old, self._resume)
        return None

    def _record(self, pending: PendingStep, decision: Decision) -> None:
        now = self._clock.monotonic()
        pending.record_decision(decision, now)
        if pending.is_timed_out(now):
            reason = f"waited {format_duration(pending.policy.timeout)} (timeoutHours)"
            self._mailbox.end(pending, pending.unfinished_error(reason, self._resume))

    def _queue(self, ready: list[_Ready], snapshot: Snapshot) -> PendingStep | None:
        """Decide for the ready steps in the order of the queue; return the one to launch now."""
        # Equal ones by name, so that the order of submission does not matter.
        ready.sort(
            key=lambda one: (-self._durations.of_path(one.pending.path), str(one.pending.step))
        )
        best = None
        for steps_ahead, (pending, launch) in enumerate(ready):
            queue = self._launcher.queue_state(pending.step, steps_ahead)
            wait = check_slots(snapshot.jobs, snapshot.now, pending.policy, queue)
            self._record(pending, wait or launch)
            if best is None and wait is None:
                best = pending
        self._report_status(snapshot)
        return best

    def _report_status(self, snapshot: Snapshot) -> None:
        for pending in self._mailbox.open_steps():
            if pending.decision is not None:
                status = self._status(pending, pending.decision, snapshot)
                self._observer.status(pending.step, status)

    def _status(self, pending: PendingStep, decision: Decision, snapshot: Snapshot) -> StepStatus:
        return StepStatus(
            decision=decision,
            now=snapshot.now,
            active=snapshot.active,
            slots=pending.policy.slots,
            usual=self._durations.of(pending.step.configuration),
            usual_of=self._durations.of,
        )

    def _launch(self, pending: PendingStep, snapshot: Snapshot) -> bool:
        """Launch for a step, unless the tenant has changed since the poll; return whether."""
        if not self._launcher.is_current(pending.step, snapshot):
            return False
        step, policy = pending.step, pending.policy
        if warning := self._close_runs.warn(snapshot.jobs, step, snapshot.now, policy):
            self._observer.warn(step, warning)
        if error := self._launcher.launch(pending, snapshot):
            self._mailbox.end(pending, error)
        return True

    def _next_pass_in(self, snapshot: Snapshot) -> float:
        if not self.time.knows_rate(self._poll_seconds):
            return self._poll_seconds  # The rate of the tenant's time is not known yet.
        decisions = [pending.decision for pending in self._mailbox.open_steps()]
        delay = next_poll_delay(filter(None, decisions), snapshot.now, self._durations.of)
        seconds = MAX_DELAY.total_seconds()
        if delay is not None:
            seconds = min(seconds, self.time.local_seconds(delay))
        return max(self._poll_seconds, seconds)
