"""A plan as text for a terminal: what moves, what is on hold, then the totals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamr_provider.cli.output.state_text import (
    count,
    format_host,
    format_next_step,
    format_step_reason,
    symbol,
)
from tamr_provider.cli.output.styled import (
    Line,
    Span,
    cell_width,
    cut_line,
    cut_reason,
    line,
    line_width,
    pad,
    wrap,
)
from tamr_provider.decision.states import State
from tamr_provider.timestamps import format_duration, format_local_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tamr_provider.environments.stack_plan import ProductPlan, StackPlan
    from tamr_provider.planning.product_state import StepState

_INDENT = 4
_MAX_NAME = 24  # Columns of a product's name on a narrow terminal.
_GAP = 3
_ANY_WIDTH = 10_000
_PROBLEMS = (State.FAILED, State.HOLD)


def format_plan_text(
    plan: StackPlan, width: int | None = None, *, shows_all: bool = False, shows_steps: bool = True
) -> list[Line]:
    """Return the plan as lines of at most `width` columns, None for any width.

    `shows_all` adds the products that are deployed, `shows_steps` the steps of those that move.
    """
    text = _PlanText(plan, width, shows_all, shows_steps)
    headline = cut_line(format_headline(plan), width or _ANY_WIDTH)
    return [headline, line(), *text.format_products(), *text.format_totals()]


def format_headline(plan: StackPlan) -> Line:
    """Return the stack, its tenant and the slots in one line."""
    slots = f"{plan.plan.active} of {plan.plan.slots} slots in use"
    return line(Span(plan.stack, "bold"), f" · {format_host(plan.url)} · {slots}")


def summarize_plan(plan: StackPlan) -> str:
    """Return the jobs, the holds and the expected end in one line."""
    on_hold = sum(product.progress.state is State.HOLD for product in plan.products)
    pinned = sum(product.progress.shown_pin is not None for product in plan.products)
    running = sum(step.state is State.RUNNING for step in _steps(plan))
    launches = plan.plan.launches
    parts = [f"{count(launches, 'job')} to launch" if launches else "no jobs to launch"]
    parts += [f"{count(running, 'step')} running"] if running else []
    parts += [f"{count(on_hold, 'product')} on hold"] if on_hold else []
    parts += [f"{count(pinned, 'product')} pinned"] if pinned else []
    done = ""
    if (launches or running) and plan.plan.expected_end is not None:
        end = format_local_time(plan.plan.expected_end, plan.plan.now)
        done = f" Done by about {end}."
    return f"{', '.join(parts)}.{done}"


def _steps(plan: StackPlan) -> Iterator[StepState]:
    for product in plan.products:
        yield from product.progress.steps


class _PlanText:
    """The columns of a plan, the same for all its products."""

    def __init__(
        self, plan: StackPlan, width: int | None, shows_all: bool, shows_steps: bool
    ) -> None:
        self._plan = plan
        self._now = plan.plan.now
        self._wrap_width = width
        self._width = width or _ANY_WIDTH
        self._shows_all = shows_all
        self._shows_steps = shows_steps
        self._shown = [product for product in plan.products if shows_all or not _is_done(product)]
        names = [cell_width(product.name) for product in self._shown]
        versions = [cell_width(format_version(product)) for product in self._shown]
        steps = [
            cell_width(step.name) for product in self._shown for step in product.progress.steps
        ]
        self._name = min(max(names, default=0), _MAX_NAME if width else _ANY_WIDTH)
        self._version = max(versions, default=0)
        self._step = min(max(steps, default=0), max(16, self._width // 2))

    def format_products(self) -> Iterator[Line]:
        """Yield the products in the order of the file, and a line for those that are deployed."""
        for product in self._shown:
            yield self._format_head(product)
            yield from self._format_body(product)
        if done := len(self._plan.products) - len(self._shown):
            words = "product is" if done == 1 else "products are"
            hint = "" if not self._shows_steps else " (--all shows them)"
            yield line(symbol(State.SATISFIED), f" {done} {words} deployed{hint}")
        yield line()

    def format_totals(self) -> Iterator[Line]:
        """Yield the warnings and the totals."""
        for warning in self._plan.plan.warnings:
            first, *more = wrap(f"warning: {warning}", 0, self._wrap_width, "yellow")
            yield first
            yield from more
        yield from wrap(f"Plan: {summarize_plan(self._plan)}", 0, self._wrap_width, "bold")
        if self._shows_steps and any(product.moves for product in self._plan.products):
            yield line(f"To run it: {self._plan.resume}")

    def _format_head(self, product: ProductPlan) -> Line:
        state = product.progress.state
        head = line(
            symbol(state),
            " ",
            Span(pad(product.name, self._name), "bold"),
            " " * _GAP,
            pad(format_version(product), self._version),
        )
        for facts in _list_facts(product):
            made = (*head, Span(" " * _GAP), Span(facts, state.color if _is_held(product) else ""))
            if line_width(made) <= self._width:
                return made
        return cut_line(head, self._width)

    def _format_body(self, product: ProductPlan) -> Iterator[Line]:
        if self._shows_steps:
            yield from wrap(product.since, _INDENT, self._wrap_width, "dim")
        yield from self._format_problems(product)
        if self._shows_steps:
            yield from self._format_steps(product)

    def _format_steps(self, product: ProductPlan) -> Iterator[Line]:
        phase = -1
        for step in product.progress.steps:
            is_first = step.planned.phase != phase
            phase = step.planned.phase
            if self._shows_all or _is_worth_a_line(step):
                yield self._format_step(step, is_first)

    def _format_step(self, step: StepState, is_first: bool) -> Line:
        usual = step.planned.usual
        duration = (
            format_duration(usual.median) if usual and step.state is not State.SATISFIED else ""
        )
        head = line(
            " " * _INDENT,
            symbol(step.state),
            " ",
            pad(step.name, self._step),
            f"{duration:>6}",
        )
        reason = self._find_reason(step, is_first)
        room = self._width - line_width(head) - _GAP
        if not reason or room < 1:
            return head
        return (*head, Span(" " * _GAP + cut_reason(reason, room), "dim"))

    def _find_reason(self, step: StepState, is_first: bool) -> str:
        """Return the reason, "" if the one above says it or there is nothing to say."""
        if step.state in _PROBLEMS:
            return step.state.step_words  # The reason is above the steps.
        is_plain_launch = step.state is State.PENDING and step.planned.has_own_job
        if is_plain_launch and (step.planned.not_before is not None or not is_first):
            return ""
        return format_step_reason(step, self._now)

    def _format_problems(self, product: ProductPlan) -> Iterator[Line]:
        """Yield why steps failed or are on hold, how to go on, and what a pin keeps away."""
        problems = product.progress.problems
        for step in problems:
            name = "" if step.planned.ends_by_itself else f"{step.name}: "
            reason = f"{name}{format_step_reason(step, self._now)}"
            yield from wrap(reason, _INDENT, self._wrap_width)
            if step.planned.ends_by_itself and step.planned.fix:
                yield from wrap(step.planned.fix, _INDENT, self._wrap_width)
        commands = [_format_command(step) for step in problems]
        if (pin := product.progress.shown_pin) is not None:
            yield from wrap(pin.reason, _INDENT, self._wrap_width)
            commands.append(f"To promote the newer version, run: {pin.next_command}")
        for command in dict.fromkeys(filter(None, commands)):
            yield line(" " * _INDENT, command)


def _format_command(step: StepState) -> str:
    """Return how a user ends a hold: the next run itself tries again what failed."""
    return format_next_step(step) if step.needs_action else ""


def _list_facts(product: ProductPlan) -> Sequence[str]:
    """Return what stands after the version, the longest text first."""
    state = product.progress.state
    if state is State.SATISFIED:
        since = product.progress.satisfied_since
        at = f" at {format_local_time(since, product.progress.now)}" if since else ""
        return [f"deployed{at}", "deployed"]
    jobs = count(product.launches, "job") if product.launches else ""
    if state is State.HOLD:
        return [f"on hold   {jobs}", "on hold"] if jobs else ["on hold"]
    parts = [jobs or state.product_words]
    longer = [parts[0]]
    if product.expected is not None and product.progress.expected_end is not None:
        end = format_local_time(product.progress.expected_end, product.progress.now)
        duration = format_duration(product.expected)
        longer = [
            f"{parts[0]:>7}   {duration:>5}   done by {end}",
            f"{parts[0]:>7}   {duration:>5}",
        ]
    return [*longer, parts[0]]


def format_version(product: ProductPlan) -> str:
    """Return the version that is asked for, after the one before it if that is another."""
    if product.before is None or product.before == product.version:
        return product.version
    return f"{product.before} → {product.version}"


def _is_done(product: ProductPlan) -> bool:
    return product.progress.is_satisfied and not product.progress.needs_action


def _is_held(product: ProductPlan) -> bool:
    return product.progress.state is State.HOLD


def _is_worth_a_line(step: StepState) -> bool:
    """Whether a step moves, or would if its turn came."""
    if step.state is State.SATISFIED:
        return False
    is_behind_hold = step.is_skipped and not step.planned.launches_job
    return step.state is not State.HOLD and not is_behind_hold
