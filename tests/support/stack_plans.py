"""Plans of a whole stack from jobs, without a tenant."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tamr_provider.environments.stack_plan import ProductPlan, StackPlan
from tamr_provider.planning.plan import plan_steps
from tamr_provider.planning.product_state import judge_product
from tamr_provider.stackfile.parser import parse_products
from tamr_provider.tenant.durations import DurationStats
from tamr_provider.tenant.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from tamr_provider.models import Configuration, Job
    from tamr_provider.planning.plan import Plan

URL = "https://acme-staging.tamr.cloud"
RESUME = "tamr up --stack dev"
MINUTES = {"load": 20, "update": 45, "publish": 10}


def usually(configuration: Configuration) -> DurationStats | None:
    length = timedelta(minutes=MINUTES[configuration.type])
    return DurationStats(length, length * 0.8, length * 1.5)


def as_stack_plan(
    plan: Plan, before: Mapping[str, str | None] | None = None, version: str = "2026-11-20"
) -> StackPlan:
    """Return what `tamr plan` shows of a plan; `before` has the deployed versions."""
    products = tuple(
        ProductPlan(
            progress=judge_product(name, "dev", plan.steps, plan.now, RESUME),
            version=version,
            since="since 09:00, in the file",
            before=(before or {}).get(name),
        )
        for name in dict.fromkeys(step.step.product for step in plan.steps)
    )
    return StackPlan("dev", URL, RESUME, plan, products)


def plan_jobs(
    products: Mapping[str, Any],
    jobs: Sequence[Job],
    now: datetime,
    *,
    slots: int = 5,
    usual: Any = usually,
    gate: str = "",
    before: Mapping[str, str | None] | None = None,
) -> StackPlan:
    """Return the plan of products, as in a stack file, on a tenant with these jobs."""
    read = parse_products(dict(products), now)
    draft = plan_steps(Snapshot(tuple(jobs), now), read, slots, "dev", lambda _: gate)
    return as_stack_plan(draft.forecast(usual), before)
