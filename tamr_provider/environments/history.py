"""Runs as git and the tenant's list tell them: who wanted which version where, and what came of it.

A run is one version of one product on one stack, from the change that asks for it to the change
that asks for the next. Nothing else is recorded anywhere: what the list no longer has is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tamr_provider.decision.steps import would_satisfy
from tamr_provider.models import FAILED
from tamr_provider.planning.plan import plan_steps
from tamr_provider.planning.planned_step import ADOPT, HOLD, LAUNCH
from tamr_provider.planning.product_state import ProductState
from tamr_provider.tenant.snapshot import Snapshot
from tamr_provider.timestamps import format_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from tamr_provider.models import Job
    from tamr_provider.stackfile.product import Product

_NO_LIMIT = 10**9


@dataclass(frozen=True)
class Commit:
    """The commit that brought a version; `at` is when it was committed."""

    id: str
    author: str
    at: datetime


@dataclass(frozen=True)
class Change:
    """A product's version as a commit asks for it, None where it is not committed yet.

    `product` is its last state with that version: a retry is no new run. `until` is the `since`
    of the next change, or when the product was taken out.
    """

    stack: str
    name: str
    product: Product
    commit: Commit | None
    until: datetime | None = None


@dataclass(frozen=True)
class Run:
    """A change and what came of it; `jobs` are all attempts by their creation."""

    change: Change
    outcome: str
    reason: str = ""
    jobs: tuple[Job, ...] = ()

    @property
    def adopted(self) -> tuple[Job, ...]:
        """The jobs that were there before the commit, so that no run of ours launched them.

        Of the others the list does not tell who launched them.
        """
        commit = self.change.commit
        return tuple(
            job for job in self.jobs if commit and job.created_at and job.created_at < commit.at
        )

    @property
    def took(self) -> timedelta | None:
        """From the first job's creation to the last one's end, None while one has no end."""
        created = [job.created_at for job in self.jobs if job.created_at]
        ended = [job.finished_at for job in self.jobs if job.finished_at]
        if not created or len(ended) < len(self.jobs):
            return None
        return max(ended) - min(created)


def changes(
    stack: str, revisions: Iterable[tuple[Commit | None, Mapping[str, Product]]]
) -> list[Change]:
    """Return the changes of a stack file from its revisions, the oldest first in both."""
    current: dict[str, Change] = {}
    past: list[Change] = []
    for commit, products in revisions:
        for name in [each for each in current if each not in products]:
            gone = current.pop(name)
            past.append(replace(gone, until=commit.at if commit else None))
        for name, product in products.items():
            before = current.get(name)
            if before is not None and _same_run(before.product, product):
                current[name] = replace(before, product=product)
                continue
            if before is not None:
                past.append(replace(before, until=product.not_before))
            current[name] = Change(stack, name, product, commit)
    return [*past, *current.values()]


def _same_run(one: Product, other: Product) -> bool:
    return (one.version, one.not_before) == (other.version, other.not_before)


def run_of(change: Change, jobs: Iterable[Job], now: datetime) -> Run:
    """Return what came of a change, judged by the rules of every run."""
    then = min(change.until, now) if change.until else now
    seen = [job for job in jobs if job.created_at is None or job.created_at < then]
    product = {change.name: change.product}
    draft = plan_steps(Snapshot(tuple(seen), then), product, _NO_LIMIT, change.stack)
    plan = draft.forecast(lambda _: None)
    standing = ProductState(plan, change.name)
    steps = [step.step for step in standing.steps]
    own = [job for job in seen if any(would_satisfy(job, step) for step in steps)]
    outcome, reason = _outcome(change, standing, own, now)
    ordered = tuple(sorted(own, key=lambda job: (job.created_at or now, job.id)))
    return Run(change, outcome, reason, ordered)


def _outcome(
    change: Change, standing: ProductState, jobs: Sequence[Job], now: datetime
) -> tuple[str, str]:
    step = standing.blocker
    if step is None:
        return "done", ""
    asked = max(change.product.not_before, change.product.retried_at or change.product.not_before)
    if not jobs and now - asked > timedelta(days=change.product.trust_days):
        return "unknown", f"no job has been listed since {format_timestamp(asked)}"
    why = f"{step.step.configuration}: {step.reason}"
    if change.until is not None and change.until <= now:
        return "superseded", why
    if step.action == HOLD:
        return "held", why
    if step.action == ADOPT and step.job is not None:
        return "running", why
    failed = step.action == LAUNCH and any(
        job.outcome == FAILED and would_satisfy(job, step.step) for job in jobs
    )
    return ("failed" if failed else "not finished" if jobs else "not run"), why
