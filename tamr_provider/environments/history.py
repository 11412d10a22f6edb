"""Version changes and their outcomes, from git's commits and the tenants' lists of jobs alone.

A run is one version of one product on one stack, until the change that sets the next.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tamr_provider.client.connection import connect
from tamr_provider.decision.steps import would_satisfy
from tamr_provider.environments.changes import read_changes
from tamr_provider.environments.stack import list_stacks
from tamr_provider.errors import InputError, TamrError
from tamr_provider.planning.plan import plan_steps
from tamr_provider.planning.product_state import ProductState, judge_product
from tamr_provider.settings import read_settings
from tamr_provider.stackfile.since.git import Repository
from tamr_provider.tenant.job_cache import JobCache
from tamr_provider.tenant.query import JobQuery
from tamr_provider.tenant.snapshot import Snapshot
from tamr_provider.timestamps import format_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from tamr_provider.clock import Clock
    from tamr_provider.environments.changes import Change
    from tamr_provider.models import Job
    from tamr_provider.stackfile.project import Project

_NO_LIMIT = 10**9


@dataclass(frozen=True)
class Run:
    """A change and its outcome; `jobs` are all attempts by their creation."""

    change: Change
    outcome: str
    reason: str = ""
    jobs: tuple[Job, ...] = ()

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


@dataclass(frozen=True)
class History:
    """Runs, the newest first; `errors` says for a stack why its outcomes are unknown."""

    runs: tuple[Run, ...]
    errors: Mapping[str, str]
    is_shallow: bool


def read_history(  # noqa: PLR0913, PLR0917 - which runs, and from where
    project: Project,
    stacks: Sequence[str],
    product: str,
    oldest: datetime | None,
    env: Mapping[str, str],
    clock: Clock,
) -> History:
    """Return the runs on the named stacks, or on all.

    An empty `product` means all; changes from before `oldest` are left out. Raises InputError if
    there is no stack file, or no such product.
    """
    names = list_stacks(project, stacks)
    repository = Repository.find(project.stack_dir)
    runs: list[Run] = []
    errors: dict[str, str] = {}
    for name in names:
        changes = [
            change
            for change in read_changes(project, name, clock.now())
            if product in ("", change.name) and (oldest is None or change.requested_at >= oldest)
        ]
        try:
            runs += _read_runs(project, name, changes, env, clock) if changes else []
        except TamrError as error:
            errors[name] = "; ".join(str(error).splitlines())
            runs += [Run(change, "unknown", errors[name]) for change in changes]
    if product and not runs and not oldest:
        raise InputError(f"no change of a product {product} in {', '.join(names)}")
    runs.sort(key=lambda run: (run.change.commit is None, run.change.requested_at), reverse=True)
    return History(tuple(runs), errors, repository is not None and bool(repository.shallow))


def _read_runs(
    project: Project, stack: str, changes: Sequence[Change], env: Mapping[str, str], clock: Clock
) -> list[Run]:
    file = project.read_stack(stack, clock.now())
    query = JobQuery(min(change.product.not_before for change in changes))
    with connect(read_settings(env, stack, file.url, file.slots), clock) as client:
        snapshot = JobCache(client, clock).refresh(query)
    return [build_run(change, snapshot.jobs, snapshot.now) for change in changes]


def build_run(change: Change, jobs: Iterable[Job], now: datetime) -> Run:
    """Return the outcome of a change, judged by the same rules as `tamr plan`."""
    end = min(change.until, now) if change.until else now
    listed = [job for job in jobs if job.created_at is None or job.created_at < end]
    product = {change.name: change.product}
    snapshot = Snapshot(tuple(listed), end)
    plan = plan_steps(snapshot, product, _NO_LIMIT, change.stack).forecast(lambda _: None)
    resume = f"tamr up --stack {shlex.quote(change.stack)}"
    state = judge_product(change.name, change.stack, plan.steps, plan.now, resume)
    steps = [step.planned.step for step in state.steps]
    own = [job for job in listed if any(would_satisfy(job, step) for step in steps)]
    outcome, reason = _judge(change, state, own, now)
    ordered = tuple(sorted(own, key=lambda job: (job.created_at or now, job.id)))
    return Run(change, outcome, reason, ordered)


def _judge(
    change: Change, state: ProductState, jobs: Sequence[Job], now: datetime
) -> tuple[str, str]:
    if state.is_satisfied:
        return state.state.value, ""
    product = change.product
    requested_at = max(product.not_before, product.retried_at or product.not_before)
    if not jobs and now - requested_at > timedelta(days=product.trust_days):
        return "unknown", f"no job is listed since {format_timestamp(requested_at)}"
    if change.until is not None and change.until <= now:
        return "superseded", state.reason
    return state.state.value, state.reason
