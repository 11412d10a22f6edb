"""The cells of the board: products down, environments across."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tamr_provider.cli.output.page.headline import needs_attention
from tamr_provider.cli.output.status_words import format_age
from tamr_provider.decision.states import State
from tamr_provider.stackfile.version_change import is_older

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tamr_provider.environments.status import EnvironmentStatus, ProductStatus

_MAX_REASON = 60  # About what fits into a cell.

Statuses = dict[tuple[str, str], "ProductStatus"]


@dataclass(frozen=True)
class PromotionHint:
    """A version that can be promoted to `status` from the upstream environment."""

    status: ProductStatus
    source: str
    version: str

    @property
    def command(self) -> str:
        """The command that promotes it."""
        name, target = self.status.name, self.status.stack
        return shlex.join(["tamr", "promote", name, "--from", self.source, "--to", target])


@dataclass(frozen=True)
class Cell:
    """One product in one environment."""

    status: ProductStatus
    promotion: PromotionHint | None

    @property
    def old_version(self) -> str:
        """What is deployed, "" if it is the desired version or unknown."""
        deployed = self.status.deployed_version
        return deployed if deployed and deployed != self.status.product.version else ""

    @property
    def reason(self) -> str:
        """Why it is not deployed, short; its dialog has the whole reason."""
        text = self.status.progress.short_reason.partition(" (")[0]
        return text if len(text) <= _MAX_REASON else f"{text[: _MAX_REASON - 1]}…"

    @property
    def age(self) -> str:
        """How old the deployment is."""
        return format_age(self.status)

    @property
    def is_running(self) -> bool:
        """Whether a job of it is active."""
        return self.status.progress.state is State.RUNNING

    @property
    def needs_attention(self) -> bool:
        """Whether there is a card for it."""
        return needs_attention(self.status)


@dataclass(frozen=True)
class Row:
    """A product, and its cell in each environment, None where it is missing."""

    name: str
    cells: tuple[Cell | None, ...]

    @property
    def urgency(self) -> int:
        """The place of the row where the most urgent come first; 0 needs attention."""
        cells = [cell for cell in self.cells if cell is not None]
        if any(cell.needs_attention for cell in cells):
            return 0
        return 1 + min(list(State).index(cell.status.progress.state) for cell in cells)


@dataclass(frozen=True)
class Matrix:
    """The rows, in the order of the stack files."""

    stacks: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def cells(self) -> list[Cell]:
        """Every cell, row by row."""
        return [cell for row in self.rows for cell in row.cells if cell is not None]

    @property
    def attention_count(self) -> int:
        """How many cells need attention."""
        return sum(cell.needs_attention for cell in self.cells)

    @property
    def promotions(self) -> list[PromotionHint]:
        """Every version that can be promoted."""
        return [cell.promotion for cell in self.cells if cell.promotion is not None]


def build_matrix(environments: Sequence[EnvironmentStatus]) -> Matrix:
    """Return what the board shows of the environments, in their order."""
    statuses: Statuses = {
        (status.name, environment.stack): status
        for environment in environments
        for status in environment.products
    }
    stacks = tuple(environment.stack for environment in environments)
    rows = tuple(
        Row(name, tuple(_make_cell(statuses, name, stack) for stack in stacks))
        for name in dict.fromkeys(name for name, _ in statuses)
    )
    return Matrix(stacks, rows)


def _make_cell(statuses: Statuses, name: str, stack: str) -> Cell | None:
    status = statuses.get((name, stack))
    if status is None:
        return None
    return Cell(
        status, _find_promotion(status, statuses.get((name, status.product.promote_from or "")))
    )


def _find_promotion(status: ProductStatus, upstream: ProductStatus | None) -> PromotionHint | None:
    """Return what `tamr promote` would take from the upstream environment, as far as is known."""
    if upstream is None or not upstream.progress.is_satisfied:
        return None
    version = upstream.product.version
    current = status.product.version
    if version == current or status.product.is_pinned or is_older(version, current):
        return None
    return PromotionHint(status, upstream.stack, version)
