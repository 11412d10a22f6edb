"""The cards of what needs a reader's attention: what, why, since when, and what to type."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tamr_provider.cli.output.page.headline import needs_attention, web_address
from tamr_provider.cli.output.status_words import NEEDS_YOU, format_age, format_next
from tamr_provider.decision.states import State

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tamr_provider.environments.status import EnvironmentStatus, ProductStatus
    from tamr_provider.planning.product_state import StepState

OPEN_CARDS = 6  # More are folded, so that the matrix stays within reach.
MAX_CARDS = 20  # About 15 kB; the matrix has the rest.


@dataclass(frozen=True)
class Card:
    """One problem. `words` is the state, `cause` and `since` are those of the step in the way.

    `steps` are further steps that failed or need an action. `goal` says what `command` is for; both
    are "" if no command helps.
    """

    title: str
    stack: str
    state: State
    words: str
    cause: str
    link: str
    since: datetime | None = None
    job_id: str = ""
    goal: str = ""
    command: str = ""
    steps: tuple[StepState, ...] = ()
    is_stale: bool = False

    @property
    def color(self) -> str:
        """The color of the card: that of its state, but a stale deployment is not green."""
        return State.HOLD.color if self.is_stale else self.state.color


def build_cards(environments: Sequence[EnvironmentStatus]) -> list[Card]:
    """Return what needs attention: first what needs a user, then failures, then the rest."""
    cards = [card for environment in environments for card in _list_cards(environment)]
    return [card for _, card in sorted(cards, key=lambda ranked: ranked[0])]


def _list_cards(environment: EnvironmentStatus) -> Iterator[tuple[int, Card]]:
    link = web_address(environment.url)
    if environment.error:
        words = State.UNKNOWN.product_words
        title = f"{len(environment.products)} products" if environment.products else "Environment"
        yield 2, Card(title, environment.stack, State.UNKNOWN, words, environment.error, link)
        return
    for status in environment.products:
        if needs_attention(status):
            yield _rank(status), _make_card(status, link)


def _rank(status: ProductStatus) -> int:
    if status.progress.needs_action:
        return 0
    return {State.FAILED: 1, State.UNKNOWN: 2}.get(status.progress.state, 3)


def _make_card(status: ProductStatus, link: str) -> Card:
    progress = status.progress
    if status.is_stale and not progress.needs_action and progress.state is not State.FAILED:
        return _make_stale_card(status, link)
    needy = next((step for step in progress.steps if step.needs_action), None)
    step = needy or progress.urgent_step
    job = step.job if step else None
    goal, command = format_next(progress)
    return Card(
        title=status.name,
        stack=status.stack,
        state=progress.state,
        words=progress.state.product_words + (f", {NEEDS_YOU}" if progress.needs_action else ""),
        cause=f"{step.name}: {step.reason}"
        if step and step.needs_action
        else progress.short_reason,
        link=link,
        since=job.finished_at if job else None,
        job_id=job.id if job else "",
        goal=goal,
        command=command,
        steps=tuple(other for other in progress.steps if _is_bad(other) and other is not step),
    )


def _make_stale_card(status: ProductStatus, link: str) -> Card:
    goal, command = format_next(status.progress)
    limit_hours = status.product.max_age_hours or 0
    state = status.progress.state
    version = status.deployed_version or "the deployment"
    return Card(
        title=status.name,
        stack=status.stack,
        state=state,
        words=f"{state.product_words}, stale",
        cause=f"{version} is {format_age(status)} old; maxAgeHours is {limit_hours:g}",
        link=link,
        since=status.deployed_since + timedelta(hours=limit_hours)
        if status.deployed_since
        else None,
        goal=goal,
        command=command,
        is_stale=True,
    )


def _is_bad(step: StepState) -> bool:
    return step.needs_action or step.state is State.FAILED
