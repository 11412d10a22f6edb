"""The version that a product has now, while another one is wanted."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from tamr_provider.decision.steps import pipeline_steps
from tamr_provider.planning.plan import plan_steps
from tamr_provider.planning.product_state import judge_product
from tamr_provider.tenant.query import JobQuery

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from tamr_provider.models import Configuration
    from tamr_provider.stackfile.product import Product
    from tamr_provider.tenant.job_cache import JobCache
    from tamr_provider.tenant.snapshot import Snapshot

_NO_LIMIT = 10**9


@dataclass(frozen=True)
class Deployment:
    """A version whose steps are all satisfied, since the finish of the last one."""

    version: str
    since: datetime | None


def find_deployments(
    cache: JobCache, past: Mapping[str, Iterator[Product]]
) -> dict[str, Deployment]:
    """Return the newest deployed one of each product's past versions, which are newest first.

    Each round reads back twice as many versions of all products at once, so that a product that
    was deployed lately costs one request, and one that never was costs few.
    """
    found: dict[str, Deployment] = {}
    count = 1
    while batch := _take(count, past, found):
        snapshot = cache.refresh(*_query(batch))
        for name, versions in batch.items():
            deployments = (_judge(name, product, snapshot) for product in versions)
            if (first := next(filter(None, deployments), None)) is not None:
                found[name] = first
        count *= 2
    return found


def _take(
    count: int, past: Mapping[str, Iterator[Product]], found: Mapping[str, Deployment]
) -> dict[str, list[Product]]:
    taken = {name: list(islice(past[name], count)) for name in past if name not in found}
    return {name: versions for name, versions in taken.items() if versions}


def _query(batch: Mapping[str, Sequence[Product]]) -> tuple[JobQuery, frozenset[Configuration]]:
    versions = [(name, product) for name, products in batch.items() for product in products]
    configurations = frozenset(
        step.configuration for name, product in versions for step in pipeline_steps({name: product})
    )
    oldest = min(product.not_before for _, product in versions)
    return JobQuery(oldest, configurations=configurations), configurations


def _judge(name: str, product: Product, snapshot: Snapshot) -> Deployment | None:
    plan = plan_steps(snapshot, {name: product}, _NO_LIMIT).forecast(lambda _: None)
    state = judge_product(name, "", plan.steps, plan.now, "")
    return Deployment(product.version, state.satisfied_since) if state.is_satisfied else None
