"""A plan as text, JSON and Markdown, with the same facts in the same order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tamr_provider.cli.output.markdown import Table, code, escape, format_page
from tamr_provider.cli.output.printing import format_json, format_json_time
from tamr_provider.foreign_text import visible
from tamr_provider.planning.planned_step import ADOPT, HOLD, LAUNCH, NONE, WAIT
from tamr_provider.timestamps import format_duration, format_seconds

if TYPE_CHECKING:
    from datetime import datetime

    from tamr_provider.planning.plan import Plan
    from tamr_provider.planning.planned_step import PlannedStep

_SYMBOLS = {NONE: "=", ADOPT: "~", WAIT: "…", LAUNCH: "+", HOLD: "!"}
_COUNTED = {
    LAUNCH: "to launch",
    ADOPT: "to adopt",
    WAIT: "waiting",
    HOLD: "on hold",
    NONE: "satisfied",
}


def format_plan_json(plan: Plan, stack: str, url: str) -> str:
    """Return the plan as JSON; unknown values are null."""
    document = {
        "stack": stack,
        "url": url,
        "now": format_seconds(plan.now),
        "slots": {"limit": plan.slots, "active": plan.active},
        "steps": [_step_to_json(step) for step in plan.steps],
        "launches": plan.launches,
        "expectedSeconds": plan.expected.total_seconds() if plan.expected is not None else None,
    }
    return format_json(document)


def _step_to_json(planned: PlannedStep) -> dict[str, Any]:
    step = planned.step
    return {
        "product": step.product,
        "step": str(step.configuration),
        "configuration": step.configuration.to_wire(),
        "action": planned.action,
        "reason": planned.text,
        "jobId": planned.job_id or None,
        "notBefore": format_json_time(planned.not_before),
        "earliestStart": format_json_time(planned.earliest_start),
        "usualSeconds": planned.usual.median.total_seconds() if planned.usual else None,
    }


def _format_time(moment: datetime | None) -> str:
    return format_seconds(moment) if moment is not None else ""


def format_plan_text(plan: Plan, stack: str, url: str) -> str:
    """Return the plan for a terminal: a line for each step, then the totals."""
    lines = [f"Plan for {stack} on {url} at {format_seconds(plan.now)}", ""]
    width = max((len(str(step.step.configuration)) for step in plan.steps), default=0)
    product = ""
    for step in plan.steps:
        if step.step.product != product:
            product = step.step.product
            lines.append("  ".join(filter(None, (product, plan.versions.get(product)))))
        name = str(step.step.configuration).ljust(width)
        action = f"{_SYMBOLS[step.action]} {name}  {_format_action(step):<9}"
        lines.append(f"  {action}  {visible(step.text)}{_format_timing(step)}")
    warnings = [f"warning: {warning}" for warning in plan.warnings]
    return "\n".join([*lines, "", *warnings, summarize(plan)])


def _format_action(planned: PlannedStep) -> str:
    return "satisfied" if planned.action == NONE else planned.action


def _format_timing(planned: PlannedStep) -> str:
    parts = []
    if planned.action in (LAUNCH, WAIT) and planned.earliest_start is not None:
        parts.append(f"starts {_format_time(planned.earliest_start)}")
    if planned.usual is not None:
        parts.append(str(planned.usual))
    elif _takes_time(planned):
        parts.append("typical duration unknown")
    return f" ({', '.join(parts)})" if parts else ""


def _takes_time(planned: PlannedStep) -> bool:
    return planned.launches_job or (planned.action == ADOPT and planned.has_own_job)


def summarize(plan: Plan) -> str:
    """Return the totals in one line."""
    counts = [
        f"{count} {words}"
        for action, words in _COUNTED.items()
        if (count := sum(step.action == action for step in plan.steps))
    ]
    jobs = f"{plan.launches} job{'s' * (plan.launches != 1)} would be launched"
    slots = f"{plan.active} of {plan.slots} slots in use"
    expected = ""
    runs_jobs = plan.launches or any(step.action == ADOPT for step in plan.steps)
    if runs_jobs and plan.expected is not None:
        end = _format_time(plan.expected_end)
        expected = f"; expected to take {format_duration(plan.expected)}, until {end}"
    return f"{', '.join(counts) or 'no step'}; {jobs}; {slots}{expected}."


def format_plan_markdown(plan: Plan, stack: str, url: str) -> str:
    """Return the plan for a pull request; what is satisfied is folded."""
    satisfied = [step for step in plan.steps if step.action == NONE]
    head = [
        f"### Plan for {code(stack)} on {escape(url)}",
        summarize(plan),
        *(f"> **Warning:** {escape(warning)}" for warning in plan.warnings),
    ]
    to_do = Table(
        ("product", "step", "action", "reason", "earliest start", "typical"),
        [_format_row(step) for step in plan.steps if step.action != NONE],
    )
    moving = dict.fromkeys(step.step.product for step in plan.steps if step.action != NONE)
    versions = Table(
        ("product", "version and since"),
        [(name, plan.versions[name]) for name in moving if name in plan.versions],
    )
    done = Table(
        ("product", "step", "reason"),
        [(step.step.product, str(step.step.configuration), step.reason) for step in satisfied],
        f"{len(satisfied)} step{'s' * (len(satisfied) != 1)} already satisfied",
    )
    return format_page(head, [versions, to_do, done])


def _format_row(planned: PlannedStep) -> tuple[str, ...]:
    typical = "unknown" if _takes_time(planned) else ""
    if planned.usual is not None:
        typical = format_duration(planned.usual.median)
    return (
        planned.step.product,
        str(planned.step.configuration),
        f"{_SYMBOLS[planned.action]} {_format_action(planned)}",
        planned.text,
        _format_time(planned.earliest_start),
        typical,
    )


FORMATS = {"text": format_plan_text, "json": format_plan_json, "markdown": format_plan_markdown}
