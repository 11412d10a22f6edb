"""Look at a tenant once and plan a stack on it; whole stacks, or one that another asks about."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tamr_provider.planning.plan import Plan, build_plan, query_for
from tamr_provider.tenant.durations import Durations
from tamr_provider.tenant.job_cache import JobCache

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime, timedelta

    from tamr_provider.client.jobs import JobsClient
    from tamr_provider.clock import Clock
    from tamr_provider.models import Configuration
    from tamr_provider.stackfile.product import Product
    from tamr_provider.tenant.snapshot import Snapshot


def plan_stack(  # noqa: PLR0913, PLR0917 - a client, and what a plan is made of
    client: JobsClient,
    clock: Clock,
    products: Mapping[str, Product],
    slots: int,
    stack: str,
    guard: Callable[[str], str] = lambda _: "",
) -> Plan:
    """Return what a run of the stack would do now.

    `guard` tells why a product may not run here; it is asked where something would be launched.
    """
    return plan_with_snapshot(client, clock, products, slots, stack, guard)[0]


def plan_with_snapshot(  # noqa: PLR0913, PLR0917 - the same, and how far back
    client: JobsClient,
    clock: Clock,
    products: Mapping[str, Product],
    slots: int,
    stack: str,
    guard: Callable[[str], str] = lambda _: "",
    back: timedelta | None = None,
    since: datetime | None = None,
) -> tuple[Plan, Snapshot]:
    """Return the same and what it rests on.

    The view has every job of the last `back`, and the products' own jobs from `since` on.
    """
    cache = JobCache(client, clock)
    query, relevant = query_for(products, cache.time.now())
    if since is not None:
        query = replace(query, created_after=min(query.created_after, since))
    if back is not None:
        query = query.extended_to(cache.time.now() - back)
    snapshot = cache.refresh(query, relevant)
    # Planned once without durations: that tells whose are wanted, and whom to ask the guard about.
    durations = Durations(client)
    wanted: list[Configuration] = []
    plan = build_plan(snapshot, products, slots, wanted.append, stack)
    to_launch = dict.fromkeys(step.step.product for step in plan.steps if step.launches_job)
    refused = {name: why for name in to_launch if (why := guard(name))}
    if durations.learn(wanted) or refused:
        plan = build_plan(snapshot, products, slots, durations.of, stack, refused)
    return plan, snapshot
