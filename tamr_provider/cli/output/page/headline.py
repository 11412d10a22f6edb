"""Whether everything is deployed and fresh, and since when: for all, and for each environment."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from tamr_provider.decision.states import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tamr_provider.environments.status import EnvironmentStatus, ProductStatus

_NEVER = datetime.min.replace(tzinfo=timezone.utc)


@dataclass(frozen=True)
class Headline:
    """The answer in one line, its state, and the newest and the oldest deployment."""

    text: str
    state: State
    newest: ProductStatus | None
    oldest: ProductStatus | None


@dataclass(frozen=True)
class Share:
    """How many products of an environment have a state, and where that part of its bar is."""

    state: State
    count: int
    offset: float
    width: float


@dataclass(frozen=True)
class EnvironmentSummary:
    """What the tile of an environment shows."""

    environment: EnvironmentStatus
    good_count: int
    attention_count: int
    shares: tuple[Share, ...]
    expected_end: datetime | None

    @property
    def link(self) -> str:
        """The address of the tenant, "" if it is not one that a browser may open."""
        return web_address(self.environment.url)


def web_address(url: str) -> str:
    """Return the address if it is http or https, else "": a stack file may contain anything."""
    return url if url.startswith(("https://", "http://")) else ""


def is_good(status: ProductStatus) -> bool:
    """Whether a product is deployed and fresh."""
    return status.progress.is_satisfied and not status.is_stale


def needs_attention(status: ProductStatus) -> bool:
    """Whether a reader should look at a product now."""
    is_bad = status.progress.state in (State.FAILED, State.UNKNOWN)
    return status.progress.needs_action or is_bad or status.is_stale


def build_headline(environments: Sequence[EnvironmentStatus]) -> Headline:
    """Return what the page says first."""
    statuses = [status for environment in environments for status in environment.products]
    deployed = [status for status in statuses if status.deployed_since is not None]
    newest = max(deployed, key=_deployed_at, default=None)
    oldest = min(deployed, key=_deployed_at, default=None)
    state = _worst_state(statuses)
    return Headline(_format_headline(statuses), state, newest, oldest)


def build_summary(environment: EnvironmentStatus) -> EnvironmentSummary:
    """Return the tile of an environment."""
    products = environment.products
    is_running = any(status.progress.state is State.RUNNING for status in products)
    plan = environment.plan if is_running else None
    return EnvironmentSummary(
        environment=environment,
        good_count=sum(map(is_good, products)),
        attention_count=sum(map(needs_attention, products)),
        shares=tuple(_share_bar(products)),
        expected_end=plan.expected_end if plan else None,
    )


def count_states(statuses: Iterable[ProductStatus]) -> list[tuple[State, int]]:
    """Return how many products have each state, the most urgent first."""
    counts = Counter(status.progress.state for status in statuses)
    return [(state, counts[state]) for state in State if counts[state]]


def _format_headline(statuses: Sequence[ProductStatus]) -> str:
    if not statuses:
        return "No products yet"
    good = sum(map(is_good, statuses))
    if good == len(statuses):
        return "Everything is deployed and fresh"
    return f"{good} of {len(statuses)} deployed and fresh"


def _worst_state(statuses: Sequence[ProductStatus]) -> State:
    """Return the state of the headline: a failure, before a hold that ends by itself."""
    if any(needs_attention(status) for status in statuses):
        return State.FAILED
    return min(
        (status.progress.state for status in statuses), key=list(State).index, default=State.UNKNOWN
    )


def _share_bar(products: Sequence[ProductStatus]) -> Iterable[Share]:
    offset = 0.0
    for state, count in reversed(count_states(products)):
        width = 100 * count / len(products)
        yield Share(state, count, round(offset, 2), round(width, 2))
        offset += width


def _deployed_at(status: ProductStatus) -> datetime:
    return status.deployed_since or _NEVER
