"""The words for states in every text: symbol, reason with its end in local time, counts."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tamr_provider.cli.output.styled import Span
from tamr_provider.timestamps import format_local_time

if TYPE_CHECKING:
    from datetime import datetime

    from tamr_provider.decision.states import State
    from tamr_provider.planning.product_state import StepState


def symbol(state: State) -> Span:
    """Return the symbol of a state in its color."""
    return Span(state.symbol, state.color)


def format_step_reason(step: StepState, now: datetime) -> str:
    """Return why a step is in its state, and until when in local time."""
    until = f" until {format_local_time(step.until, now)}" if step.until is not None else ""
    return f"{step.reason}{until}"


def count(number: int, noun: str) -> str:
    """Return a number with its noun: `1 job`, `2 jobs`."""
    return f"{number} {noun}{'s' * (number != 1)}"


def format_host(url: str) -> str:
    """Return the host of a URL, or the URL if it has none."""
    return urlsplit(url).netloc or url


def format_next_step(step: StepState) -> str:
    """Return the sentence with the command that brings a step forward, "" if there is none."""
    if not step.next_command:
        return ""
    goal = "retry" if step.needs_action or step.planned.failure is not None else "continue"
    return f"To {goal}, run: {step.next_command}"
