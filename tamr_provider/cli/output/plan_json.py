"""A plan as JSON, with the names that scripts rely on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tamr_provider.cli.output.printing import format_json, format_json_time
from tamr_provider.timestamps import format_seconds

if TYPE_CHECKING:
    from tamr_provider.environments.stack_plan import StackPlan
    from tamr_provider.planning.product_state import StepState


def format_plan_json(planned: StackPlan) -> str:
    """Return the plan as JSON; unknown values are null."""
    plan = planned.plan
    document = {
        "stack": planned.stack,
        "url": planned.url,
        "now": format_seconds(plan.now),
        "slots": {"limit": plan.slots, "active": plan.active},
        "steps": [
            _step_to_json(step) for product in planned.products for step in product.progress.steps
        ],
        "launches": plan.launches,
        "expectedSeconds": plan.expected.total_seconds() if plan.expected is not None else None,
    }
    return format_json(document)


def _step_to_json(state: StepState) -> dict[str, Any]:
    planned = state.planned
    step = planned.step
    return {
        "product": step.product,
        "step": str(step.configuration),
        "configuration": step.configuration.to_wire(),
        "action": planned.action,
        "reason": state.full_reason,
        "jobId": state.job_id or None,
        "notBefore": format_json_time(planned.not_before),
        "earliestStart": format_json_time(planned.earliest_start),
        "usualSeconds": planned.usual.median.total_seconds() if planned.usual else None,
    }
