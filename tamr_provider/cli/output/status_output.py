"""The status of all environments as text and JSON."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tamr_provider.cli.output.printing import align_columns, format_json, format_json_time
from tamr_provider.foreign_text import visible
from tamr_provider.timestamps import format_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tamr_provider.environments.status import EnvironmentStatus, ProductStatus

_COLUMNS = ("product", "stack", "version", "satisfied", "last job", "age", "reason")


def format_status_text(environments: Sequence[EnvironmentStatus]) -> str:
    """Return a line for each product and stack, then each tenant's error."""
    products = [product for environment in environments for product in environment.products]
    names = [product.name for product in products]
    products.sort(key=lambda product: names.index(product.name))
    errors = [
        f"{environment.stack}: {visible(environment.error)}"
        for environment in environments
        if environment.error
    ]
    return "\n".join([*align_columns([_COLUMNS, *map(_format_row, products)]), *errors])


def _format_row(product: ProductStatus) -> tuple[str, ...]:
    satisfied = "unknown"
    if product.progress is not None:
        satisfied = "yes" if product.progress.is_satisfied else "no"
    job = product.last_job
    last = f"{job.id} {job.outcome or job.state.lower()}" if job else ""
    seconds = product.age_seconds
    age = format_duration(timedelta(seconds=seconds)) if seconds is not None else ""
    version = product.product.version
    return product.name, product.stack, version, satisfied, last, age, product.blocker


def format_status_json(environments: Sequence[EnvironmentStatus]) -> str:
    """Return environments and products as JSON; unknown values are null."""
    stacks = [
        {"stack": environment.stack, "url": environment.url, "error": environment.error or None}
        for environment in environments
    ]
    products = [product for environment in environments for product in environment.products]
    return format_json({"environments": stacks, "products": list(map(_to_json, products))})


def _to_json(product: ProductStatus) -> dict[str, Any]:
    job, progress = product.last_job, product.progress
    return {
        "product": product.name,
        "stack": product.stack,
        "version": product.product.version,
        "since": format_json_time(product.product.not_before),
        "state": product.state,
        "needsAction": product.needs_action,
        "held": progress.is_satisfied if progress else None,
        "heldSince": format_json_time(progress.satisfied_since if progress else None),
        "jobId": job.id if job else None,
        "outcome": (job.outcome or None) if job else None,
        "ageSeconds": product.age_seconds,
        "pinned": product.product.is_pinned,
        "inTheWay": product.blocker or None,
    }
