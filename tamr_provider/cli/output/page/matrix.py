"""The cells of the board: products down, environments across."""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tamr_provider.decision.states import State
from tamr_provider.models import FAILED
from tamr_provider.stackfile.version_change import is_older
from tamr_provider.timestamps import format_duration

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tamr_provider.environments.status import EnvironmentStatus, ProductStatus
    from tamr_provider.models import Job


@dataclass(frozen=True)
class PromotionHint:
    """A version that can be promoted here from the upstream environment."""

    source: str
    version: str
    command: str


@dataclass(frozen=True)
class Cell:
    """One product in one environment, as text."""

    stack: str
    version: str
    state: str
    age: str = ""
    last: str = ""
    job_id: str = ""
    blocker: str = ""
    promotion: PromotionHint | None = None
    is_pinned: bool = False


@dataclass(frozen=True)
class Matrix:
    """The columns, and for each product its cells, None if an environment lacks it."""

    columns: tuple[EnvironmentStatus, ...]
    rows: tuple[tuple[str, tuple[Cell | None, ...]], ...]
    counts: tuple[tuple[str, int], ...]


def build_matrix(environments: Sequence[EnvironmentStatus]) -> Matrix:
    """Return what the board shows of the environments, in their order."""
    products = {
        (product.name, column.stack): product
        for column in environments
        for product in column.products
    }
    names = dict.fromkeys(name for name, _ in products)
    rows = tuple(
        (name, tuple(_make_cell(products, name, column.stack) for column in environments))
        for name in names
    )
    counts = Counter(cell.state for _, row in rows for cell in row if cell)
    order = [state.product_words for state in reversed(State)]
    shown = tuple((state, counts[state]) for state in order if counts[state])
    return Matrix(tuple(environments), rows, shown)


def _make_cell(
    products: Mapping[tuple[str, str], ProductStatus], name: str, stack: str
) -> Cell | None:
    status = products.get((name, stack))
    if status is None:
        return None
    seconds = status.age_seconds
    return Cell(
        stack=stack,
        version=status.product.version,
        state=_format_state(status),
        age=f"{format_duration(timedelta(seconds=seconds))} ago" if seconds is not None else "",
        last=_format_last(status.last_job),
        job_id=status.last_job.id if status.last_job else "",
        blocker=status.progress.reason,
        promotion=_find_promotion(status, products.get((name, status.product.promote_from or ""))),
        is_pinned=status.product.is_pinned,
    )


def _format_state(status: ProductStatus) -> str:
    return status.progress.state.product_words


def _format_last(job: Job | None) -> str:
    if job is None:
        return ""
    ending = job.outcome or job.state.lower() or "in an unknown state"
    reason = ": ".join(filter(None, (job.status.reason, job.status.message)))
    return f"{job.configuration} {ending}" + (f": {reason}" if job.outcome == FAILED else "")


def _find_promotion(status: ProductStatus, upstream: ProductStatus | None) -> PromotionHint | None:
    """Return what `tamr promote` would take from the upstream environment, as far as is known."""
    if upstream is None or not upstream.progress.is_satisfied:
        return None
    version = upstream.product.version
    current = status.product.version
    if version == current or status.product.is_pinned or is_older(version, current):
        return None
    words = ["tamr", "promote", status.name, "--from", upstream.stack, "--to", status.stack]
    return PromotionHint(upstream.stack, version, shlex.join(words))
