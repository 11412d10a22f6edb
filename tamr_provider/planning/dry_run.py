"""Poll a tenant once and plan a stack on it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tamr_provider.planning.plan import Plan, plan_steps, query_for
from tamr_provider.tenant.durations import Durations
from tamr_provider.tenant.job_cache import JobCache

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime, timedelta

    from tamr_provider.client.jobs import JobsClient
    from tamr_provider.clock import Clock
    from tamr_provider.stackfile.product import Product
    from tamr_provider.tenant.snapshot import Snapshot


def plan_with_snapshot(  # noqa: PLR0913, PLR0917 - a client, what a plan is made of, and how far back
    client: JobsClient,
    clock: Clock,
    products: Mapping[str, Product],
    slots: int,
    stack: str,
    gate: Callable[[str], str] = lambda _: "",
    back: timedelta | None = None,
    since: datetime | None = None,
) -> tuple[Plan, Snapshot]:
    """Return what a run of the stack would do now, and the snapshot that shows it.

    `gate` returns why a product must not run here, or ""; it is called only where needed.
    The snapshot has every job of the last `back`, and the products' own jobs since `since`.
    """
    snapshot = poll(client, clock, products, back, since)
    return plan_from_snapshot(client, snapshot, products, slots, stack, gate), snapshot


def poll(
    client: JobsClient,
    clock: Clock,
    products: Mapping[str, Product],
    back: timedelta | None = None,
    since: datetime | None = None,
) -> Snapshot:
    """Return the jobs that a plan of the products depends on, as `plan_with_snapshot` says."""
    cache = JobCache(client, clock)
    query = query_for(products, cache.time.now())
    relevant = query.configurations
    if since is not None:
        query = replace(query, created_after=min(query.created_after, since))
    if back is not None:
        query = query.extended_to(cache.time.now() - back)
    return cache.refresh(query, relevant)


def plan_from_snapshot(  # noqa: PLR0913, PLR0917 - a client, and what a plan is made of
    client: JobsClient,
    snapshot: Snapshot,
    products: Mapping[str, Product],
    slots: int,
    stack: str,
    gate: Callable[[str], str] = lambda _: "",
) -> Plan:
    """Return the plan of a snapshot; the tenant is asked only for durations of jobs."""
    draft = plan_steps(snapshot, products, slots, stack, gate)
    durations = Durations(client)
    durations.learn(draft.configurations)
    return draft.forecast(durations.of)
