"""Which of several equal jobs are needless, and why.

Two runs may launch the same step at the same time: the API has no key that would prevent it. The
job created first does the work, a tie is broken by the job ID, and the others are duplicates.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING

from tamr_provider.decision.steps import creation_key, would_satisfy
from tamr_provider.models import STOPPING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from tamr_provider.decision.steps import Step
    from tamr_provider.models import Job

# A poll and the POST after it take less; people who start the same job twice take more.
_RACE = timedelta(seconds=10)


class DuplicateKind(Enum):
    """Who launched a duplicate, as far as the list shows it."""

    OURS = "launched by this run"
    TWIN = "created seconds after the first, by a run that may have been killed since"
    FOREIGN = "launched by another run or user, who may want it"


@dataclass(frozen=True)
class Duplicate:
    """A job that does nothing for the steps that an earlier equal job does not do."""

    job: Job
    first: Job
    kind: DuplicateKind


def find_duplicates(
    jobs: Iterable[Job], steps: Sequence[Step], ours: Collection[str]
) -> list[Duplicate]:
    """Return the active duplicates among the jobs for steps of one configuration.

    `ours` are the IDs of the jobs that this run launched for them. A job that has ended makes no
    other one a duplicate: a stop of ours would then look like a user's stop.
    """
    useful = [
        job for job in jobs if job.is_active and any(would_satisfy(job, step) for step in steps)
    ]
    useful.sort(key=creation_key)
    originals: list[Job] = []
    duplicates: list[Duplicate] = []
    for job in useful:
        earlier = [first for first in useful if _replaces(first, job, steps)]
        running = [first for first in earlier if first.state != STOPPING]
        twin = next(
            (first for first in originals if first in earlier and _is_twin(job, first)), None
        )
        if job.id in ours and earlier:
            duplicates.append(Duplicate(job, earlier[0], DuplicateKind.OURS))
        elif job.state != STOPPING and twin is not None:
            duplicates.append(Duplicate(job, twin, DuplicateKind.TWIN))
        elif job.state != STOPPING and running:
            duplicates.append(Duplicate(job, running[0], DuplicateKind.FOREIGN))
        if twin is None and job.state != STOPPING:
            originals.append(job)
    return duplicates


def lost_race(job: Job, equal: Iterable[Job]) -> bool:
    """Whether an equal job was active when this one was created."""
    return any(
        other.created_at is not None
        and creation_key(other) < creation_key(job)
        and _was_active_at_creation(other, job)
        for other in equal
    )


def _was_active_at_creation(other: Job, job: Job) -> bool:
    """Whether an earlier job had not ended when this one was created.

    Ends are compared first: the clock that stamps them may not be the one that stamps creations.
    """
    if other.finished_at is None:
        return other.is_active
    outlived = job.finished_at is not None and other.finished_at >= job.finished_at
    return outlived or other.finished_at > creation_key(job)[0]


def _is_twin(later: Job, first: Job) -> bool:
    return creation_key(later)[0] - creation_key(first)[0] <= _RACE


def _replaces(first: Job, later: Job, steps: Sequence[Step]) -> bool:
    """Whether an earlier job satisfies every step that the later one would satisfy."""
    helped = [step for step in steps if would_satisfy(later, step)]
    return creation_key(first) < creation_key(later) and all(
        would_satisfy(first, step) for step in helped
    )
