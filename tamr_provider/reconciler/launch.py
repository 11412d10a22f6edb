"""Start one job, on an API where sending the request twice starts two.

A POST is sent once. Whatever becomes of its answer, the caller looks at the list before it
decides anew; so a lost answer is found by the look, and a rival that was first is seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tamr_provider.decision.table import by_creation, is_equal_and_new_enough
from tamr_provider.errors import AnswerLostError, BusyError, RefusedError, TamrError
from tamr_provider.models import STOPPING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tamr_provider.client.jobs import Client
    from tamr_provider.decision.steps import Step
    from tamr_provider.models import Job

# A look and the POST after it take less; people who start the same job twice take more.
_RACE = timedelta(seconds=10)
_CONFLICT = 409


@dataclass(frozen=True)
class Launch:
    """What became of one POST: a job, no room for it, or no way to know.

    `conflict` is the second kind of not knowing: Tamr said that something is in the way.
    """

    job: Job | None = None
    busy: bool = False
    retry_after: float | None = None
    in_doubt: bool = False
    conflict: bool = False
    trouble: str = ""


def launch(client: Client, step: Step) -> Launch:
    """Send one create. Raises RefusedError where Tamr said no."""
    try:
        return Launch(job=client.create_job(step.configuration))
    except BusyError as error:
        return Launch(busy=True, retry_after=error.retry_after, trouble=str(error))
    except AnswerLostError as error:
        return Launch(in_doubt=error.sent, trouble=str(error))
    except RefusedError as error:
        # What Tamr means by it is not documented (U11): somebody may have started the same job.
        if error.status != _CONFLICT:
            raise
        return Launch(in_doubt=True, conflict=True, trouble=str(error))


def first_by_another(jobs: Sequence[Job], steps: Sequence[Step], ours: Job) -> Job | None:
    """Return the job that makes ours a duplicate: equal, active, created earlier.

    `steps` are the open ones of this configuration: the other has to do for them what ours does.
    Creation ties are broken by the job id, so that of two runners exactly one gives way. One that
    has ended is no reason to stop ours: nobody could tell that from a person's stop.
    """
    rivals = [job for job in jobs if job.active and job.id != ours.id]
    rivals = [job for job in rivals if _does_as_much(job, ours, steps)]
    return min(rivals, key=by_creation, default=None)


def twins(jobs: Sequence[Job], steps: Sequence[Step]) -> list[Job]:
    """Return the losers of a race that nobody is left to stop.

    Of two equal jobs that were created within seconds of each other the later one lost. Its own
    runner stops it, unless it was killed between its POST and its next poll.
    """
    kept: list[Job] = []
    lost: list[Job] = []
    for job in _running(jobs, steps):
        is_lost = any(_is_twin(job, first) and _does_as_much(first, job, steps) for first in kept)
        (lost if is_lost else kept).append(job)
    return lost


def strangers(jobs: Sequence[Job], steps: Sequence[Step]) -> list[Job]:
    """Return the jobs that run beside an earlier equal one and are left alone.

    A request that arrived late may have started them, or somebody who wants them.
    """
    running = _running(jobs, steps)
    return [
        job
        for job in running[1:]
        if _does_as_much(running[0], job, steps) and not _is_twin(job, running[0])
    ]


def _running(jobs: Sequence[Job], steps: Sequence[Step]) -> list[Job]:
    running = [job for job in jobs if job.active and job.state != STOPPING]
    useful = [job for job in running if any(is_equal_and_new_enough(job, step) for step in steps)]
    return sorted(useful, key=by_creation)


def _is_twin(later: Job, first: Job) -> bool:
    return by_creation(later)[0] - by_creation(first)[0] <= _RACE


def _does_as_much(first: Job, later: Job, steps: Sequence[Step]) -> bool:
    """Whether an earlier job satisfies every step that the later one does, one at least."""
    helped = [step for step in steps if is_equal_and_new_enough(later, step)]
    return (
        bool(helped)
        and all(is_equal_and_new_enough(first, step) for step in helped)
        and by_creation(first) < by_creation(later)
    )


def try_to_stop(client: Client, job: Job) -> bool:
    """Ask a job to stop; return whether Tamr took the request. Only DONE tells how it ended."""
    try:
        client.stop_job(job.id)
    except TamrError:
        return False  # asked again at the next look
    return True
