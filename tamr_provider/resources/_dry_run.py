"""What a run would do for a resource now, from one snapshot of the tenant for all of them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tamr_provider.client.connection import make_client
from tamr_provider.clock import SystemClock
from tamr_provider.decision.launch_limits import DAY
from tamr_provider.decision.policy import LaunchPolicy, RunFindings
from tamr_provider.decision.table import Action, Decision, decide
from tamr_provider.errors import TamrError
from tamr_provider.tenant.durations import Durations
from tamr_provider.tenant.job_cache import JobCache
from tamr_provider.tenant.query import JobQuery

if TYPE_CHECKING:
    from datetime import datetime

    from tamr_provider.clock import Clock
    from tamr_provider.decision.steps import Step
    from tamr_provider.models import Configuration
    from tamr_provider.resources._declared_step import DeclaredStep
    from tamr_provider.settings import Settings
    from tamr_provider.tenant.durations import DurationStats
    from tamr_provider.tenant.snapshot import Snapshot

_MAX_AGE_SECONDS = 60.0  # A preview asks for all resources in one burst.
_MAX_OUTAGE_SECONDS = 5.0  # A preview must be quick, with or without the tenant.


class DryRun:
    """Decides for the resources of one tenant, and launches nothing. Thread-safe."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._clock = clock
        self._start = clock.monotonic()
        self._stop = threading.Event()
        client = make_client(settings, clock, self._stop, self._end_long_outage)
        self._cache = JobCache(client, clock)
        self._durations = Durations(client)
        self._wanted: set[Configuration] = set()
        self._slots = settings.slots
        self._lock = threading.Lock()
        self._last: tuple[float, JobQuery, Snapshot] | None = None
        self._failed: TamrError | None = None

    def decide(self, declared: DeclaredStep, blocked_reason: str = "") -> tuple[Decision, Snapshot]:
        """Return the decision for a step, and its snapshot of at least the last 24 hours.

        `blocked_reason` says why this version must not run here, "" if it may.

        Slots are ignored, because which step waits for one depends on all the others. Raises
        TamrError if the tenant cannot be queried. It is queried once for all resources.
        """
        step = declared.to_step()
        policy = LaunchPolicy.from_rules(declared, self._slots)
        self._wanted.update(later for phase in declared.later_phases for later in phase)
        self._wanted.add(step.configuration)
        with self._lock:
            if self._failed is not None:
                raise self._failed
            try:
                snapshot = self._refresh(step, policy)
            except TamrError as error:
                self._failed = error
                raise
        if declared.waits_for_unknown:
            return Decision(Action.LAUNCH, "comes after steps that are not done yet"), snapshot
        found = RunFindings(blocked_reason=blocked_reason)
        return decide(snapshot.jobs, step, snapshot.now, policy, found, queue=None), snapshot

    def usual(self, configuration: Configuration) -> DurationStats | None:
        """Return how long a configuration's jobs take, None if that is unknown."""
        return self._durations.of(configuration)

    def learn_durations(self) -> None:
        """Query the durations of all steps so far together: they arrive side by side."""
        with self._lock:
            self._durations.learn(sorted(self._wanted, key=str))

    def _end_long_outage(self, _: str) -> None:
        if self._clock.monotonic() - self._start >= _MAX_OUTAGE_SECONDS:
            self._stop.set()

    def _refresh(self, step: Step, policy: LaunchPolicy) -> Snapshot:
        now = self._cache.time.now()
        query = _query(step, policy, now)
        at = self._clock.monotonic()
        if self._last and at - self._last[0] < _MAX_AGE_SECONDS and self._last[1].covers(query):
            return self._last[2]
        snapshot = self._cache.refresh(query, {step.configuration})
        self._last = (at, query, snapshot)
        return snapshot


def _query(step: Step, policy: LaunchPolicy, now: datetime) -> JobQuery:
    # Whole days, so that the queries of consecutive resources are equal.
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return JobQuery(min(step.since, day - DAY), day - max(policy.buffer, DAY))


_dry_runs: dict[Settings, DryRun] = {}
_lock = threading.Lock()


def get_dry_run(settings: Settings) -> DryRun:
    """Return the dry run of this process for a tenant."""
    with _lock:
        if settings not in _dry_runs:
            _dry_runs[settings] = DryRun(settings, SystemClock())
        return _dry_runs[settings]
