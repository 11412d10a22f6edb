"""Start one job, on an API where sending the request twice starts two.

A POST is sent once. Whatever becomes of its answer, the caller looks at the list before it
decides anew; so a lost answer is found by the look, and a rival that was first is seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tamr_provider.decision.table import creation_key, would_satisfy
from tamr_provider.errors import ApiError, ResponseLostError, TamrError, TooManyRequestsError
from tamr_provider.models import STOPPING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tamr_provider.client.jobs import JobsClient
    from tamr_provider.decision.steps import Step
    from tamr_provider.models import Job

# A look and the POST after it take less; people who start the same job twice take more.
_RACE = timedelta(seconds=10)
_CONFLICT = 409


@dataclass(frozen=True)
class LaunchOutcome:
    """What became of one POST: a job, no room for it, or no way to know.

    `conflict` is the second kind of not knowing: Tamr said that something is in the way.
    """

    job: Job | None = None
    busy: bool = False
    retry_after: float | None = None
    in_doubt: bool = False
    conflict: bool = False
    trouble: str = ""


def post_job(client: JobsClient, step: Step) -> LaunchOutcome:
    """Send one create. Raises RefusedError where Tamr said no."""
    try:
        return LaunchOutcome(job=client.create_job(step.configuration))
    except TooManyRequestsError as error:
        return LaunchOutcome(busy=True, retry_after=error.retry_after, trouble=str(error))
    except ResponseLostError as error:
        return LaunchOutcome(in_doubt=error.sent, trouble=str(error))
    except ApiError as error:
        # What Tamr means by it is not documented (U11): somebody may have started the same job.
        if error.status != _CONFLICT:
            raise
        return LaunchOutcome(in_doubt=True, conflict=True, trouble=str(error))


def find_earlier_rival(jobs: Sequence[Job], steps: Sequence[Step], ours: Job) -> Job | None:
    """Return the job that makes ours a duplicate: equal, active, created earlier.

    `steps` are the open ones of this configuration: the other has to do for them what ours does.
    Creation ties are broken by the job id, so that of two runners exactly one gives way. One that
    has ended is no reason to stop ours: nobody could tell that from a person's stop.
    """
    rivals = [job for job in jobs if job.is_active and job.id != ours.id]
    rivals = [job for job in rivals if _does_as_much(job, ours, steps)]
    return min(rivals, key=creation_key, default=None)


def find_abandoned_twins(jobs: Sequence[Job], steps: Sequence[Step]) -> list[Job]:
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


def find_unowned_duplicates(jobs: Sequence[Job], steps: Sequence[Step]) -> list[Job]:
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
    running = [job for job in jobs if job.is_active and job.state != STOPPING]
    useful = [job for job in running if any(would_satisfy(job, step) for step in steps)]
    return sorted(useful, key=creation_key)


def _is_twin(later: Job, first: Job) -> bool:
    return creation_key(later)[0] - creation_key(first)[0] <= _RACE


def _does_as_much(first: Job, later: Job, steps: Sequence[Step]) -> bool:
    """Whether an earlier job satisfies every step that the later one does, one at least."""
    helped = [step for step in steps if would_satisfy(later, step)]
    return (
        bool(helped)
        and all(would_satisfy(first, step) for step in helped)
        and creation_key(first) < creation_key(later)
    )


def request_stop(client: JobsClient, job: Job) -> bool:
    """Ask a job to stop; return whether Tamr took the request. Only DONE tells how it ended."""
    try:
        client.stop_job(job.id)
    except TamrError:
        return False  # asked again at the next look
    return True
