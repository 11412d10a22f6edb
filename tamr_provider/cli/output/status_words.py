"""What `tamr status` says of one product in one environment, in any number of columns."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tamr_provider.cli.output.state_text import format_step_reason
from tamr_provider.cli.output.styled import cell_width
from tamr_provider.decision.states import State
from tamr_provider.timestamps import format_duration, format_local_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tamr_provider.environments.status import ProductStatus
    from tamr_provider.planning.product_state import ProductState, StepState

NEEDS_YOU = "needs you"
_ENDS = {State.HOLD, State.WAITING}


def fit_words(status: ProductStatus, width: int) -> str:
    """Return the longest text that fits, "" if none does: the symbol says the state anyway."""
    return next((text for text in list_words(status) if cell_width(text) <= width), "")


def list_words(status: ProductStatus) -> list[str]:
    """Return the texts beside a version, the longest first."""
    return list(dict.fromkeys(_yield_words(status)))


def _yield_words(status: ProductStatus) -> Iterator[str]:
    progress = status.progress
    if progress.needs_action:
        yield NEEDS_YOU
    elif progress.is_satisfied:
        age = format_age(status)
        yield f"{age} stale" if status.is_stale else age
    elif progress.state is State.RUNNING and progress.urgent_step is not None:
        yield from _list_running(progress.urgent_step)
    else:
        if progress.urgent_step is not None and progress.state in (*_ENDS, State.FAILED):
            yield from _list_reasons(progress, progress.urgent_step)
        yield progress.state.product_words


def _list_running(step: StepState) -> Iterator[str]:
    elapsed = step.reason.partition(" of ")[0]
    kind = step.planned.step.configuration.type or step.name
    yield f"{step.name} {step.reason}"
    yield f"{kind} {step.reason}"
    yield f"{kind} {elapsed}"


def _list_reasons(progress: ProductState, step: StepState) -> Iterator[str]:
    """Yield the reason, whose details in parentheses go first; the end stays as long as it fits."""
    words = f"{step.state.product_words}: " if step.state is State.FAILED else ""
    until = f" until {format_local_time(step.until, progress.now)}" if step.until else ""
    short = step.reason.partition(" (")[0]
    for text in (step.reason, short):
        yield f"{words}{text}{until}"
    if until:
        yield short
    if step.state is State.FAILED:
        yield f"{words}{short.partition(':')[0]}"


def format_age(status: ProductStatus) -> str:
    """Return how long ago the deployed version was complete, in one unit, "" if unknown."""
    return format_seconds_ago(status.age_seconds) if status.age_seconds is not None else ""


def format_seconds_ago(seconds: float) -> str:
    """Return an age in one unit, such as `45m` or `3d`."""
    if seconds >= 2 * 86_400:
        return f"{int(seconds // 86_400)}d"
    if seconds >= 3600:
        return f"{int(seconds // 3600)}h"
    return format_duration(timedelta(seconds=seconds))


def format_product_reason(progress: ProductState) -> str:
    """Return why a product is not deployed, with its end in local time."""
    step = progress.urgent_step
    if step is None or step.until is None:
        return progress.reason
    return progress.reason.replace(step.full_reason, format_step_reason(step, progress.now))


def format_request_for_action(progress: ProductState) -> str:
    """Return the reason of the step that a user has to act on, which is not always the urgent one.

    A pin has a reason of its own.
    """
    needy = next((step for step in progress.steps if step.needs_action), None)
    if needy is None:
        return progress.reason
    return f"{needy.name}: {format_step_reason(needy, progress.now)}"


def format_next(progress: ProductState) -> tuple[str, str]:
    """Return what a user does next and its command, both "" if there is nothing to do."""
    command = progress.next_command
    if not command or progress.state is State.UNKNOWN:
        return "", ""
    if command == getattr(progress.pin, "next_command", None):
        return "promote the newer version", command
    if progress.needs_action or progress.state is State.FAILED:
        return "retry", command
    return ("start it" if progress.state is State.PENDING else "continue"), command
