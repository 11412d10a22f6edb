"""The status of every product in every environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tamr_provider.decision.states import State
from tamr_provider.environments.stack import order_by_promotion

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tamr_provider.models import Job
    from tamr_provider.planning.plan import Plan
    from tamr_provider.planning.product_state import ProductState
    from tamr_provider.stackfile.product import Product
    from tamr_provider.stackfile.since.origin import Since
    from tamr_provider.tenant.snapshot import Snapshot

_NOT_FINISHED = 75


@dataclass(frozen=True)
class RequestedBy:
    """The commit that brought a version, and its author; `at` is the committer date.

    `pull_request` is its number if the commit's subject has one, else "".
    """

    commit: str
    author: str
    at: datetime
    pull_request: str = ""


@dataclass(frozen=True)
class ProductStatus:
    """One product in one environment.

    `deployed_version` is the newest version of the file whose steps are all satisfied, and
    `deployed_since` the finish of its last step; None if there is none, or if that is unknown.
    `requested_by` is None if the version is not committed. `jobs` are those of this version.
    `since` says since when it counts.
    """

    product: Product
    progress: ProductState
    deployed_version: str | None = None
    deployed_since: datetime | None = None
    requested_by: RequestedBy | None = None
    jobs: tuple[Job, ...] = ()
    since: Since | None = None

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
        limit, age = self.product.max_age_hours, self.age_seconds
        return limit is not None and age is not None and age > limit * 3600

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


def sort_by_promotion(environments: Sequence[EnvironmentStatus]) -> list[EnvironmentStatus]:
    """Put each environment after those that its products are promoted from."""
    products = {
        environment.stack: [product.product for product in environment.products]
        for environment in environments
    }
    order = order_by_promotion(products)
    return sorted(environments, key=lambda environment: order.index(environment.stack))


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


def _last_change(job: Job) -> float:
    moment = job.finished_at or job.created_at
    return moment.timestamp() if moment else 0.0
