"""The status of every product in every environment, read from each stack's tenant."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tamr_provider.client.connection import connect
from tamr_provider.decision.states import State
from tamr_provider.decision.steps import pipeline_steps, would_satisfy
from tamr_provider.environments.promotion import promotion_gate
from tamr_provider.environments.stack import Stack, list_stacks, read_file
from tamr_provider.errors import TamrError, TenantUnavailableError, TenantUnreachableError
from tamr_provider.planning.dry_run import plan_with_snapshot
from tamr_provider.planning.product_state import ProductState, judge_product, unknown_product
from tamr_provider.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, timedelta

    from tamr_provider.clock import Clock
    from tamr_provider.models import Job
    from tamr_provider.planning.plan import Plan
    from tamr_provider.stackfile.parser import StackFile
    from tamr_provider.stackfile.product import Product
    from tamr_provider.stackfile.project import Project
    from tamr_provider.tenant.snapshot import Snapshot

_NOT_FINISHED = 75


@dataclass(frozen=True)
class RequestedBy:
    """The commit that brought a version, and its author; `at` is the committer date."""

    commit: str
    author: str
    at: datetime


@dataclass(frozen=True)
class ProductStatus:
    """One product in one environment.

    `deployed_version` is the newest version of the file whose steps are all satisfied, and
    `deployed_since` the finish of its last step; None if there is none, or if that is unknown.
    `requested_by` is None if the version is not committed. `jobs` are those of this version.
    """

    product: Product
    progress: ProductState
    deployed_version: str | None = None
    deployed_since: datetime | None = None
    requested_by: RequestedBy | None = None
    jobs: tuple[Job, ...] = ()

    @property
    def name(self) -> str:
        """The product's name in the stack file."""
        return self.progress.name

    @property
    def stack(self) -> str:
        """The name of the stack."""
        return self.progress.stack

    @property
    def age_seconds(self) -> float | None:
        """Seconds since the deployed version was complete, None if there is none."""
        if self.deployed_since is None:
            return None
        return max(0.0, (self.progress.now - self.deployed_since).total_seconds())

    @property
    def is_stale(self) -> bool:
        """Whether the deployment is older than the product's maxAgeHours."""
        return False

    @property
    def last_job(self) -> Job | None:
        """The job for this version that ended, or was created, last; a failed one too."""
        return max(self.jobs, key=_last_change, default=None)


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
            environments.append(_without_tenant(name, file, clock.now(), error))
            continue
        products = tuple(
            _judge(plan, snapshot, stack, key, product) for key, product in file.products.items()
        )
        environments.append(
            EnvironmentStatus(name, settings.url, products, "", False, plan, snapshot)
        )
    return environments


def _without_tenant(
    name: str, file: StackFile, now: datetime, error: TamrError
) -> EnvironmentStatus:
    reason = "; ".join(str(error).splitlines())
    products = tuple(
        ProductStatus(
            product, unknown_product(key, name, pipeline_steps({key: product}), now, reason)
        )
        for key, product in file.products.items()
    )
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
    if any(product.is_stale or _needs_user(product.progress) for product in products):
        return 1
    is_deployed = all(product.progress.is_satisfied for product in products)
    return 0 if is_deployed else _NOT_FINISHED


def _needs_user(progress: ProductState) -> bool:
    return progress.state is State.FAILED or progress.needs_action


def _judge(
    plan: Plan, snapshot: Snapshot, stack: Stack, name: str, product: Product
) -> ProductStatus:
    progress = judge_product(name, stack.name, plan.steps, plan.now, stack.resume)
    steps = [step.planned.step for step in progress.steps]
    jobs = (job for job in snapshot.jobs if any(would_satisfy(job, step) for step in steps))
    deployed = product.version if progress.is_satisfied else None
    return ProductStatus(product, progress, deployed, progress.satisfied_since, None, tuple(jobs))


def _last_change(job: Job) -> float:
    moment = job.finished_at or job.created_at
    return moment.timestamp() if moment else 0.0
