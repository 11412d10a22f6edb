"""Start one job, on an API where sending the request twice starts two.

A POST is sent once. Whatever becomes of its answer, the caller looks at the list before it
decides anew; so a lost answer is found by the look, and a rival that was first is seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tamr_provider.decide import by_creation, is_equal_and_new_enough
from tamr_provider.errors import AnswerLostError, BusyError, TamrError
from tamr_provider.models import FAILED, STOPPING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from tamr_provider.client.jobs import Client
    from tamr_provider.models import Job
    from tamr_provider.steps import Step

# A look and the POST after it take less; people who start the same job twice take more.
_RACE = timedelta(seconds=10)


@dataclass(frozen=True)
class Launch:
    """What became of one POST: a job, no room for it, or no way to know."""

    job: Job | None = None
    busy: bool = False
    retry_after: float | None = None
    in_doubt: bool = False
    trouble: str = ""


def launch(client: Client, step: Step) -> Launch:
    """Send one create. Raises RefusedError where Tamr said no."""
    try:
        return Launch(job=client.create_job(step.configuration))
    except BusyError as error:
        return Launch(busy=True, retry_after=error.retry_after, trouble=str(error))
    except AnswerLostError as error:
        return Launch(in_doubt=error.sent, trouble=str(error))


def first_by_another(
    jobs: Sequence[Job], step: Step, ours: Job, known_ends: Collection[str]
) -> Job | None:
    """Return the job that makes ours a duplicate: equal, new enough, not failed, created earlier.

    `known_ends` are jobs that had ended when we decided: they did not hinder us then. Creation
    ties are broken by the job id, so that of two runners exactly one gives way.
    """
    if ours.created_at is None:
        return None
    rivals = [
        each
        for each in jobs
        if each.id != ours.id
        and each.id not in known_ends
        and is_equal_and_new_enough(each, step)
        and each.outcome != FAILED
        and by_creation(each) < by_creation(ours)
    ]
    return min(rivals, key=by_creation, default=None)


def orphans(jobs: Sequence[Job], step: Step) -> list[Job]:
    """Return the losers of a race that nobody is left to stop.

    Of two equal jobs that were created within seconds of each other the later one lost. Its own
    runner stops it, unless it was killed between its POST and its next look.
    """
    running = sorted(
        (
            each
            for each in jobs
            if each.active and each.state != STOPPING and is_equal_and_new_enough(each, step)
        ),
        key=by_creation,
    )
    return [
        later
        for later in running[1:]
        if by_creation(later)[0] - by_creation(running[0])[0] <= _RACE
    ]


def try_to_stop(client: Client, job: Job) -> bool:
    """Ask a job to stop; return whether Tamr took the request. Only DONE tells how it ended."""
    try:
        client.stop_job(job.id)
    except TamrError:
        return False  # asked again at the next look
    return True
