"""What would happen to a resource now, from one look at the tenant that many resources share."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from tamr_provider.client.connection import make_client
from tamr_provider.clock import SystemClock
from tamr_provider.decision.launch_limits import DAY
from tamr_provider.decision.table import Action, Decision, decide
from tamr_provider.errors import TamrError
from tamr_provider.resources import _properties as properties
from tamr_provider.tenant.job_cache import JobCache
from tamr_provider.tenant.query import JobQuery

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tamr_provider.clock import Clock
    from tamr_provider.decision.policy import LaunchPolicy
    from tamr_provider.decision.steps import Step
    from tamr_provider.settings import Settings
    from tamr_provider.tenant.snapshot import Snapshot

_FRESH_SECONDS = 60.0  # the resources of a preview come in one burst
_PATIENCE_SECONDS = 5.0  # with a tenant that does not answer; a preview has to be quick


class DryRun:
    """Decides for resources of one tenant, in any thread; nothing is ever launched here."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._start, self._stop = clock.monotonic(), threading.Event()
        self._cache = JobCache(make_client(settings, clock, self._stop, self._lose_patience), clock)
        self._lock = threading.Lock()
        self._last: tuple[float, JobQuery, Snapshot] | None = None
        self._failed: TamrError | None = None

    def of(self, inputs: Mapping[str, Any]) -> tuple[Decision, Snapshot]:
        """Return what would be done for checked inputs, and the view that it rests on.

        The view has the last 24 hours at least. Slots are left out of account: which of many
        steps has to wait for one cannot be told of each alone. Raises a TamrError where the
        tenant cannot be asked, to every resource the same after one try.
        """
        step = properties.read_step(inputs)
        policy = properties.read_policy(inputs)
        with self._lock:
            if self._failed is not None:
                raise self._failed
            try:
                snapshot = self._refresh(step, policy)
            except TamrError as error:
                self._failed = error
                raise
        if None in properties.finish_times(inputs):
            # In a preview: what it comes after is itself going to run.
            return Decision(Action.LAUNCH, "comes after steps that are not done yet"), snapshot
        return decide(snapshot.jobs, step, snapshot.now, policy, queue=None), snapshot

    def _lose_patience(self, _: str) -> None:
        if self._clock.monotonic() - self._start >= _PATIENCE_SECONDS:
            self._stop.set()

    def _refresh(self, step: Step, policy: LaunchPolicy) -> Snapshot:
        now = self._cache.time.now()
        query = _query(step, policy, now)
        at = self._clock.monotonic()
        if self._last and at - self._last[0] < _FRESH_SECONDS and self._last[1].covers(query):
            return self._last[2]
        snapshot = self._cache.refresh(query, {step.configuration})
        self._last = (at, query, snapshot)
        return snapshot


def _query(step: Step, policy: LaunchPolicy, now: datetime) -> JobQuery:
    # Whole days, so that the scopes of resources that come one after the other are the same.
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return JobQuery(min(step.since, day - DAY), day - max(policy.buffer, DAY))


_outlooks: dict[Settings, DryRun] = {}
_lock = threading.Lock()


def dry_run_of(settings: Settings) -> DryRun:
    """Return the process's outlook on a tenant."""
    with _lock:
        if settings not in _outlooks:
            _outlooks[settings] = DryRun(settings, SystemClock())
        return _outlooks[settings]
