"""Send the POSTs of one run: only after a fresh poll, one at a time, and never twice blindly.

Whatever happens to a response, the list is polled before the next decision: that finds the job of
a lost response, and the job of another run that was first.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tamr_provider.decision.policy import QueueState
from tamr_provider.errors import ApiError, ResponseLostError, StepError, TooManyRequestsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from tamr_provider.client.jobs import JobsClient
    from tamr_provider.clock import Clock
    from tamr_provider.decision.steps import Step
    from tamr_provider.models import Configuration, Job
    from tamr_provider.reconciler.pending import PendingStep
    from tamr_provider.tenant.job_cache import JobCache
    from tamr_provider.tenant.snapshot import Snapshot

# A POST whose response was lost may still be on its way; this many polling intervals let it
# arrive. With 2 s each that is the pause that the documentation advises after a 500 or 503.
_POLLS_UNTIL_ARRIVAL = 15
_MAX_POLL_AGE_SECONDS = 5.0  # No POST follows an older poll: this process may have been suspended.
_MAX_STALE_POLLS = 3  # In a row. A tenant that is so slow never gives a fresher one.
_CONFLICT = 409
_MAX_PAUSE_SECONDS = 60.0  # After a 429.


class Launcher:
    """Launches jobs for the steps of one run; call it from one thread.

    `announce` shows a text to the user. `launched` are the IDs in the responses to our POSTs.
    """

    def __init__(
        self,
        client: JobsClient,
        cache: JobCache,
        clock: Clock,
        poll_seconds: float,
        announce: Callable[[str], None],
    ) -> None:
        self._client = client
        self._cache = cache
        self._clock = clock
        self._poll_seconds = poll_seconds
        self._announce = announce
        self._polled_at = (-math.inf, clock.now())
        self._stale_polls = 0
        self._backoff = Backoff(poll_seconds)
        self._unconfirmed = UnconfirmedLaunches()
        self.launched = set[str]()

    def record_poll(self, snapshot: Snapshot) -> None:
        """Record that the tenant was just polled."""
        self._polled_at = (self._clock.monotonic(), self._clock.now())
        self._unconfirmed.confirm(snapshot.jobs)

    def is_current(self, step: Step, snapshot: Snapshot) -> bool:
        """Whether the snapshot is recent, and one more request shows the same jobs.

        The age counts on both clocks: the monotonic one stands still while a machine is suspended.
        """
        if not self._cache.confirm(snapshot, step.configuration, step.not_before):
            return False
        monotonic, wall = self._polled_at
        age = max(self._clock.monotonic() - monotonic, (self._clock.now() - wall).total_seconds())
        is_stale = age > _MAX_POLL_AGE_SECONDS and self._stale_polls < _MAX_STALE_POLLS
        self._stale_polls = self._stale_polls + 1 if is_stale else 0
        return not is_stale

    def launch(self, pending: PendingStep, snapshot: Snapshot) -> StepError | None:
        """Send one POST for a step; return the error that ends the step, if there is one."""
        if len(pending.conflicts) >= pending.policy.max_attempts:
            times = f"{len(pending.conflicts)} times in a row"
            reason = f"{pending.conflicts[-1]}, {times}"
            return StepError(f"{pending.step}: {reason}", reason=reason)
        at = self._cache.time.now()
        try:
            job = self._client.create_job(pending.step.configuration)
        except TooManyRequestsError as error:
            self._backoff.record_rate_limit(self._clock.monotonic(), error.retry_after)
        except ResponseLostError as error:
            pending.conflicts = []
            self._poll_before_retry(pending, snapshot, str(error), is_unconfirmed=error.sent)
        except ApiError as error:
            # What Tamr means by a 409 is not documented (U11): the job may have been started.
            if error.status != _CONFLICT:
                return StepError(f"{pending.step}: {error}", reason=str(error))
            pending.conflicts = [*pending.conflicts, str(error)]
            self._poll_before_retry(pending, snapshot, str(error), is_unconfirmed=True)
        else:
            self._record_launch(pending, job, at)
        return None

    def queue_state(self, step: Step, steps_ahead: int) -> QueueState:
        """Return what keeps a POST for the step waiting; `steps_ahead` go first."""
        return QueueState(
            steps_ahead=steps_ahead,
            rate_limited_until=self.rate_limited_until(),
            unconfirmed_until=self._tenant_time(self._unconfirmed.until(step.configuration)),
        )

    def rate_limited_until(self) -> datetime | None:
        """Return until when no POST is sent after a 429, None if one may be sent."""
        return self._tenant_time(self._backoff.until)

    def _record_launch(self, pending: PendingStep, job: Job, at: datetime) -> None:
        self._backoff.record_launch()
        self._cache.remember_launch(job)
        self.launched.add(job.id)
        pending.record_launch(job, at)
        if warning := pending.age_warning(job):
            self._announce(warning)

    def _poll_before_retry(
        self, pending: PendingStep, snapshot: Snapshot, problem: str, *, is_unconfirmed: bool
    ) -> None:
        polls = _POLLS_UNTIL_ARRIVAL if is_unconfirmed else 1
        until = self._clock.monotonic() + polls * self._poll_seconds
        self._unconfirmed.record(pending.step.configuration, snapshot.jobs, until)
        self._announce(f"{pending.step}: {problem}; checking the job list before retrying")

    def _tenant_time(self, until: float) -> datetime | None:
        left = until - self._clock.monotonic()
        return self._cache.time.at_local_delay(left) if left > 0 else None


class Backoff:
    """How long to send no POST after a 429, in monotonic seconds: grows until a launch succeeds."""

    def __init__(self, first_seconds: float) -> None:
        self._first_seconds = first_seconds
        self._seconds = first_seconds
        self.until = -math.inf

    def record_rate_limit(self, now: float, retry_after: float | None) -> None:
        """Back off for a while, and for the server's `Retry-After` at least."""
        pause = self._seconds * random.uniform(0.75, 1.25)  # noqa: S311 - jitter
        self.until = now + max(pause, retry_after or 0)
        self._seconds = min(_MAX_PAUSE_SECONDS, self._seconds * 2)

    def record_launch(self) -> None:
        """Start again with the first pause."""
        self._seconds = self._first_seconds


@dataclass(frozen=True)
class _Unconfirmed:
    known_ids: frozenset[str]  # Of the equal jobs listed before the POST.
    until: float


class UnconfirmedLaunches:
    """POSTs without a response, which may still start a job; times are monotonic seconds."""

    def __init__(self) -> None:
        self._by_configuration: dict[Configuration, _Unconfirmed] = {}

    def record(self, configuration: Configuration, jobs: Iterable[Job], until: float) -> None:
        """Record a POST that may have started a job; `jobs` were listed before it was sent."""
        known_ids = frozenset(job.id for job in jobs if job.configuration == configuration)
        self._by_configuration[configuration] = _Unconfirmed(known_ids, until)

    def confirm(self, jobs: Iterable[Job]) -> None:
        """Forget the POSTs whose job has appeared.

        The first equal job counts as theirs. A later one does not: it may be another user's.
        """
        for job in jobs:
            launch = self._by_configuration.get(job.configuration)
            if launch is not None and job.id not in launch.known_ids:
                del self._by_configuration[job.configuration]

    def until(self, configuration: Configuration) -> float:
        """Return when another POST of the configuration may be sent."""
        launch = self._by_configuration.get(configuration)
        return launch.until if launch else -math.inf
