"""The states of steps and products: one vocabulary and one set of symbols for every surface."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class State(str, Enum):
    """The state of a step, or of a product; the most urgent first."""

    UNKNOWN = "unknown"
    FAILED = "failed"
    HOLD = "hold"
    RUNNING = "running"
    PENDING = "pending"
    WAITING = "waiting"
    SATISFIED = "satisfied"

    @property
    def symbol(self) -> str:
        """The symbol, one column wide."""
        return _SYMBOLS[self][0]

    @property
    def ascii_symbol(self) -> str:
        """The symbol for an output that cannot show the other one, at most two columns wide."""
        return _SYMBOLS[self][1]

    @property
    def color(self) -> str:
        """The name of a terminal color, or `dim`."""
        return _COLORS[self]

    @property
    def product_words(self) -> str:
        """What a reader sees for a product in this state."""
        return _PRODUCT_WORDS.get(self, self.step_words)

    @property
    def step_words(self) -> str:
        """What a reader sees for a step in this state."""
        return "on hold" if self is State.HOLD else self.value


_SYMBOLS = {
    State.UNKNOWN: ("?", "?"),
    State.FAILED: ("✗", "x"),
    State.HOLD: ("‖", "="),
    State.RUNNING: ("▶", ">"),
    State.PENDING: ("+", "+"),
    State.WAITING: ("…", ".."),
    State.SATISFIED: ("✓", "ok"),
}
_COLORS = {
    State.UNKNOWN: "dim",
    State.FAILED: "red",
    State.HOLD: "yellow",
    State.RUNNING: "blue",
    State.PENDING: "cyan",
    State.WAITING: "dim",
    State.SATISFIED: "green",
}
_PRODUCT_WORDS = {State.SATISFIED: "deployed", State.PENDING: "not started"}
_URGENCY = list(State)


def most_urgent(states: Iterable[State]) -> State:
    """Return the state of a product with steps in these states."""
    return min(states, key=_URGENCY.index, default=State.SATISFIED)
