"""Version changes and their outcomes, from git's commits and the tenants' lists of jobs alone.

A run is one version of one product on one stack, until the change that sets the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tamr_provider.decision.steps import would_satisfy
from tamr_provider.planning.plan import plan_steps
from tamr_provider.planning.product_state import ProductState, judge_product
from tamr_provider.tenant.snapshot import Snapshot
from tamr_provider.timestamps import format_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from tamr_provider.environments.changes import Change
    from tamr_provider.models import Job

_NO_LIMIT = 10**9
SUPERSEDED = "superseded"


@dataclass(frozen=True)
class Run:
    """A change and its outcome; `jobs` are all attempts by their creation.

    `outcome` is the value of a state, or `superseded` if another version came first. `state` is
    that of the product at the end of the run, None if its tenant did not respond.
    """

    change: Change
    outcome: str
    reason: str = ""
    jobs: tuple[Job, ...] = ()
    state: ProductState | None = None

    @property
    def adopted(self) -> tuple[Job, ...]:
        """The jobs from before the commit, which no run launched; for others, it is unknown."""
        commit = self.change.commit
        return tuple(
            job for job in self.jobs if commit and job.created_at and job.created_at < commit.at
        )

    @property
    def duration(self) -> timedelta | None:
        """From the first job's creation to the last one's end, None while a job is active."""
        created = [job.created_at for job in self.jobs if job.created_at]
        finished = [job.finished_at for job in self.jobs if job.finished_at]
        if not created or len(finished) < len(self.jobs):
            return None
        return max(finished) - min(created)


def build_run(
    change: Change, jobs: Iterable[Job], now: datetime, current: ProductState | None = None
) -> Run:
    """Return the outcome of a change, judged by the same rules as `tamr plan`.

    `current` is the state of its product now, if the change is the latest one.
    """
    end = min(change.until, now) if change.until else now
    listed = [job for job in jobs if job.created_at is None or job.created_at < end]
    state = current or _judge_past(change, Snapshot(tuple(listed), end))
    steps = [step.planned.step for step in state.steps]
    own = [job for job in listed if any(would_satisfy(job, step) for step in steps)]
    outcome, reason = _find_outcome(change, state, own, now)
    if current is not None:
        outcome, reason = current.state.value, "" if current.is_satisfied else current.reason
    ordered = tuple(sorted(own, key=lambda job: (job.created_at or now, job.id)))
    return Run(change, outcome, reason, ordered, state)


def _judge_past(change: Change, snapshot: Snapshot) -> ProductState:
    product = {change.name: change.product}
    plan = plan_steps(snapshot, product, _NO_LIMIT, change.stack).forecast(lambda _: None)
    return judge_product(change.name, change.stack, plan.steps, plan.now, "")


def _find_outcome(
    change: Change, state: ProductState, jobs: Sequence[Job], now: datetime
) -> tuple[str, str]:
    if state.is_satisfied:
        return state.state.value, ""
    product = change.product
    requested_at = max(product.not_before, product.retried_at or product.not_before)
    if not jobs and now - requested_at > timedelta(days=product.trust_days):
        return "unknown", f"no job is listed since {format_timestamp(requested_at)}"
    if change.until is not None and change.until <= now:
        return SUPERSEDED, state.reason if jobs else "never started"
    return state.state.value, state.reason
