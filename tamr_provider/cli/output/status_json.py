"""The status of all environments as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tamr_provider.cli.output.printing import format_json, format_json_time
from tamr_provider.timestamps import format_timestamp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tamr_provider.environments.status import EnvironmentStatus, ProductStatus
    from tamr_provider.planning.product_state import StepState


def format_status_json(
    project: str, now: datetime, environments: Sequence[EnvironmentStatus]
) -> str:
    """Return stacks and products as JSON; unknown values are null."""
    stacks = [
        {"stack": environment.stack, "url": environment.url, "error": environment.error or None}
        for environment in environments
    ]
    products = [product for environment in environments for product in environment.products]
    document = {"project": project, "now": format_timestamp(now), "stacks": stacks}
    return format_json({**document, "products": [_to_json(product) for product in products]})


def _to_json(status: ProductStatus) -> dict[str, Any]:
    progress, asked = status.progress, status.requested_by
    return {
        "product": status.name,
        "stack": status.stack,
        "version": status.product.version,
        "state": progress.state.value,
        "needsAction": progress.needs_action,
        "reason": progress.reason or None,
        "nextCommand": progress.next_command or None,
        "deployedVersion": status.deployed_version,
        "deployedSince": format_json_time(status.deployed_since),
        "ageSeconds": status.age_seconds,
        "stale": status.is_stale,
        "requestedBy": asked
        and {"commit": asked.commit, "author": asked.author, "at": format_timestamp(asked.at)},
        "steps": [_step_to_json(step) for step in progress.steps],
    }


def _step_to_json(step: StepState) -> dict[str, Any]:
    return {
        "step": step.name,
        "configuration": step.planned.step.configuration.to_wire(),
        "state": step.state.value,
        "reason": step.full_reason,
        "jobId": step.job_id or None,
        "finishedAt": format_json_time(step.job.finished_at if step.job else None),
    }
