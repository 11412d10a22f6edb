"""The table of `decide`: each row, each row before the later ones, and the fine print."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.sample_jobs import STOPPED_BY_USER, at, failed, make_job, stopped, succeeded
from tamr_provider.decision.policy import LaunchPolicy, QueueState, RunFindings
from tamr_provider.decision.steps import ConflictScope, Step
from tamr_provider.decision.table import Action, Decision, decide
from tamr_provider.models import DONE, PENDING, RUNNING, STOPPING, Configuration, Job

LOAD = Configuration.load("src_crm")
OTHER_LOAD = Configuration.load("src_erp")
UPDATE = Configuration.update("dp_customers")
OTHER_UPDATE = Configuration.update("dp_suppliers")
WORKFLOW = Configuration.workflow("wf_apply")
OTHER_WORKFLOW = Configuration.workflow("wf_else")
PUBLISH = Configuration.publish("Test 123", "dp_customers")
SAME_NAME_ELSEWHERE = Configuration.publish("Test 123", "dp_suppliers")
SECOND_PUBLISH = Configuration.publish("Test 456", "dp_customers")
LEGACY = Configuration.publish("dst_legacy")
OTHER_LEGACY = Configuration.publish("dst_else")

OWNER = ConflictScope("dp_customers", ("wf_apply",), ("dst_legacy",))
SINCE = at("09:00")
NOW = at("12:00")
POLICY = LaunchPolicy()
NOTHING = RunFindings()
EMPTY = QueueState()
HOUR = timedelta(hours=1)


def make_step(
    configuration: Configuration = LOAD, not_before: datetime = SINCE, first: bool = False
) -> Step:
    return Step("customers", configuration, SINCE, not_before, OWNER, first)


def ask(
    *jobs: Job,
    step: Step | None = None,
    now: datetime = NOW,
    policy: LaunchPolicy = POLICY,
    findings: RunFindings = NOTHING,
    queue: QueueState = EMPTY,
) -> Decision:
    return decide(jobs, step or make_step(), now, policy, findings, queue)


def running(job_id: str, configuration: Configuration = LOAD, created: str = "09:30") -> Job:
    return make_job(job_id, configuration, at(created))


# The table, row by row


@dataclass(frozen=True)
class Row:
    """What makes one row of the table fit, for the first step of a product, its update."""

    number: int
    action: Action
    words: tuple[str, ...]
    jobs: tuple[Job, ...] = ()
    now: datetime = NOW
    policy: dict[str, Any] = field(default_factory=dict)
    blocked_reason: str = ""
    job: str = ""
    earliest: datetime | None = None


ROWS = (
    Row(
        1,
        Action.SATISFIED,
        ("job_good", "succeeded"),
        (succeeded("job_good", UPDATE, at("09:20"), at("09:30")),),
        job="job_good",
    ),
    Row(
        2,
        Action.ADOPT,
        ("job_runs", "running"),
        (running("job_runs", UPDATE, "09:35"),),
        job="job_runs",
    ),
    Row(
        3,
        Action.WAIT,
        ("job_exports", "publish Test 123"),
        (running("job_exports", PUBLISH, "08:55"),),
        job="job_exports",
    ),
    Row(
        4,
        Action.HOLD,
        ("job_stopped", "stopped by a user", "tamr retry customers"),
        (stopped("job_stopped", UPDATE, at("11:00"), at("11:10")),),
        job="job_stopped",
    ),
    Row(
        5,
        Action.HOLD,
        ("3 of 3", "NO_SPACE: disk full", "tamr retry customers"),
        (
            failed("job_f1", UPDATE, at("10:00"), at("10:05")),
            failed("job_f2", UPDATE, at("10:10"), at("10:15")),
            failed("job_f3", UPDATE, at("10:20"), at("10:25"), "NO_SPACE", "disk full"),
        ),
        job="job_f3",
    ),
    Row(
        6,
        Action.HOLD,
        ("trustDays: 0.0416667", "listed for the last 3h00m", "tamr retry customers"),
        policy={"trust": HOUR},
    ),
    Row(
        7,
        Action.HOLD,
        ("staging is not at this version",),
        blocked_reason="staging is not at this version",
    ),
    Row(
        8,
        Action.WAIT,
        ("2026-11-20T09:00:00Z", "tenant's clock"),
        now=at("08:59"),
        earliest=SINCE,
    ),
    Row(
        9,
        Action.WAIT,
        ("job_before", "4h00m", "2026-11-20T12:50:00Z"),
        (succeeded("job_before", UPDATE, at("08:00"), at("08:50")),),
        policy={"buffer": 4 * HOUR},
        job="job_before",
        earliest=at("12:50"),
    ),
    Row(
        10,
        Action.WAIT,
        ("2 of 2 slots", "queue position 1"),
        (running("job_a", OTHER_UPDATE), running("job_b", OTHER_LOAD)),
        policy={"slots": 2},
    ),
    Row(11, Action.LAUNCH, ("no job for this version yet",)),
)
# Row 6 wants no new-enough job and a long time ago, so it shares no tenant with these.
APART = {(1, 6), (2, 6), (4, 6), (5, 6), (6, 8)}
PAIRS = [pair for pair in combinations(ROWS, 2) if (pair[0].number, pair[1].number) not in APART]


def ask_rows(*rows: Row) -> Decision:
    now = min(row.now for row in rows)
    policy = LaunchPolicy(**{key: value for row in rows for key, value in row.policy.items()})
    findings = RunFindings("".join(row.blocked_reason for row in rows))
    jobs = [job for row in rows for job in row.jobs]
    return decide(jobs, make_step(UPDATE, first=True), now, policy, findings)


def assert_is_row(decision: Decision, row: Row) -> None:
    assert decision.action is row.action, decision.reason
    for words in row.words:
        assert words in decision.text
    assert (decision.job.id if decision.job else "") == row.job
    assert decision.earliest == row.earliest


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"row {row.number} {row.action.value}")
def test_each_row_is_reached_on_its_own(row: Row) -> None:
    assert_is_row(ask_rows(row), row)


@pytest.mark.parametrize(
    ("first", "second"),
    PAIRS,
    ids=[f"row {first.number} before row {second.number}" for first, second in PAIRS],
)
def test_the_first_row_that_fits_wins(first: Row, second: Row) -> None:
    assert_is_row(ask_rows(second, first), first)


# Row 1: satisfied


def test_the_earliest_job_that_satisfies_is_chosen() -> None:
    late = succeeded("job_late", LOAD, at("11:00"), at("11:10"))
    early = succeeded("job_early", LOAD, at("10:00"), at("10:30"))
    assert ask(late, early).job == early


def test_the_earliest_is_by_creation_and_not_by_finish() -> None:
    slow = succeeded("job_slow", LOAD, at("09:10"), at("11:50"))
    quick = succeeded("job_quick", LOAD, at("09:20"), at("09:25"))
    assert ask(quick, slow).job == slow


def test_of_two_jobs_created_at_once_the_lower_id_counts() -> None:
    two = succeeded("job_2", LOAD, at("10:00"), at("10:20"))
    one = succeeded("job_1", LOAD, at("10:00"), at("10:30"))
    assert ask(two, one).job == one


@pytest.mark.parametrize(
    "later",
    [
        failed("job_later", LOAD, at("11:00"), at("11:10")),
        stopped("job_later", LOAD, at("11:00"), at("11:10")),
        succeeded("job_later", LOAD, at("11:00"), at("11:10")),
        running("job_later", created="11:00"),
        make_job("job_later", LOAD, at("11:00"), STOPPING),
    ],
    ids=["a failure", "a stop", "a success", "a running job", "a stopping job"],
)
def test_a_later_job_never_unsettles_what_was_settled(later: Job) -> None:
    settled = succeeded("job_settled", LOAD, at("10:00"), at("10:30"))
    decision = ask(later, settled)
    assert (decision.action, decision.job) == (Action.SATISFIED, settled)


def test_a_success_after_failures_satisfies() -> None:
    jobs = [failed(f"job_{hour}", LOAD, at(f"{hour}:00"), at(f"{hour}:10")) for hour in (9, 10)]
    assert ask(*jobs, succeeded("job_11", LOAD, at("11:00"), at("11:10"))).job is not None


def test_a_job_created_exactly_at_not_before_is_new_enough() -> None:
    assert ask(succeeded("job_1", LOAD, SINCE, at("09:10"))).action is Action.SATISFIED


def test_a_job_created_before_not_before_never_satisfies_a_step() -> None:
    assert ask(succeeded("job_1", LOAD, at("08:59"), at("11:00"))).action is Action.LAUNCH


def test_a_later_step_counts_from_its_own_not_before() -> None:
    step = make_step(UPDATE, not_before=at("10:00"))
    assert ask(succeeded("job_1", UPDATE, at("09:30"), at("09:40")), step=step).action is (
        Action.LAUNCH
    )


def test_a_job_with_another_configuration_satisfies_nothing() -> None:
    jobs = [
        succeeded("job_1", SAME_NAME_ELSEWHERE, at("10:00"), at("10:10")),
        succeeded("job_2", Configuration.publish("Test 123"), at("10:00"), at("10:10")),
    ]
    assert ask(*jobs, step=make_step(PUBLISH)).action is Action.LAUNCH


def test_a_workflows_success_is_said_to_prove_nothing() -> None:
    """Tamr reports success of a RealTime workflow that submitted no operation, too."""
    job = succeeded("job_1", WORKFLOW, at("09:30"), at("09:40"))
    decision = ask(job, step=make_step(WORKFLOW))
    assert decision.action is Action.SATISFIED
    assert decision.reason.endswith("; a workflow that succeeds may have applied nothing")
    assert "applied" not in ask(succeeded("job_2", LOAD, at("09:30"), at("09:40"))).reason


def test_a_retry_leaves_what_is_satisfied_alone() -> None:
    good = succeeded("job_1", LOAD, at("10:00"), at("10:30"))
    policy = LaunchPolicy(retried_at=at("11:00"))
    assert ask(good, policy=policy).job == good


def test_a_job_whose_creation_is_unknown_satisfies_nothing() -> None:
    unknown = make_job("job_1", LOAD, None, DONE, at("11:00"))
    assert ask(unknown).action is Action.LAUNCH


# Row 2: adopt


@pytest.mark.parametrize("state", [PENDING, RUNNING, "PAUSED_BY_THE_MOON", ""])
def test_an_active_equal_job_is_adopted_whatever_its_state_is_called(state: str) -> None:
    job = make_job("job_1", LOAD, at("10:00"), state)
    decision = ask(job)
    assert (decision.action, decision.job) == (Action.ADOPT, job)
    assert "job_1" in decision.reason
    assert state.lower() in decision.reason


def test_the_earliest_active_job_is_adopted() -> None:
    decision = ask(running("job_late", created="11:00"), running("job_early", created="10:00"))
    assert decision.job is not None
    assert decision.job.id == "job_early"


def test_of_a_stopping_and_a_running_job_the_running_one_is_adopted() -> None:
    jobs = [make_job("job_1", LOAD, at("10:00"), STOPPING), running("job_2", created="11:00")]
    assert ask(*jobs).job == jobs[1]


def test_a_running_job_is_adopted_although_others_failed_too_often() -> None:
    jobs = [failed(f"job_{n}", LOAD, at(f"10:0{n}"), at(f"10:1{n}")) for n in range(3)]
    assert ask(*jobs, running("job_runs", created="11:00")).action is Action.ADOPT


def test_a_running_job_from_before_a_retry_is_adopted() -> None:
    decision = ask(running("job_1", created="10:00"), policy=LaunchPolicy(retried_at=at("11:00")))
    assert decision.action is Action.ADOPT


# Row 3: an active job in the way


def test_an_equal_job_that_is_too_old_is_waited_for() -> None:
    decision = ask(running("job_old", created="08:59"))
    assert decision.action is Action.WAIT
    assert "job_old" in decision.reason
    assert "before 2026-11-20T09:00:00Z" in decision.reason


def test_an_equal_job_that_is_stopping_is_waited_for() -> None:
    decision = ask(make_job("job_1", LOAD, at("10:00"), STOPPING))
    assert decision.action is Action.WAIT
    assert "job_1" in decision.reason
    assert "stopping" in decision.reason


@pytest.mark.parametrize("state", [PENDING, RUNNING, STOPPING, "NEW_STATE"])
@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (UPDATE, WORKFLOW),
        (UPDATE, PUBLISH),
        (UPDATE, SECOND_PUBLISH),
        (UPDATE, LEGACY),
        (WORKFLOW, UPDATE),
        (WORKFLOW, PUBLISH),
        (WORKFLOW, LEGACY),
        (PUBLISH, UPDATE),
        (PUBLISH, WORKFLOW),
        (LEGACY, UPDATE),
        (LEGACY, WORKFLOW),
    ],
    ids=str,
)
def test_a_job_on_the_same_data_product_is_in_the_way(
    mine: Configuration, theirs: Configuration, state: str
) -> None:
    """It is in the way in every active state, and however old or new it is."""
    for created in ("08:00", "10:00"):
        decision = ask(make_job("job_1", theirs, at(created), state), step=make_step(mine))
        assert decision.action is Action.WAIT
        assert "job_1" in decision.reason
        assert decision.job is not None
        assert decision.job.id == "job_1"


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (LOAD, OTHER_LOAD),
        (LOAD, UPDATE),
        (LOAD, PUBLISH),
        (UPDATE, LOAD),
        (UPDATE, OTHER_UPDATE),
        (UPDATE, OTHER_WORKFLOW),
        (UPDATE, SAME_NAME_ELSEWHERE),
        (UPDATE, OTHER_LEGACY),
        (PUBLISH, LOAD),
        (PUBLISH, SECOND_PUBLISH),
        (PUBLISH, LEGACY),
        (PUBLISH, SAME_NAME_ELSEWHERE),
        (PUBLISH, OTHER_UPDATE),
        (LEGACY, PUBLISH),
        (LEGACY, OTHER_WORKFLOW),
    ],
    ids=str,
)
def test_other_work_does_not_hinder(mine: Configuration, theirs: Configuration) -> None:
    decision = ask(running("job_1", theirs), step=make_step(mine))
    assert decision.action is Action.LAUNCH


def test_a_job_of_another_data_product_does_not_hinder_one_without_an_id() -> None:
    """A product of legacy destinations alone has no data product id; nor has a workflow's job."""
    step = replace(make_step(LEGACY), data_product=ConflictScope("", (), ("dst_legacy",)))
    assert ask(running("job_1", OTHER_WORKFLOW), step=step).action is Action.LAUNCH


@pytest.mark.parametrize("theirs", [UPDATE, PUBLISH, WORKFLOW, LEGACY], ids=str)
def test_a_finished_job_is_not_in_the_way(theirs: Configuration) -> None:
    done = succeeded("job_1", theirs, at("08:00"), at("08:30"))
    step = make_step(UPDATE)
    assert ask(done, step=step).action is Action.LAUNCH


def test_of_two_blocking_jobs_the_same_is_named_in_any_list_order() -> None:
    jobs = [running("job_1", PUBLISH, "09:30"), running("job_2", WORKFLOW, "09:40")]
    named = {ask(*order, step=make_step(UPDATE)).reason for order in (jobs, jobs[::-1])}
    assert len(named) == 1


# Row 4: stopped by a user


def test_a_stop_before_a_later_failure_does_not_hold() -> None:
    jobs = [
        stopped("job_1", LOAD, at("10:00"), at("10:10")),
        failed("job_2", LOAD, at("11:00"), at("11:10")),
    ]
    assert ask(*jobs).action is Action.LAUNCH


def test_a_stop_of_a_job_that_is_too_old_does_not_hold() -> None:
    assert ask(stopped("job_1", LOAD, at("08:00"), at("10:10"))).action is Action.LAUNCH


def test_a_duplicate_that_lost_its_race_does_not_hold() -> None:
    first = failed("job_1", LOAD, at("10:00"), at("11:00"))
    duplicate = stopped("job_2", LOAD, at("10:01"), at("10:02"))
    decision = ask(duplicate, first)
    assert decision.action is Action.LAUNCH
    assert "attempt 2 of 3" in decision.reason


def test_the_one_that_was_first_counts_when_a_person_stops_it() -> None:
    first = stopped("job_1", LOAD, at("10:00"), at("11:00"))
    duplicate = stopped("job_2", LOAD, at("10:01"), at("10:02"))
    decision = ask(duplicate, first)
    assert (decision.action, decision.job) == (Action.HOLD, first)


def test_of_two_created_at_once_the_higher_id_is_the_duplicate() -> None:
    first = failed("job_1", LOAD, at("10:00"), at("11:00"))
    duplicate = stopped("job_2", LOAD, at("10:00"), at("10:02"))
    assert ask(duplicate, first).action is Action.LAUNCH


def test_a_race_lost_to_an_equal_job_that_is_too_old_counts_as_lost() -> None:
    old = succeeded("job_1", LOAD, at("08:00"), at("11:00"))
    duplicate = stopped("job_2", LOAD, at("10:00"), at("10:02"))
    assert ask(duplicate, old).action is Action.LAUNCH


@pytest.mark.parametrize("created", ["10:30", "10:31"], ids=["at its end", "after its end"])
def test_a_stop_of_a_job_created_when_the_one_before_had_ended_holds(created: str) -> None:
    before = failed("job_1", LOAD, at("10:00"), at("10:30"))
    decision = ask(before, stopped("job_2", LOAD, at(created), at("10:40")))
    assert decision.action is Action.HOLD


def test_a_job_with_another_configuration_makes_no_duplicate() -> None:
    other = succeeded("job_1", OTHER_LOAD, at("10:00"), at("11:00"))
    assert ask(other, stopped("job_2", LOAD, at("10:01"), at("10:02"))).action is Action.HOLD


def test_a_failed_duplicate_still_counts_as_an_attempt() -> None:
    """Only stops are forgiven to those who lost a race."""
    jobs = [
        failed("job_1", LOAD, at("10:00"), at("11:00")),
        failed("job_2", LOAD, at("10:01"), at("10:02")),
    ]
    assert "attempt 3 of 3" in ask(*jobs).reason


# Rows 4 and 5 after a retry


@pytest.mark.parametrize(
    ("created", "action"),
    [
        pytest.param("10:59", Action.LAUNCH, id="created before the retry: forgiven"),
        pytest.param("11:00", Action.HOLD, id="created at the retry: held again"),
        pytest.param("11:01", Action.HOLD, id="created after the retry: held again"),
    ],
)
def test_a_retry_forgives_the_stops_before_it(created: str, action: Action) -> None:
    job = stopped("job_1", LOAD, at(created), at("11:30"))
    assert ask(job, policy=LaunchPolicy(retried_at=at("11:00"))).action is action


def test_a_retry_forgives_the_failures_before_it() -> None:
    jobs = [failed(f"job_{n}", LOAD, at(f"10:0{n}"), at(f"10:1{n}")) for n in range(5)]
    decision = ask(*jobs, policy=LaunchPolicy(retried_at=at("11:00")))
    assert decision.action is Action.LAUNCH
    assert decision.failure is None


def test_failures_after_a_retry_count_anew() -> None:
    jobs = [failed(f"job_{n}", LOAD, at(f"10:0{n}"), at(f"10:1{n}")) for n in range(5)]
    jobs += [failed(f"job_9{n}", LOAD, at(f"11:0{n}"), at(f"11:1{n}")) for n in range(2)]
    decision = ask(*jobs, policy=LaunchPolicy(retried_at=at("11:00")))
    assert decision.action is Action.LAUNCH
    assert "attempt 3 of 3" in decision.reason


# Row 5: failed too often


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_it_is_held_after_as_many_failures_as_are_allowed(limit: int) -> None:
    jobs = [failed(f"job_{n}", LOAD, at(f"10:0{n}"), at(f"10:1{n}")) for n in range(limit)]
    policy = LaunchPolicy(max_attempts=limit)
    assert ask(*jobs[:-1], policy=policy).action is Action.LAUNCH
    decision = ask(*jobs, policy=policy)
    assert (decision.action, decision.job) == (Action.HOLD, jobs[-1])
    assert f"{limit} of {limit}" in decision.reason
    assert "PLANNING_FAILED" in decision.reason


def test_failures_of_jobs_that_are_too_old_do_not_count() -> None:
    jobs = [failed(f"job_{n}", LOAD, at(f"08:0{n}"), at(f"10:1{n}")) for n in range(5)]
    assert ask(*jobs).action is Action.LAUNCH


def test_stops_do_not_count_as_failures() -> None:
    jobs = [stopped(f"job_{n}", LOAD, at(f"10:{n}0"), at(f"10:{n}5")) for n in range(3)]
    assert ask(*jobs, failed("job_9", LOAD, at("11:00"), at("11:05"))).action is Action.LAUNCH


def test_an_unknown_reason_is_a_failure_shown_as_it_is() -> None:
    job = failed("job_1", LOAD, at("10:00"), at("10:10"), "NEW_REASON", "what it says")
    decision = ask(job, policy=LaunchPolicy(max_attempts=1))
    assert "NEW_REASON: what it says" in decision.reason


# Row 6: the list may have forgotten


@pytest.mark.parametrize(
    ("age", "action"),
    [
        pytest.param(timedelta(days=30), Action.LAUNCH, id="thirty days ago to the second"),
        pytest.param(timedelta(days=30, seconds=1), Action.HOLD, id="a second more"),
    ],
)
def test_a_step_older_than_the_list_reaches_back_is_held(age: timedelta, action: Action) -> None:
    assert ask(now=SINCE + age).action is action


def test_a_retry_within_the_trusted_days_lets_an_old_step_run() -> None:
    now = SINCE + timedelta(days=60)
    retried = LaunchPolicy(retried_at=now - timedelta(days=29))
    assert ask(now=now, policy=retried).action is Action.LAUNCH


def test_a_retry_older_than_the_trusted_days_helps_no_more() -> None:
    now = SINCE + timedelta(days=60)
    retried = LaunchPolicy(retried_at=now - timedelta(days=31))
    assert ask(now=now, policy=retried).action is Action.HOLD


def test_a_retry_before_not_before_does_not_make_a_step_older() -> None:
    retried = LaunchPolicy(retried_at=SINCE - timedelta(days=60))
    assert ask(policy=retried).action is Action.LAUNCH


def test_a_listed_failure_shows_that_the_list_reaches_back() -> None:
    job = failed("job_1", LOAD, at("10:00"), at("10:10"))
    assert ask(job, now=SINCE + timedelta(days=60)).action is Action.LAUNCH


def test_the_reason_names_the_trusted_days() -> None:
    policy = LaunchPolicy(trust=timedelta(days=7))
    assert "trustDays: 7" in ask(now=SINCE + timedelta(days=8), policy=policy).reason


# Row 8: ahead of the tenant's clock


def test_a_step_launches_once_the_tenants_clock_is_there() -> None:
    assert ask(now=SINCE - timedelta(seconds=1)).earliest == SINCE
    assert ask(now=SINCE).action is Action.LAUNCH


# Row 9: the buffer


BUFFER = LaunchPolicy(buffer=4 * HOUR)


@pytest.mark.parametrize(
    ("ended", "action"),
    [
        pytest.param("08:01", Action.WAIT, id="a minute too recent"),
        pytest.param("08:00", Action.LAUNCH, id="exactly as long ago as wanted"),
        pytest.param("07:59", Action.LAUNCH, id="a minute longer ago"),
    ],
)
def test_the_buffer_is_kept_to_its_limit(ended: str, action: Action) -> None:
    job = succeeded("job_1", UPDATE, at("07:00"), at(ended))
    assert ask(job, step=make_step(UPDATE, first=True), policy=BUFFER).action is action


@pytest.mark.parametrize("theirs", [UPDATE, WORKFLOW, PUBLISH, LEGACY], ids=str)
def test_the_buffer_counts_every_job_on_the_data_product(theirs: Configuration) -> None:
    job = succeeded("job_1", theirs, at("08:00"), at("08:50"))
    decision = ask(job, step=make_step(UPDATE, first=True), policy=BUFFER)
    assert decision.earliest == at("12:50")


@pytest.mark.parametrize(
    "end",
    [
        failed("job_1", UPDATE, at("08:00"), at("08:50")),
        stopped("job_1", UPDATE, at("08:00"), at("08:50")),
    ],
    ids=["failed", "stopped"],
)
def test_the_buffer_counts_however_the_job_ended(end: Job) -> None:
    assert ask(end, step=make_step(UPDATE, first=True), policy=BUFFER).action is Action.WAIT


def test_the_buffer_counts_from_the_latest_end() -> None:
    jobs = [
        succeeded("job_1", UPDATE, at("06:00"), at("08:50")),
        succeeded("job_2", PUBLISH, at("08:00"), at("08:20")),
    ]
    decision = ask(*jobs, step=make_step(UPDATE, first=True), policy=BUFFER)
    assert (decision.job, decision.earliest) == (jobs[0], at("12:50"))


@pytest.mark.parametrize("theirs", [LOAD, OTHER_UPDATE, OTHER_LEGACY], ids=str)
def test_the_buffer_ignores_other_work(theirs: Configuration) -> None:
    job = succeeded("job_1", theirs, at("08:00"), at("08:50"))
    assert ask(job, step=make_step(UPDATE, first=True), policy=BUFFER).action is Action.LAUNCH


def test_the_buffer_ignores_jobs_of_the_same_run() -> None:
    """Only a job created before `since` belongs to an earlier run."""
    jobs = [
        failed("job_1", UPDATE, SINCE, at("11:00")),
        succeeded("job_2", PUBLISH, at("09:30"), at("11:30")),
    ]
    assert ask(*jobs, step=make_step(UPDATE, first=True), policy=BUFFER).action is Action.LAUNCH


def test_the_buffer_goes_by_since_and_not_by_not_before() -> None:
    """A job of this run may be older than the update's own not-before."""
    step = make_step(UPDATE, not_before=at("10:00"), first=True)
    job = failed("job_1", UPDATE, at("09:30"), at("09:50"))
    assert ask(job, step=step, policy=BUFFER).action is Action.LAUNCH


def test_the_buffer_holds_only_the_first_step_on_the_data_product() -> None:
    job = succeeded("job_1", UPDATE, at("08:00"), at("08:50"))
    assert ask(job, step=make_step(PUBLISH), policy=BUFFER).action is Action.LAUNCH
    assert ask(job, step=make_step(PUBLISH, first=True), policy=BUFFER).action is Action.WAIT


def test_without_a_buffer_the_next_run_starts_at_once() -> None:
    job = succeeded("job_1", UPDATE, at("08:00"), at("11:59"))
    assert ask(job, step=make_step(UPDATE, first=True)).action is Action.LAUNCH


# Row 10: slots, 429, doubt


def test_every_active_job_on_the_tenant_takes_a_slot() -> None:
    """Jobs of other stacks, too old ones, stopping ones, and states we do not know included."""
    jobs = [
        make_job("job_1", OTHER_LOAD, at("08:00"), PENDING),
        make_job("job_2", OTHER_UPDATE, at("08:00"), RUNNING),
        make_job("job_3", OTHER_LEGACY, at("08:00"), STOPPING),
        make_job("job_4", OTHER_WORKFLOW, at("08:00"), "NEW_STATE"),
        make_job("job_5", Configuration("new_type", (("id", "x"),)), None, RUNNING),
    ]
    decision = ask(*jobs)
    assert decision.action is Action.WAIT
    assert "5 of 5 slots" in decision.reason
    assert ask(*jobs[:4]).action is Action.LAUNCH


def test_finished_jobs_take_no_slot() -> None:
    jobs = [succeeded(f"job_{n}", OTHER_LOAD, at("08:00"), at("08:10")) for n in range(9)]
    assert ask(*jobs).action is Action.LAUNCH


def test_a_step_waits_behind_those_of_its_runner_that_go_first() -> None:
    jobs = [running(f"job_{n}", OTHER_LOAD) for n in range(3)]
    assert ask(*jobs, queue=QueueState(steps_ahead=1)).action is Action.LAUNCH
    decision = ask(*jobs, queue=QueueState(steps_ahead=2))
    assert decision.action is Action.WAIT
    assert "3 of 5 slots" in decision.reason
    assert "queue position 3" in decision.reason


def test_a_429_is_believed_although_a_slot_looks_free() -> None:
    queue = QueueState(rate_limited_until=at("12:05"))
    decision = ask(running("job_1", OTHER_LOAD), queue=queue)
    assert decision.action is Action.WAIT
    assert "429" in decision.reason
    assert "1 of 5 slots" in decision.reason
    assert "queue position 1" in decision.reason
    assert decision.earliest == at("12:05")
    assert ask(queue=queue, now=at("12:05")).action is Action.LAUNCH


def test_a_lost_answer_is_looked_for_before_the_next_request() -> None:
    queue = QueueState(unconfirmed_until=at("12:05"))
    decision = ask(queue=queue)
    assert decision.action is Action.WAIT
    assert "lost" in decision.reason
    assert decision.earliest == at("12:05")
    assert ask(queue=queue, now=at("12:05")).action is Action.LAUNCH


def test_a_job_that_a_lost_answer_started_is_adopted() -> None:
    found = running("job_1", created="11:59")
    until = at("12:05")
    decision = ask(found, queue=QueueState(rate_limited_until=until, unconfirmed_until=until))
    assert (decision.action, decision.job) == (Action.ADOPT, found)


# Row 11: launch


@pytest.mark.parametrize("failures", [0, 1, 2])
def test_a_launch_says_which_attempt_it_is(failures: int) -> None:
    jobs = [failed(f"job_{n}", LOAD, at(f"10:0{n}"), at(f"10:1{n}")) for n in range(failures)]
    decision = ask(*jobs)
    assert decision.action is Action.LAUNCH
    assert (decision.failure.attempt if decision.failure else 0) == failures
    if failures:
        assert f"attempt {failures + 1} of 3" in decision.reason
        assert jobs[-1].id in decision.reason
        assert "PLANNING_FAILED" in decision.reason


# Pure


CONFIGURATIONS = (LOAD, OTHER_LOAD, UPDATE, WORKFLOW, PUBLISH, SECOND_PUBLISH, LEGACY, OTHER_UPDATE)
ENDS = ("", STOPPED_BY_USER, "PLANNING_FAILED")
STATES = (PENDING, RUNNING, STOPPING, DONE, DONE, DONE, "NEW_STATE")


@st.composite
def tenants(draw: st.DrawFn) -> list[Job]:
    """Draw the jobs of a tenant, few moments apart so that ties are common."""
    jobs = []
    for number in range(draw(st.integers(0, 8))):
        created = at("07:00") + draw(st.integers(0, 10)) * timedelta(minutes=30)
        finished = created + draw(st.integers(0, 3)) * timedelta(minutes=30)
        state = draw(st.sampled_from(STATES))
        reason = draw(st.sampled_from(ENDS)) if state == DONE else ""
        configuration = draw(st.sampled_from(CONFIGURATIONS))
        jobs.append(make_job(f"job_{number}", configuration, created, state, finished, reason))
    return jobs


STEPS = st.builds(
    make_step,
    st.sampled_from(CONFIGURATIONS[:-1]),
    st.sampled_from([SINCE, at("10:00"), at("12:30")]),
    st.booleans(),
)
POLICIES = st.builds(
    LaunchPolicy,
    max_attempts=st.integers(1, 3),
    trust=st.sampled_from([HOUR, timedelta(days=30)]),
    buffer=st.sampled_from([timedelta(0), 4 * HOUR]),
    retried_at=st.sampled_from([None, at("10:30")]),
    slots=st.integers(1, 5),
)
QUEUES = st.builds(
    QueueState,
    steps_ahead=st.integers(0, 1),
    rate_limited_until=st.sampled_from([None, at("12:05")]),
)


@given(tenants(), STEPS, POLICIES, QUEUES)
@settings(max_examples=200, deadline=None)
def test_the_same_facts_give_the_same_decision_and_stay_as_they_were(
    jobs: list[Job], step: Step, policy: LaunchPolicy, queue: QueueState
) -> None:
    before = copy.deepcopy((jobs, step, policy, queue))
    one, other = (decide(jobs, step, NOW, policy, NOTHING, queue) for _ in range(2))
    assert one == other
    assert (jobs, step, policy, queue) == before


@given(tenants().flatmap(lambda jobs: st.tuples(st.just(jobs), st.permutations(jobs))), STEPS)
@settings(max_examples=200, deadline=None)
def test_the_order_of_the_list_changes_no_decision(
    orders: tuple[list[Job], list[Job]], step: Step
) -> None:
    """The order of pages is not documented, and jobs move between them."""
    policy = LaunchPolicy(buffer=4 * HOUR, slots=3)
    one, other = (decide(order, step, NOW, policy) for order in orders)
    assert replace(one, blockers=()) == replace(other, blockers=())
    assert {blocker.id for blocker in one.blockers} == {blocker.id for blocker in other.blockers}


@given(tenants(), tenants(), STEPS, POLICIES, QUEUES)
@settings(max_examples=200, deadline=None)
def test_what_is_satisfied_stays_satisfied_by_the_same_job(
    jobs: list[Job], more: list[Job], step: Step, policy: LaunchPolicy, queue: QueueState
) -> None:
    decision = decide(jobs, step, NOW, policy, NOTHING, queue)
    if decision.action is not Action.SATISFIED or decision.job is None:
        return
    settled = decision.job.created_at
    later = [
        replace(job, id=f"{job.id}_later")
        for job in more
        if settled is not None and job.created_at is not None and job.created_at > settled
    ]
    assert decide([*later, *jobs], step, at("23:00"), policy, NOTHING, queue).job == decision.job


# What a run knows of itself and of the tenant's clocks


def test_a_job_that_this_run_stopped_never_puts_a_step_on_hold() -> None:
    first = failed("job_1", LOAD, at("09:58"), at("09:59"))
    ours = stopped("job_2", LOAD, at("10:00"), at("10:02"))
    assert ask(first, ours).action is Action.HOLD
    findings = RunFindings(withdrawn=frozenset(["job_2"]))
    assert ask(first, ours, findings=findings).action is Action.LAUNCH


def test_a_race_is_lost_to_a_job_that_ended_later_despite_wrong_creations() -> None:
    """The clock of ends is ten minutes behind: by it the first ended before the duplicate began."""
    first = failed("job_1", LOAD, at("10:00"), at("09:55"))
    duplicate = stopped("job_2", LOAD, at("10:01"), at("09:52"))
    assert ask(first, duplicate).action is Action.LAUNCH


def test_a_launch_waits_as_long_as_its_creation_might_be_stamped_too_early() -> None:
    findings = RunFindings(uncertainty=timedelta(seconds=10))
    step = make_step(not_before=NOW - timedelta(seconds=4))
    decision = ask(step=step, findings=findings)
    assert decision.action is Action.WAIT
    assert decision.earliest == NOW + timedelta(seconds=6)
    assert decision.reason == (
        "jobs count only from a time ahead of the tenant's clock, which may be 10s behind"
    )
    assert ask(step=step, now=NOW + timedelta(seconds=6), findings=findings).action is Action.LAUNCH
