"""What a decision depends on besides the jobs: the user's rules, the queue, and the run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tamr_provider.stackfile.freeze_window import FreezeWindow
    from tamr_provider.stackfile.step_rules import StepRules


@dataclass(frozen=True)
class LaunchPolicy:
    """The user's rules for a product; `timeout` is how long one run waits for one job."""

    max_attempts: int = 3
    trust: timedelta = timedelta(days=30)
    buffer: timedelta = timedelta(0)
    retried_at: datetime | None = None
    timeout: timedelta = timedelta(hours=12)
    freeze: tuple[FreezeWindow, ...] = ()
    slots: int = 5

    @staticmethod
    def from_rules(rules: StepRules, slots: int) -> LaunchPolicy:
        """Return the policy of a product or step on a tenant with this many slots."""
        return LaunchPolicy(
            max_attempts=rules.max_attempts,
            trust=timedelta(days=rules.trust_days),
            buffer=timedelta(hours=rules.min_hours_between),
            retried_at=rules.retried_at,
            timeout=timedelta(hours=rules.timeout_hours),
            freeze=rules.effective_freeze,
            slots=slots,
        )


@dataclass(frozen=True)
class QueueState:
    """What the queue knows about a step.

    `steps_ahead` are this run's steps that go first. `rate_limited_until` is set after a 429,
    `unconfirmed_until` while a POST whose response was lost may still take effect.
    """

    steps_ahead: int = 0
    rate_limited_until: datetime | None = None
    unconfirmed_until: datetime | None = None


@dataclass(frozen=True)
class RunFindings:
    """What a run found out.

    `blocked_reason` says why this version must not run here, "" if it may. A new job may be
    created up to `uncertainty` before now. `withdrawn` are the jobs that this run stopped.
    """

    blocked_reason: str = ""
    uncertainty: timedelta = timedelta(0)
    withdrawn: frozenset[str] = frozenset()
