"""How every product stands in every environment: each stack's tenant asked once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tamr_provider.client.connection import connect
from tamr_provider.decision.steps import would_satisfy
from tamr_provider.errors import TamrError, TenantUnavailableError, TenantUnreachableError
from tamr_provider.planning.dry_run import plan_with_snapshot
from tamr_provider.planning.product_state import ProductState
from tamr_provider.planning.states import UNKNOWN, most_urgent, needs_action, step_state
from tamr_provider.settings import read_settings
from tamr_provider.stackfile.since.lookup import count_sinces

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import timedelta

    from tamr_provider.clock import Clock
    from tamr_provider.models import Job
    from tamr_provider.planning.plan import Plan
    from tamr_provider.stackfile.product import Product
    from tamr_provider.stackfile.project import Project
    from tamr_provider.tenant.snapshot import Snapshot

    Guard = Callable[[str], str]
    Guards = Callable[[Project, str, Mapping[str, Product]], Guard]


@dataclass(frozen=True)
class ProductStatus:
    """One product in one environment; `standing` is None where the tenant could not be asked."""

    name: str
    stack: str
    product: Product
    standing: ProductState | None
    jobs: tuple[Job, ...] = ()

    @property
    def last(self) -> Job | None:
        """The job for this version that ended, or was created, last; a failed one too."""
        return max(self.jobs, key=_latest, default=None)

    @property
    def state(self) -> str:
        """The product's state, that of its most urgent step."""
        if self.standing is None:
            return UNKNOWN
        retried_at = self.product.retried_at
        return most_urgent([step_state(s, self.jobs, retried_at) for s in self.standing.steps])

    @property
    def needs_action(self) -> bool:
        """Whether nothing happens to one of its steps until a person acts."""
        return self.standing is not None and any(map(needs_action, self.standing.steps))

    @property
    def blocker(self) -> str:
        """The first step that is not satisfied and why, empty where there is none."""
        step = self.standing.blocker if self.standing else None
        return f"{step.step.configuration}: {step.reason}" if step else ""

    @property
    def age(self) -> float | None:
        """Seconds since the last job ended, or was created where it still runs."""
        if self.standing is None or self.last is None:
            return None
        return max(0.0, self.standing.now.timestamp() - _latest(self.last))


@dataclass(frozen=True)
class EnvironmentStatus:
    """One stack and its tenant; without plan and view where that could not be asked."""

    stack: str
    url: str
    rows: tuple[ProductStatus, ...]
    error: str = ""
    is_away: bool = False  # The tenant did not answer, which may end by itself.
    plan: Plan | None = None
    snapshot: Snapshot | None = field(default=None, repr=False)


def unguarded(project: Project, stack: str, products: Mapping[str, Product]) -> Guard:  # noqa: ARG001
    """Let every product run, so that no second tenant is asked."""
    return lambda _: ""


def read_environment(  # noqa: PLR0913, PLR0917 - where, who, and how far back
    project: Project,
    name: str,
    env: Mapping[str, str],
    clock: Clock,
    guards: Guards,
    back: timedelta | None = None,
    on_outage: Callable[[str], None] = lambda _: None,
) -> EnvironmentStatus:
    """Return a stack as its tenant holds it now, with the jobs of the last `back`.

    `guards` tells for a stack why a product's version may not run there.

    Raises InputError for a bad stack file; a tenant that cannot be asked is the result's `error`.
    """
    file = count_sinces(project.read_stack(name, clock.now()), project, name, clock.now())
    try:
        settings = read_settings(env, name, file.url, file.slots)
        with connect(settings, clock, on_outage=on_outage) as client:
            guard = guards(project, name, file.products)
            plan, snapshot = plan_with_snapshot(
                client, clock, file.products, settings.slots, name, guard, back
            )
    except TamrError as error:
        said = "; ".join(str(error).splitlines())
        unknown = tuple(ProductStatus(each, name, one, None) for each, one in file.products.items())
        is_away = isinstance(error, (TenantUnavailableError, TenantUnreachableError))
        return EnvironmentStatus(name, file.url, unknown, said, is_away)
    rows = (_row(plan, snapshot, name, each, one) for each, one in file.products.items())
    return EnvironmentStatus(name, settings.url, tuple(rows), plan=plan, snapshot=snapshot)


def _row(plan: Plan, snapshot: Snapshot, stack: str, name: str, product: Product) -> ProductStatus:
    standing = ProductState(plan, name)
    steps = [step.step for step in standing.steps]
    jobs = (job for job in snapshot.jobs if any(would_satisfy(job, step) for step in steps))
    return ProductStatus(name, stack, product, standing, tuple(jobs))


def _latest(job: Job) -> float:
    moment = job.finished_at or job.created_at
    return moment.timestamp() if moment else 0.0
