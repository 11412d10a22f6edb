"""One product in every environment: its steps and jobs, who asked for it, and what is next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamr_provider.cli.output.state_text import format_host, format_step_reason, symbol
from tamr_provider.cli.output.status_output import DEFAULT_WIDTH, format_command, format_errors
from tamr_provider.cli.output.status_words import format_age, format_seconds_ago
from tamr_provider.cli.output.styled import (
    Line,
    Span,
    cell_width,
    cut,
    cut_line,
    line,
    line_width,
    pad,
    wrap,
)
from tamr_provider.decision.states import State
from tamr_provider.timestamps import format_duration, format_local_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tamr_provider.environments.status import EnvironmentStatus, ProductStatus
    from tamr_provider.planning.product_state import ProductState, StepState

_INDENT = 4
_GAP = 3


def format_details(
    environments: Sequence[EnvironmentStatus],
    names: Sequence[str],
    width: int = DEFAULT_WIDTH,
) -> list[Line]:
    """Return each product in every environment that has it."""
    lines = list[Line]()
    for name in dict.fromkeys(names):
        lines += [line()] if lines else []
        lines.append(line(Span(cut(name, width), "bold")))
        for environment in environments:
            for product in environment.products:
                if product.name == name:
                    lines += _format_product(product, environment, width)
    return [*lines, *format_errors(environments, width)]


def _format_product(
    status: ProductStatus, environment: EnvironmentStatus, width: int
) -> Iterator[Line]:
    yield line()
    yield cut_line(_format_head(status, environment), width)
    for text in _describe_request(status):
        yield from wrap(text, _INDENT, width, "dim")
    progress = status.progress
    if progress.state is State.UNKNOWN:
        return
    rule = _find_rule(progress)
    if rule:
        yield from wrap(rule, _INDENT, width)
    name = min(max(cell_width(step.name) for step in progress.steps), max(12, width // 3))
    for step in progress.steps:
        yield from _format_step(step, status, environment.url, name, width)
    if progress.pin is not None:
        yield from wrap(progress.pin.reason, _INDENT, width)
    yield from format_command(status, _INDENT, width)


def _find_rule(progress: ProductState) -> str:
    """Return the reason of a rule that concerns all steps, which is said once, else ""."""
    step = progress.urgent_step
    is_rule = step is not None and step.planned.ends_by_itself
    return format_step_reason(step, progress.now) if step is not None and is_rule else ""


def _format_head(status: ProductStatus, environment: EnvironmentStatus) -> Line:
    progress = status.progress
    words = progress.state.product_words
    if progress.is_satisfied and status.deployed_since is not None:
        at = format_local_time(status.deployed_since, progress.now)
        words = f"{words} {format_age(status)} ago, {at}"
    elif status.deployed_version is not None and progress.state is not State.UNKNOWN:
        words = f"{words}; deployed: {status.deployed_version}, {format_age(status)} ago"
    if status.is_stale:
        words = f"{words}, stale (maxAgeHours: {status.product.max_age_hours:g})"
    return line(
        symbol(progress.state),
        " ",
        Span(environment.stack, "bold"),
        " " * _GAP,
        status.product.version,
        " " * _GAP,
        Span(words, progress.state.color),
        " " * _GAP,
        Span(format_host(environment.url), "dim", environment.url),
    )


def _describe_request(status: ProductStatus) -> Iterator[str]:
    """Yield who asked for the version, and since when it counts."""
    now, asked = status.progress.now, status.requested_by
    if asked is not None:
        request = f" (#{asked.pull_request})" if asked.pull_request else ""
        at = format_local_time(asked.at, now)
        yield f"requested by {asked.author}, commit {asked.commit[:7]}{request}, {at}"
    if status.since is not None:
        yield f"counts {status.since.describe(now)}"


def _format_step(
    step: StepState, status: ProductStatus, url: str, name: int, width: int
) -> Iterator[Line]:
    """Yield a step with its job, and below it a reason that does not fit beside it."""
    head = line(" " * _INDENT, symbol(step.state), " ", pad(step.name, name), " " * _GAP)
    job = line(" " * _GAP, Span(step.job_id, "dim", url)) if step.job_id else ()
    words = step.state.step_words
    if step.state is State.SATISFIED:
        yield cut_line((*head, Span(_describe_job(step, status)), *job), width)
        return
    reason = format_step_reason(step, status.progress.now)
    if reason == _find_rule(status.progress):
        yield cut_line((*head, Span(words), *job), width)
        return
    whole = (*head, *line(f"{words}: {reason}"), *job)
    if line_width(whole) <= width:
        yield whole
        return
    yield cut_line((*head, Span(words), *job), width)
    yield from wrap(reason, 2 * _INDENT, width)


def _describe_job(step: StepState, status: ProductStatus) -> str:
    job = step.job
    if job is None or job.finished_at is None:
        return ""
    took = format_duration(job.duration) if job.duration is not None else ""
    age = format_seconds_ago((status.progress.now - job.finished_at).total_seconds())
    return f"{took:>6}   {age + ' ago':>8}"
