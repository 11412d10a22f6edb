"""What to do about one step: a pure function, and the only place that decides.

The rows are tried in order and the first that fits wins. "Equal" means the same configuration,
"recent enough" means created at or after the step's not-before.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING

from tamr_provider.decision.buffer import last_run
from tamr_provider.decision.duplicates import lost_race
from tamr_provider.decision.failure import Failure
from tamr_provider.decision.launch_limits import freeze_reason
from tamr_provider.decision.policy import QueueState, RunFindings
from tamr_provider.decision.steps import creation_key, is_recent_enough
from tamr_provider.models import FAILED, STOPPED, STOPPING, SUCCEEDED, Job
from tamr_provider.timestamps import format_duration, format_timestamp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tamr_provider.decision.policy import LaunchPolicy
    from tamr_provider.decision.steps import Step


class Action(str, Enum):
    """The five possible decisions."""

    SATISFIED = "satisfied"
    ADOPT = "adopt"
    WAIT = "wait"
    HOLD = "hold"
    LAUNCH = "launch"


@dataclass(frozen=True)
class Decision:
    """What to do and why; `blockers` are the jobs whose end may change it.

    `earliest` is when a wait or a hold may end, None if that is unknown. `fix` is the sentence that
    says how a user ends a hold, or "". `failure` is the step's newest failed attempt.
    """

    action: Action
    reason: str
    job: Job | None = None
    earliest: datetime | None = None
    blockers: tuple[Job, ...] = ()
    failure: Failure | None = None
    fix: str = ""
    ends_by_itself: bool = False  # Of a hold: no user has to act.

    @property
    def text(self) -> str:
        """The reason, until when, and the fix."""
        until = self.earliest if self.action in (Action.WAIT, Action.HOLD) else None
        return format_reason(self.reason, until, self.fix)


def decide(  # noqa: PLR0913, PLR0917 - the facts, and the three kinds of rules
    jobs: Sequence[Job],
    step: Step,
    now: datetime,
    policy: LaunchPolicy,
    findings: RunFindings = RunFindings(),  # noqa: B008 - immutable
    queue: QueueState | None = QueueState(),  # noqa: B008
) -> Decision:
    """Return what to do about a step at `now`, the tenant's time.

    Without a queue, slots do not matter: `check_slots` says later whether the step has to wait
    for one. Every job with the step's configuration must have its `created_at`, if any response
    shows it.
    """
    equal = [job for job in jobs if job.configuration == step.configuration]
    recent = sorted((job for job in equal if is_recent_enough(job, step)), key=creation_key)
    judged = [job for job in recent if _counts(job, equal, policy, findings)]
    failed = [job for job in judged if job.outcome == FAILED]
    failure = Failure(failed[-1], len(failed), policy.max_attempts) if failed else None
    decision = (
        _check_satisfied(recent)
        or _check_adoption(recent)
        or _check_conflict(jobs, step)
        or _check_stopped(judged, step)
        or _check_attempts(failure, step)
        or _check_history_limit(recent, step, now, policy)
        or _check_gates(step, now, policy, findings)
        or _check_not_before(step, now, findings)
        or _check_buffer(jobs, step, now, policy)
        or (queue and check_slots(jobs, now, policy, queue))
        or _launch_decision(failure)
    )
    return replace(decision, failure=failure)


def check_slots(
    jobs: Sequence[Job], now: datetime, policy: LaunchPolicy, queue: QueueState
) -> Decision | None:
    """Return the wait of a step that has no free slot, None if it can be launched now."""
    active = tuple(job for job in jobs if job.is_active)
    used = f"{min(len(active), policy.slots)} of {policy.slots} slots in use"
    position = f"{used}; queue position {queue.steps_ahead + 1}"
    if policy.slots - len(active) - queue.steps_ahead <= 0:
        return Decision(Action.WAIT, position, blockers=active)
    if queue.unconfirmed_until is not None and now < queue.unconfirmed_until:
        reason = "the response to the last launch was lost; checking whether it started a job"
        return Decision(Action.WAIT, reason, earliest=queue.unconfirmed_until)
    if queue.rate_limited_until is not None and now < queue.rate_limited_until:
        reason = f"Tamr has no free slot (HTTP 429): {position}"
        return Decision(Action.WAIT, reason, earliest=queue.rate_limited_until, blockers=active)
    return None


def format_reason(reason: str, until: datetime | None, fix: str) -> str:
    """Return a reason with the time at which it ends, if that is known, and the fix."""
    end = f" until {format_timestamp(until)}" if until is not None else ""
    return f"{reason}{end}. {fix}" if fix else f"{reason}{end}"


def retry_command(step: Step) -> str:
    """Return the command that allows a step another attempt."""
    stack = f" --stack {shlex.quote(step.stack)}" if step.stack else ""
    return f"tamr retry {shlex.quote(step.product)}{stack}"


def retry_fix(step: Step) -> str:
    """Return the sentence that ends a hold on a step."""
    return f"To retry, run: {retry_command(step)}"


def _counts(job: Job, equal: Sequence[Job], policy: LaunchPolicy, findings: RunFindings) -> bool:
    """Whether a job's end matters: it is after a retry, not our stop, and not a lost race."""
    if policy.retried_at is not None and creation_key(job)[0] < policy.retried_at:
        return False
    if job.id in findings.withdrawn:
        return False
    return not (job.outcome == STOPPED and lost_race(job, equal))


def _check_satisfied(recent: Sequence[Job]) -> Decision | None:
    for job in recent:
        if job.outcome == SUCCEEDED:
            reason = f"{job.id} succeeded{_at(job.finished_at)}{_unproven(job)}"
            return Decision(Action.SATISFIED, reason, job)
    return None


def _check_adoption(recent: Sequence[Job]) -> Decision | None:
    for job in recent:
        if job.is_active and job.state != STOPPING:
            state = job.state.lower() or "in an unknown state"
            reason = f"{job.id} is already {state} (created{_at(job.created_at)})"
            return Decision(Action.ADOPT, reason, job, blockers=(job,))
    return None


def _check_conflict(jobs: Sequence[Job], step: Step) -> Decision | None:
    for job in sorted(jobs, key=lambda job: (job.created_at or step.since, job.id)):
        if job.is_active and (reason := _conflict_text(job, step)):
            return Decision(Action.WAIT, f"{job.id} {reason}", job, blockers=(job,))
    return None


def _conflict_text(job: Job, step: Step) -> str:
    wanted, active, scope = step.configuration, job.configuration, step.data_product
    if active == wanted:
        if job.state == STOPPING:
            return "has the same configuration and is stopping"
        not_before = format_timestamp(step.not_before)
        return f"has the same configuration but was created before {not_before}"
    if wanted.type == "update" and scope.touched_by(active):
        return f"({active}) is active on the same data product"
    if wanted.type == "publish" and scope.updated_by(active):
        return f"({active}) is updating the data product"
    return ""


def _check_stopped(judged: Sequence[Job], step: Step) -> Decision | None:
    if not judged or judged[-1].outcome != STOPPED:
        return None
    job = judged[-1]
    return Decision(Action.HOLD, f"{job.id} was stopped by a user", job, fix=retry_fix(step))


def _check_attempts(failure: Failure | None, step: Step) -> Decision | None:
    if failure is None or not failure.is_last:
        return None
    return Decision(Action.HOLD, str(failure), failure.job, fix=retry_fix(step))


def _check_history_limit(
    recent: Sequence[Job], step: Step, now: datetime, policy: LaunchPolicy
) -> Decision | None:
    wanted_since = max(step.not_before, policy.retried_at or step.not_before)
    if recent or now - wanted_since <= policy.trust:
        return None
    reason = (
        f"no job is listed for the last {format_duration(now - wanted_since)}, and Tamr may no "
        f"longer list older ones (trustDays: {policy.trust / timedelta(days=1):g})"
    )
    return Decision(Action.HOLD, reason, fix=retry_fix(step))


def _check_gates(
    step: Step, now: datetime, policy: LaunchPolicy, findings: RunFindings
) -> Decision | None:
    """Hold a step that the stack file's `promoteFrom` or `freeze` blocks."""
    if findings.blocked_reason:
        return Decision(Action.HOLD, findings.blocked_reason, ends_by_itself=True)
    freeze = freeze_reason(policy.freeze, now)
    if freeze is None:
        return None
    window, ends_at = freeze
    override = f"add an `override` with this version and a reason to {step.product}"
    fix = f"To launch anyway, {override} in the stack file."
    return Decision(Action.HOLD, window, earliest=ends_at, fix=fix, ends_by_itself=True)


def _check_not_before(step: Step, now: datetime, findings: RunFindings) -> Decision | None:
    earliest = step.not_before + findings.uncertainty
    if now >= earliest:
        return None
    behind = format_duration(findings.uncertainty) if findings.uncertainty else ""
    clock = f"the tenant's clock, which may be {behind} behind" if behind else "the tenant's clock"
    reason = f"jobs count only from a time ahead of {clock}"
    return Decision(Action.WAIT, reason, earliest=earliest)


def _check_buffer(
    jobs: Sequence[Job], step: Step, now: datetime, policy: LaunchPolicy
) -> Decision | None:
    last = last_run(jobs, step) if step.first and policy.buffer else None
    if last is None or now >= last[0] + policy.buffer:
        return None
    ended_at, job = last
    reason = f"minHoursBetween: {format_duration(policy.buffer)} after {job.id}"
    return Decision(Action.WAIT, reason, job, ended_at + policy.buffer)


def _launch_decision(failure: Failure | None) -> Decision:
    if failure is None:
        return Decision(Action.LAUNCH, "no job for this version yet")
    attempt = f"attempt {failure.attempt + 1} of {failure.max_attempts}"
    return Decision(Action.LAUNCH, f"{attempt}: {failure.job.id} failed with {failure.cause}")


def _unproven(job: Job) -> str:
    # Tamr: an Apply Changes job without valid staged changes succeeds and submits nothing.
    if not job.configuration.is_workflow:
        return ""
    return "; a workflow that succeeds may have applied nothing"


def _at(time: datetime | None) -> str:
    return f" at {format_timestamp(time)}" if time else ""
