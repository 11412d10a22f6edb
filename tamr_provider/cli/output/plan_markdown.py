"""A plan as a pull request comment: what the change does, what is on hold, the rest folded."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from tamr_provider.cli.output.markdown import Table, code, escape, format_page
from tamr_provider.cli.output.plan_output import format_version
from tamr_provider.cli.output.state_text import count
from tamr_provider.decision.states import State
from tamr_provider.timestamps import format_duration, format_minute

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from tamr_provider.environments.stack_plan import ProductPlan, StackPlan
    from tamr_provider.planning.product_state import StepState

_MAX_TITLES = 3
_MAX_QUOTES = 20  # The table of all steps has the others.
_ALL = ("", "product", "step", "state", "reason", "usual")


def format_plan_markdown(plan: StackPlan, *, has_base: bool = False) -> str:
    """Return the plan for a pull request.

    With a base, only the products whose version or since the change sets are above the fold;
    else those that a run would move.
    """
    shown = [product for product in plan.products if _is_above(product, has_base)]
    head = [
        f"### {escape(plan.stack)}: {_format_title(shown, has_base)}",
        _format_headline(plan, shown),
        *_format_holds(plan),
        *(f"> **Warning:** {escape(warning)}" for warning in plan.plan.warnings),
    ]
    rows = [row for product in shown for row in _format_phases(product, len(shown) > 1)]
    columns = ("", "product", "step", "usual") if len(shown) > 1 else ("", "step", "usual")
    steps = [step for product in plan.products for step in product.progress.steps]
    every = Table(_ALL, list(map(_format_step, steps)), f"All {count(len(steps), 'step')}")
    sinces = [(product.name, product.version, product.since) for product in plan.products]
    versions = Table(("product", "version", "counts"), sinces, "Since when each version counts")
    return format_page(head, [Table(columns, rows), every, versions])


def _is_above(product: ProductPlan, has_base: bool) -> bool:
    return product.is_changed if has_base else product.moves


def _format_title(shown: Sequence[ProductPlan], has_base: bool) -> str:
    if not shown:
        return "no version changes" if has_base else "nothing to do"
    titles = [f"{product.name} {format_version(product)}" for product in shown[:_MAX_TITLES]]
    more = len(shown) - _MAX_TITLES
    return escape(", ".join(titles)) + (f" and {more} more" if more > 0 else "")


def _format_headline(plan: StackPlan, shown: Sequence[ProductPlan]) -> str:
    launches = sum(product.launches for product in shown)
    others = plan.plan.launches - launches
    ends = [product.progress.expected_end for product in shown if product.moves]
    parts = [count(launches, "job") if launches else "**No jobs would run**"]
    end = max((end for end in ends if end is not None), default=None)
    if launches and end is not None and None not in ends:
        parts.append(f"about {format_duration(end - plan.plan.now)}")
        parts.append(f"would be done by {_format_time(end, plan.plan.now)} if merged now")
    if others:
        parts.append(f"{count(others, 'job')} of products that this change does not touch")
    parts.append(f"{plan.plan.active} of {plan.plan.slots} slots in use")
    return " · ".join(parts)


def _format_time(moment: datetime, now: datetime) -> str:
    text = format_minute(moment)
    return text.partition(" ")[2] if moment.date() == now.date() else text


def _format_holds(plan: StackPlan) -> Iterator[str]:
    """Yield a warning for each product that is on hold, or whose pin needs a user."""
    states = (product.progress for product in plan.products)
    held = [state for state in states if state.state is State.HOLD or state.needs_action]
    for progress in held[:_MAX_QUOTES]:
        words = "Pinned" if progress.shown_pin is not None else "On hold"
        reason = escape(progress.reason.rstrip("."))
        command = progress.next_command if progress.needs_action else ""
        run = f" {code(command)}" if command else ""
        yield f"> **{words}: {escape(progress.name)}.** {reason}.{run}"


def _format_phases(product: ProductPlan, names_product: bool) -> Iterator[tuple[str, ...]]:
    """Yield a row for the steps that run side by side and are in the same state."""
    left = [step for step in product.progress.steps if step.state is not State.SATISFIED]
    for (_, state), group in groupby(left, key=lambda step: (step.planned.phase, step.state)):
        steps = list(group)
        known = [step.planned.usual.median for step in steps if step.planned.usual]
        duration = format_duration(max(known)) if len(known) == len(steps) else ""
        names = ", ".join(step.name for step in steps)
        name = (product.name,) if names_product else ()
        yield (state.symbol, *name, names, duration)


def _format_step(step: StepState) -> tuple[str, ...]:
    usual = step.planned.usual
    return (
        step.state.symbol,
        step.planned.step.product,
        step.name,
        step.state.step_words,
        step.full_reason,
        format_duration(usual.median) if usual else "",
    )
