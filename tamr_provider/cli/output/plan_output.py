"""A plan as text, JSON and Markdown: the same facts in the same order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tamr_provider.cli.output.markdown import Table, code, escape, page
from tamr_provider.cli.output.printing import to_json
from tamr_provider.foreign_text import visible
from tamr_provider.planning.planned_step import ADOPT, HOLD, LAUNCH, NONE, WAIT
from tamr_provider.timestamps import format_duration, format_timestamp

if TYPE_CHECKING:
    from datetime import datetime

    from tamr_provider.planning.plan import Plan
    from tamr_provider.planning.planned_step import PlannedStep

_SIGNS = {NONE: "=", ADOPT: "~", WAIT: "…", LAUNCH: "+", HOLD: "!"}
_WORDS = {
    NONE: "nothing to do",
    ADOPT: "to wait for",
    WAIT: "to wait with",
    LAUNCH: "to launch",
    HOLD: "held",
}


def json_(plan: Plan, stack: str, url: str) -> str:
    """Return the plan as JSON; times in UTC, null where unknown."""
    expected = plan.expected.total_seconds() if plan.expected is not None else None
    document = {
        "stack": stack,
        "url": url,
        "now": format_timestamp(plan.now.replace(microsecond=0)),
        "slots": {"limit": plan.slots, "active": plan.active},
        "steps": [_step(step) for step in plan.steps],
        "launches": plan.launches,
        "expectedSeconds": expected,
    }
    return to_json(document)


def _step(planned: PlannedStep) -> dict[str, Any]:
    step = planned.step
    return {
        "product": step.product,
        "step": str(step.configuration),
        "configuration": step.configuration.to_wire(),
        "action": planned.action,
        "reason": planned.reason,
        "jobId": planned.job_id or None,
        "notBefore": _moment(planned.not_before),
        "earliestStart": _moment(planned.earliest_start),
        "usualSeconds": planned.usual.median.total_seconds() if planned.usual else None,
    }


def _moment(moment: datetime | None) -> str | None:
    return format_timestamp(moment) if moment is not None else None


def _seconds(moment: datetime | None) -> str:
    return format_timestamp(moment.replace(microsecond=0)) if moment is not None else ""


def text(plan: Plan, stack: str, url: str) -> str:
    """Return the plan for a terminal: a line a step, then the totals."""
    lines = [
        f"Plan for {stack} on {url} at {format_timestamp(plan.now.replace(microsecond=0))}",
        "",
    ]
    width = max((len(str(each.step.configuration)) for each in plan.steps), default=0)
    product = ""
    for step in plan.steps:
        if step.step.product != product:
            product = step.step.product
            lines.append("  ".join(filter(None, (product, plan.versions.get(product)))))
        name = str(step.step.configuration).ljust(width)
        lines.append(
            f"  {_SIGNS[step.action]} {name}  {step.action:<6}  {visible(step.reason)}{_when(step)}"
        )
    warnings = [f"warning: {warning}" for warning in plan.warnings]
    return "\n".join([*lines, "", *warnings, summary(plan)])


def _when(planned: PlannedStep) -> str:
    parts = []
    if planned.action in (LAUNCH, WAIT) and planned.earliest_start is not None:
        parts.append(f"starts {_seconds(planned.earliest_start)}")
    if planned.usual is not None:
        parts.append(str(planned.usual))
    elif _takes_time(planned):
        parts.append("typical duration unknown")
    return f" ({', '.join(parts)})" if parts else ""


def _takes_time(planned: PlannedStep) -> bool:
    return planned.launches_job or (planned.action == ADOPT and planned.has_own_job)


def summary(plan: Plan) -> str:
    """Return the totals in one line."""
    counts = [
        f"{count} {_WORDS[action]}"
        for action in (LAUNCH, ADOPT, WAIT, HOLD, NONE)
        if (count := sum(step.action == action for step in plan.steps))
    ]
    jobs = f"{plan.launches} job{'s' * (plan.launches != 1)} would be launched"
    slots = f"{plan.active} of {plan.slots} slots in use"
    took = ""
    if plan.launches or any(step.action == ADOPT for step in plan.steps):
        known = plan.expected is not None
        until = f", until {_seconds(plan.expected_end)}"
        took = f"; expected to take {format_duration(plan.expected)}{until}" if known else ""  # type: ignore[arg-type]
    return f"{', '.join(counts) or 'no step'}; {jobs}; {slots}{took}."


def markdown(plan: Plan, stack: str, url: str) -> str:
    """Return the plan for a pull request: the totals, what a run would do, the rest folded."""
    idle = [step for step in plan.steps if step.action == NONE]
    head = [
        f"### Plan for {code(stack)} on {escape(url)}",
        summary(plan),
        *(f"> **Warning:** {escape(warning)}" for warning in plan.warnings),
    ]
    to_do = Table(
        ("product", "step", "action", "why", "earliest start", "usually"),
        [_cells(step) for step in plan.steps if step.action != NONE],
    )
    moving = dict.fromkeys(step.step.product for step in plan.steps if step.action != NONE)
    versions = Table(
        ("product", "version and since when it counts"),
        [(name, plan.versions[name]) for name in moving if name in plan.versions],
    )
    done = Table(
        ("product", "step", "why"),
        [(each.step.product, str(each.step.configuration), each.reason) for each in idle],
        f"{len(idle)} step{'s' * (len(idle) != 1)} with nothing to do",
    )
    return page(head, [versions, to_do, done])


def _usually(planned: PlannedStep) -> str:
    if planned.usual is not None:
        return format_duration(planned.usual.median)
    return "unknown" if _takes_time(planned) else ""


def _cells(planned: PlannedStep) -> tuple[str, ...]:
    return (
        planned.step.product,
        str(planned.step.configuration),
        f"{_SIGNS[planned.action]} {planned.action}",
        planned.reason,
        _seconds(planned.earliest_start),
        _usually(planned),
    )
