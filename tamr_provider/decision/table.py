"""What to do about one step, from the tenant's jobs alone: pure, and the only place that decides.

The rows are tried in order and the first that fits wins. "Equal" means the same configuration,
"new enough" created at or after the step's not-before.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING

from tamr_provider.decision.buffer import last_run
from tamr_provider.decision.launch_limits import freeze_reason
from tamr_provider.models import FAILED, STOPPED, STOPPING, SUCCEEDED, Job
from tamr_provider.timestamps import format_duration, format_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tamr_provider.decision.steps import LaunchPolicy, Step


class Action(str, Enum):
    """The five answers."""

    SATISFIED = "satisfied"
    ADOPT = "adopt"
    WAIT = "wait"
    HOLD = "hold"
    LAUNCH = "launch"


@dataclass(frozen=True)
class Decision:
    """What to do and why; `blockers` are the jobs whose end may change it."""

    action: Action
    reason: str
    job: Job | None = None
    earliest: datetime | None = None
    blockers: tuple[Job, ...] = ()
    attempts: int = 0
    ends_by_itself: bool = False  # of a hold: no person has to act


def decide(jobs: Sequence[Job], step: Step, now: datetime, rules: LaunchPolicy) -> Decision:
    """Return what to do about a step at `now`, the tenant's time."""
    equal = [job for job in jobs if job.configuration == step.configuration]
    recent = sorted((each for each in equal if _is_recent_enough(each, step)), key=creation_key)
    judged = [each for each in recent if _counts(each, equal, rules)]
    failed = [each for each in judged if each.outcome == FAILED]
    return (
        _check_satisfied(recent)
        or _check_adoption(recent)
        or _check_conflict(jobs, step)
        or _check_stopped(judged, step)
        or _check_attempts(failed, step, rules)
        or _check_history_limit(recent, step, now, rules)
        or _check_gates(step, now, rules)
        or _check_not_before(step, now, rules)
        or _check_buffer(jobs, step, now, rules)
        or _check_slots(jobs, now, rules)
        or _launch_decision(failed, step, rules)
    )


def creation_key(job: Job) -> tuple[datetime, str]:
    """Order jobs by creation; the job id breaks a tie."""
    assert job.created_at is not None, "looked up before deciding"  # noqa: S101
    return job.created_at, job.id


def would_satisfy(job: Job, step: Step) -> bool:
    """Whether a job's success would satisfy the step."""
    return job.configuration == step.configuration and _is_recent_enough(job, step)


def _is_recent_enough(job: Job, step: Step) -> bool:
    return job.created_at is not None and job.created_at >= step.not_before


def _counts(job: Job, equal: Sequence[Job], rules: LaunchPolicy) -> bool:
    """Whether a job's end says anything: not before a retry, not ours, and no lost race."""
    if rules.retried_at is not None and creation_key(job)[0] < rules.retried_at:
        return False
    if job.id in rules.withdrawn:
        return False
    return not (job.outcome == STOPPED and _lost_its_race(job, equal))


def _lost_its_race(job: Job, equal: Iterable[Job]) -> bool:
    """Whether an equal job was active when this one was created: a duplicate, not a decision."""
    return any(
        other.created_at is not None
        and creation_key(other) < creation_key(job)
        and _was_active_beside(other, job)
        for other in equal
    )


def _was_active_beside(other: Job, job: Job) -> bool:
    """Whether an earlier job had not ended when this one began.

    Ends are compared first: the clock that stamps them may not be the one that stamps creations.
    """
    if other.finished_at is None:
        return other.is_active
    outlived = job.finished_at is not None and other.finished_at >= job.finished_at
    return outlived or other.finished_at > creation_key(job)[0]


def _check_satisfied(recent: Sequence[Job]) -> Decision | None:
    for job in recent:
        if job.outcome == SUCCEEDED:
            reason = f"{job.id} succeeded{_at(job.finished_at)}{_unproven(job)}"
            return Decision(Action.SATISFIED, reason, job)
    return None


def _check_adoption(recent: Sequence[Job]) -> Decision | None:
    for job in recent:
        if job.is_active and job.state != STOPPING:
            reason = f"{job.id} is {_state(job)} already, created{_at(job.created_at)}"
            return Decision(Action.ADOPT, reason, job, blockers=(job,))
    return None


def _check_conflict(jobs: Sequence[Job], step: Step) -> Decision | None:
    for job in sorted(jobs, key=lambda each: (each.created_at or step.since, each.id)):
        if job.is_active and (why := _conflict_text(job, step)):
            return Decision(Action.WAIT, f"{job.id} {why}", job, blockers=(job,))
    return None


def _conflict_text(job: Job, step: Step) -> str:
    mine, theirs, owner = step.configuration, job.configuration, step.data_product
    if theirs == mine:
        if job.state == STOPPING:
            return "does the same and is being stopped"
        return f"does the same but was created before {format_timestamp(step.not_before)}"
    if mine.type == "update" and owner.touched_by(theirs):
        return f"({theirs}) works on the same data product"
    if mine.type == "publish" and owner.updated_by(theirs):
        return f"({theirs}) is updating the data product"
    return ""


def _check_stopped(judged: Sequence[Job], step: Step) -> Decision | None:
    if not judged or judged[-1].outcome != STOPPED:
        return None
    job = judged[-1]
    reason = f"{job.id} was stopped by a person{_at(job.finished_at)}; {_retry_hint(step)}"
    return Decision(Action.HOLD, reason, job)


def _check_attempts(failed: Sequence[Job], step: Step, rules: LaunchPolicy) -> Decision | None:
    if len(failed) < rules.max_attempts:
        return None
    job = failed[-1]
    times = f"{len(failed)} of {rules.max_attempts} attempts failed"
    reason = f"{times}, last {job.id} with {failure_text(job)}; {_retry_hint(step)}"
    return Decision(Action.HOLD, reason, job, attempts=len(failed))


def _check_history_limit(
    recent: Sequence[Job], step: Step, now: datetime, rules: LaunchPolicy
) -> Decision | None:
    asked = max(step.not_before, rules.retried_at or step.not_before)
    if recent or now - asked <= rules.trust:
        return None
    reason = (
        f"no job is listed since {format_timestamp(asked)}, and Tamr's list may not reach back that "
        f"far (trustDays: {rules.trust / timedelta(days=1):g}); {_retry_hint(step)}"
    )
    return Decision(Action.HOLD, reason)


def _check_gates(step: Step, now: datetime, rules: LaunchPolicy) -> Decision | None:
    """Hold what the stack file's own guards keep from being launched."""
    if rules.refused:
        return Decision(Action.HOLD, rules.refused, ends_by_itself=True)
    freeze = freeze_reason(rules.freeze, now)
    if freeze is None:
        return None
    why, ends_at = freeze
    reason = f"{why}; {_override_hint(step)}"
    return Decision(Action.HOLD, reason, earliest=ends_at, ends_by_itself=True)


def _check_not_before(step: Step, now: datetime, rules: LaunchPolicy) -> Decision | None:
    earliest = step.not_before + rules.uncertainty
    if now >= earliest:
        return None
    reason = f"not before {format_timestamp(step.not_before)} on the tenant's clock"
    if rules.uncertainty:
        reason += f", which may be {format_duration(rules.uncertainty)} behind"
    return Decision(Action.WAIT, reason, earliest=earliest)


def _check_buffer(
    jobs: Sequence[Job], step: Step, now: datetime, rules: LaunchPolicy
) -> Decision | None:
    if not step.first or not rules.buffer:
        return None
    last = last_run(jobs, step)
    if last is None or now >= last[0] + rules.buffer:
        return None
    ended, job = last
    until = ended + rules.buffer
    reason = (
        f"{format_duration(rules.buffer)} between two runs of the data product: "
        f"{job.id} ended{_at(ended)}, so not before {format_timestamp(until)}"
    )
    return Decision(Action.WAIT, reason, job, until)


def _check_slots(jobs: Sequence[Job], now: datetime, rules: LaunchPolicy) -> Decision | None:
    active = tuple(job for job in jobs if job.is_active)
    free = rules.slots - len(active) - rules.ahead
    used = f"{min(len(active), rules.slots)} of {rules.slots} slots are in use"
    if free <= 0:
        reason = f"{used}, place {rules.ahead + 1} in the queue"
        return Decision(Action.WAIT, reason, blockers=active)
    if rules.in_doubt_until is not None and now < rules.in_doubt_until:
        reason = "the answer to the last request was lost; looking whether it started a job"
        return Decision(Action.WAIT, reason, earliest=rules.in_doubt_until)
    if rules.busy_until is not None and now < rules.busy_until:
        reason = f"Tamr has no room (429); {used}, place {rules.ahead + 1} in the queue"
        return Decision(Action.WAIT, reason, earliest=rules.busy_until, blockers=active)
    return None


def _launch_decision(failed: Sequence[Job], step: Step, rules: LaunchPolicy) -> Decision:
    if failed:
        again = f"attempt {len(failed) + 1} of {rules.max_attempts}"
        reason = f"{again}: {failed[-1].id} ended with {failure_text(failed[-1])}"
    else:
        reason = f"no such job since {format_timestamp(step.not_before)}"
    return Decision(Action.LAUNCH, reason, attempts=len(failed))


def failure_text(job: Job) -> str:
    """Return why a job failed, in Tamr's words."""
    return ": ".join(filter(None, (job.status.reason, job.status.message))) or "no reason given"


def _retry_hint(step: Step) -> str:
    stack = f" --stack {shlex.quote(step.stack)}" if step.stack else ""
    return f"to run it again: tamr retry {shlex.quote(step.product)}{stack}"


def _override_hint(step: Step) -> str:
    return (
        f"to run it all the same, give {step.product} an override "
        "with this version and a reason in the stack file"
    )


def _unproven(job: Job) -> str:
    # Tamr: an Apply Changes job without valid staged changes succeeds and submits nothing.
    is_workflow = job.configuration.is_workflow
    return "; a workflow that succeeds may have applied nothing" if is_workflow else ""


def _state(job: Job) -> str:
    return job.state.lower() or "in a state without a name"


def _at(moment: datetime | None) -> str:
    return f" at {format_timestamp(moment)}" if moment is not None else ""
