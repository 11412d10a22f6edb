"""Send the POSTs of one runner: only on a fresh poll, one at a time, and never twice blindly."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from typing import TYPE_CHECKING

from tamr_provider.errors import ApiError, StepError
from tamr_provider.reconciler.launch import LaunchOutcome, post_job

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tamr_provider.client.jobs import JobsClient
    from tamr_provider.clock import Clock
    from tamr_provider.decision.steps import LaunchPolicy, Step
    from tamr_provider.reconciler.duplicates import DuplicateResolver
    from tamr_provider.reconciler.pending import PendingStep
    from tamr_provider.tenant.job_cache import JobCache
    from tamr_provider.tenant.snapshot import Snapshot

_LONGEST_BUSY_SECONDS = 60.0
# A POST whose response was lost may still be on its way; this many shortest waits let it arrive.
# With 2 s a poll that is the pause that the documentation advises after a 500 or 503.
_DOUBT_IN_POLLS = 15
_STALE_SECONDS = 5.0  # the age of a poll that no POST rests on: this process may have been stopped
_STALE_POLLS = 3  # in a row; a tenant that is as slow as that never gives a fresher one


class Launcher:
    """Launches for the steps of one runner; call it from one thread.

    `announce` tells something to whoever looks on.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what a POST rests on and what hears of it
        self,
        client: JobsClient,
        cache: JobCache,
        duplicates: DuplicateResolver,
        clock: Clock,
        poll_seconds: float,
        announce: Callable[[str], None],
    ) -> None:
        self._client = client
        self._cache = cache
        self._duplicates = duplicates
        self._clock = clock
        self._poll = poll_seconds
        self._announce = announce
        self._polled_at = (-math.inf, clock.now())
        self._stale_polls = 0
        self._busy_until = -math.inf
        self._busy_pause = poll_seconds

    def polled(self) -> None:
        """Note that the tenant was polled a moment ago."""
        self._polled_at = (self._clock.monotonic(), self._clock.now())

    def is_current(self, step: Step, snapshot: Snapshot) -> bool:
        """Whether the tenant is still as the view shows it, asked with one request.

        The age counts on both clocks: the monotonic one stands still while a machine is suspended.
        """
        if not self._cache.confirm(snapshot, step.configuration, step.not_before):
            return False
        monotonic, wall = self._polled_at
        age = max(self._clock.monotonic() - monotonic, (self._clock.now() - wall).total_seconds())
        is_stale = age > _STALE_SECONDS and self._stale_polls < _STALE_POLLS
        self._stale_polls = self._stale_polls + 1 if is_stale else 0
        return not is_stale

    def launch(self, pending: PendingStep, snapshot: Snapshot) -> StepError | None:
        """Send one POST for a step; return the error that it ends with, if it does."""
        if len(pending.conflicts) >= pending.rules.max_attempts:
            times = f"{len(pending.conflicts)} times in a row"
            return StepError(f"{pending.step}: {pending.conflicts[-1]}, {times}")
        at = self._cache.time.now()
        try:
            outcome = post_job(self._client, pending.step)
        except ApiError as error:
            return StepError(f"{pending.step}: {error}")
        if outcome.job is not None:
            self._launched(pending, outcome, at)
        elif outcome.busy:
            pause = self._busy_pause * random.uniform(0.75, 1.25)  # noqa: S311 - jitter
            self._busy_until = self._clock.monotonic() + max(pause, outcome.retry_after or 0)
            self._busy_pause = min(_LONGEST_BUSY_SECONDS, self._busy_pause * 2)
        else:
            self._doubt(pending, outcome, snapshot)
        return None

    def known_rules(self, pending: PendingStep) -> LaunchPolicy:
        """Return a step's rules with what is known of the tenant's clock and of our own stops."""
        return replace(
            pending.rules,
            uncertainty=self._cache.time.uncertainty(),
            withdrawn=frozenset(self._duplicates.withdrawn),
        )

    def rules_now(self, pending: PendingStep, ahead: int) -> LaunchPolicy:
        """Return them with what keeps a POST waiting; so many steps of ours go first."""
        doubts = self._duplicates.doubts
        return replace(
            self.known_rules(pending),
            ahead=ahead,
            busy_until=self.busy_until(),
            in_doubt_until=self._tenant_moment(doubts.until(pending.step.configuration)),
        )

    def busy_until(self) -> datetime | None:
        """Return until when Tamr has no room, None if it may have some."""
        return self._tenant_moment(self._busy_until)

    def _launched(self, pending: PendingStep, outcome: LaunchOutcome, at: datetime) -> None:
        assert outcome.job is not None  # noqa: S101 - asked before
        self._busy_pause = self._poll
        self._cache.remember_launch(outcome.job)
        self._duplicates.launched.add(outcome.job.id)
        pending.has_launched(outcome.job, at)
        if warning := pending.warn_of_age(outcome.job):
            self._announce(warning)

    def _doubt(self, pending: PendingStep, outcome: LaunchOutcome, snapshot: Snapshot) -> None:
        """Poll before another POST is sent: the one without a response may have started a job."""
        polls = _DOUBT_IN_POLLS if outcome.in_doubt else 1
        until = self._clock.monotonic() + polls * self._poll
        self._duplicates.doubts.lost(pending.step.configuration, snapshot.jobs, until)
        pending.conflicts = [*pending.conflicts, outcome.trouble] if outcome.conflict else []
        self._announce(f"{pending.step}: {outcome.trouble}; looking before trying again")

    def _tenant_moment(self, until: float) -> datetime | None:
        left = until - self._clock.monotonic()
        return self._cache.time.at_local_delay(left) if left > 0 else None
