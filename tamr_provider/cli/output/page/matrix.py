"""Products down, environments across: what each cell of the board says."""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tamr_provider.models import FAILED
from tamr_provider.planning.planned_step import ADOPT, HOLD, LAUNCH, WAIT
from tamr_provider.stackfile.version_change import is_older
from tamr_provider.timestamps import format_duration

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tamr_provider.environments.status import EnvironmentStatus, ProductStatus
    from tamr_provider.models import Job

HELD, UNKNOWN = "held", "unknown"
_STATES = {ADOPT: "running", WAIT: "waiting", LAUNCH: "to run", HOLD: "needs a person"}


@dataclass(frozen=True)
class Promotion:
    """A version that may come here from the environment before."""

    source: str
    version: str
    command: str


@dataclass(frozen=True)
class Cell:
    """One product in one environment, in words."""

    stack: str
    version: str
    state: str
    age: str = ""
    last: str = ""
    job_id: str = ""
    why: str = ""
    promotion: Promotion | None = None
    pinned: bool = False


@dataclass(frozen=True)
class Matrix:
    """The columns in the order of promotion, and for each product its cells, None where absent."""

    columns: tuple[EnvironmentStatus, ...]
    rows: tuple[tuple[str, tuple[Cell | None, ...]], ...]
    counts: tuple[tuple[str, int], ...]


def build_matrix(environments: Sequence[EnvironmentStatus]) -> Matrix:
    """Return what the board shows of the environments."""
    columns = in_order(environments)
    cells = {(row.name, row.stack): row for column in columns for row in column.rows}
    names = list(dict.fromkeys(row.name for column in columns for row in column.rows))
    rows = tuple(
        (name, tuple(_cell(cells, name, column.stack) for column in columns)) for name in names
    )
    counts = Counter(cell.state for _, row in rows for cell in row if cell)
    order = [HELD, *_STATES.values(), UNKNOWN]
    return Matrix(columns, rows, tuple((each, counts[each]) for each in order if counts[each]))


def in_order(environments: Sequence[EnvironmentStatus]) -> tuple[EnvironmentStatus, ...]:
    """Put each environment after those that its products are promoted from."""
    before = {
        environment.stack: {
            row.product.promote_from for row in environment.rows if row.product.promote_from
        }
        for environment in environments
    }

    def depth(stack: str, seen: frozenset[str] = frozenset()) -> int:
        if stack in seen:
            return 0  # a circle has no order
        further = (depth(each, seen | {stack}) for each in before.get(stack, ()))
        return max((1 + each for each in further), default=0)

    return tuple(sorted(environments, key=lambda each: (depth(each.stack), each.stack)))


def _cell(rows: Mapping[tuple[str, str], ProductStatus], name: str, stack: str) -> Cell | None:
    row = rows.get((name, stack))
    if row is None:
        return None
    return Cell(
        stack=stack,
        version=row.product.version,
        state=_state(row),
        age=f"{format_duration(timedelta(seconds=row.age))} ago" if row.age is not None else "",
        last=_last(row.last),
        job_id=row.last.id if row.last else "",
        why=row.blocker,
        promotion=_promotion(row, rows.get((name, row.product.promote_from or ""))),
        pinned=row.product.is_pinned,
    )


def _state(row: ProductStatus) -> str:
    if row.standing is None:
        return UNKNOWN
    step = row.standing.blocker
    if step is None:
        return HELD
    return _STATES[LAUNCH if step.action == ADOPT and step.job is None else step.action]


def _last(job: Job | None) -> str:
    if job is None:
        return ""
    ended = job.outcome or job.state.lower() or "in a state without a name"
    reason = ": ".join(filter(None, (job.status.reason, job.status.message)))
    return f"{job.configuration} {ended}" + (f": {reason}" if job.outcome == FAILED else "")


def _promotion(row: ProductStatus, before: ProductStatus | None) -> Promotion | None:
    """Return what `tamr promote` would take from the environment before, as far as we know."""
    if before is None or before.standing is None or not before.standing.is_satisfied:
        return None
    version = before.product.version
    if version == row.product.version or row.product.is_pinned:
        return None
    if is_older(version, row.product.version):
        return None
    words = ["tamr", "promote", row.name, "--from", before.stack, "--to", row.stack]
    return Promotion(before.stack, version, shlex.join(words))
