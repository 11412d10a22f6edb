"""The status of every product in every environment, read from each stack's tenant."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tamr_provider.client.connection import connect
from tamr_provider.decision.steps import would_satisfy
from tamr_provider.environments.promotion import promotion_gate
from tamr_provider.environments.stack import Stack, list_stacks, read_file
from tamr_provider.errors import TamrError, TenantUnavailableError, TenantUnreachableError
from tamr_provider.planning.dry_run import plan_with_snapshot
from tamr_provider.planning.plan import ProductState
from tamr_provider.planning.states import (
    FAILED,
    SATISFIED,
    UNKNOWN,
    most_urgent,
    needs_action,
    step_state,
)
from tamr_provider.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import timedelta

    from tamr_provider.clock import Clock
    from tamr_provider.models import Job
    from tamr_provider.planning.plan import Plan
    from tamr_provider.stackfile.parser import StackFile
    from tamr_provider.stackfile.product import Product
    from tamr_provider.stackfile.project import Project
    from tamr_provider.tenant.snapshot import Snapshot

_NOT_FINISHED = 75


@dataclass(frozen=True)
class ProductStatus:
    """One product in one environment; `progress` is None if the tenant did not respond."""

    name: str
    stack: str
    product: Product
    progress: ProductState | None
    jobs: tuple[Job, ...] = ()

    @property
    def last_job(self) -> Job | None:
        """The job for this version that ended, or was created, last; a failed one too."""
        return max(self.jobs, key=_last_change, default=None)

    @property
    def state(self) -> str:
        """The product's state, that of its most urgent step."""
        if self.progress is None:
            return UNKNOWN
        retried_at = self.product.retried_at
        return most_urgent([step_state(s, self.jobs, retried_at) for s in self.progress.steps])

    @property
    def needs_action(self) -> bool:
        """Whether nothing happens to one of its steps until a user acts."""
        return self.progress is not None and any(map(needs_action, self.progress.steps))

    @property
    def blocker(self) -> str:
        """The first step that is not satisfied and why, or an empty string."""
        step = self.progress.blocker if self.progress else None
        return f"{step.step.configuration}: {step.reason}" if step else ""

    @property
    def age_seconds(self) -> float | None:
        """Seconds since the last job ended, or was created if it is active."""
        if self.progress is None or self.last_job is None:
            return None
        return max(0.0, self.progress.now.timestamp() - _last_change(self.last_job))


@dataclass(frozen=True)
class EnvironmentStatus:
    """One stack and its tenant; `error` says why that has no plan and no snapshot."""

    stack: str
    url: str
    products: tuple[ProductStatus, ...]
    error: str = ""
    is_away: bool = False  # The tenant did not respond, which may end by itself.
    plan: Plan | None = None
    snapshot: Snapshot | None = field(default=None, repr=False)


def read_environments(  # noqa: PLR0913 - which stacks, for which surface
    project: Project,
    stacks: Sequence[str],
    env: Mapping[str, str],
    clock: Clock,
    on_outage: Callable[[str], None],
    *,
    back: timedelta | None = None,
    with_gates: bool = False,
) -> list[EnvironmentStatus]:
    """Return the status of the named stacks, or of all, with the jobs of the last `back`.

    With gates, a product with `promoteFrom` queries that stack's tenant too. Raises InputError for
    a bad stack file.
    """
    environments = []
    for name in list_stacks(project, stacks):
        file = read_file(project, name, clock.now())
        try:
            settings = read_settings(env, name, file.url, file.slots)
            stack = Stack(name, project, file, settings)
            gate = promotion_gate(stack, env, clock) if with_gates else lambda _: ""
            with connect(settings, clock, on_outage=on_outage) as client:
                plan, snapshot = plan_with_snapshot(
                    client, clock, file.products, settings.slots, name, gate, back
                )
        except TamrError as error:
            environments.append(_without_tenant(name, file, error))
            continue
        products = tuple(
            _judge(plan, snapshot, name, key, product) for key, product in file.products.items()
        )
        environments.append(
            EnvironmentStatus(name, settings.url, products, "", False, plan, snapshot)
        )
    return environments


def _without_tenant(name: str, file: StackFile, error: TamrError) -> EnvironmentStatus:
    products = tuple(
        ProductStatus(key, name, product, None) for key, product in file.products.items()
    )
    reason = "; ".join(str(error).splitlines())
    is_away = isinstance(error, (TenantUnavailableError, TenantUnreachableError))
    return EnvironmentStatus(name, file.url, products, reason, is_away)


def sort_by_promotion(environments: Sequence[EnvironmentStatus]) -> list[EnvironmentStatus]:
    """Put each environment after those that its products are promoted from."""
    upstream = {
        environment.stack: {product.product.promote_from for product in environment.products}
        for environment in environments
    }

    def depth(stack: str, seen: frozenset[str] = frozenset()) -> int:
        if stack in seen:
            return 0  # A circle has no order.
        names = filter(None, upstream.get(stack, ()))
        return max((1 + depth(name, seen | {stack}) for name in names), default=0)

    return sorted(
        environments, key=lambda environment: (depth(environment.stack), environment.stack)
    )


def exit_code(environments: Sequence[EnvironmentStatus]) -> int:
    """Return 0 if all is deployed, 1 if something failed or needs action, else 75."""
    products = [product for environment in environments for product in environment.products]
    if any(environment.error and not environment.is_away for environment in environments):
        return 1
    if any(product.state == FAILED or product.needs_action for product in products):
        return 1
    return 0 if all(product.state == SATISFIED for product in products) else _NOT_FINISHED


def _judge(
    plan: Plan, snapshot: Snapshot, stack: str, name: str, product: Product
) -> ProductStatus:
    progress = ProductState(plan, name)
    steps = [step.step for step in progress.steps]
    jobs = (job for job in snapshot.jobs if any(would_satisfy(job, step) for step in steps))
    return ProductStatus(name, stack, product, progress, tuple(jobs))


def _last_change(job: Job) -> float:
    moment = job.finished_at or job.created_at
    return moment.timestamp() if moment else 0.0
