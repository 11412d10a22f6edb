"""A runner against an emulated tenant: launched once, whatever happens on the way."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from support.fake_clock import START, FakeClock
from support.fake_tenant import (
    HOURS_AGO,
    LOAD,
    POLICY,
    PUBLISH,
    UPDATE,
    Tenant,
    Watched,
    outcome,
    step,
)
from tamr_provider.decision.steps import ConflictScope
from tamr_provider.emulator.fault_rules import FaultRules, JobRule, ResponseRule
from tamr_provider.emulator.job import JobError
from tamr_provider.errors import HeldError, InputError, JobFailedError, NotFinishedError, StepError
from tamr_provider.models import Configuration
from tamr_provider.reconciler.pending import Origin, StepResult

if TYPE_CHECKING:
    from collections.abc import Sequence

MINUTE = timedelta(minutes=1)
FAILS = JobRule(outcome="failed", error=JobError("BOOM", "it broke"))


def run(tenant: Tenant, *steps: Any, policy: Any = POLICY) -> list[Any]:
    runner = tenant.runner()
    futures = [runner.submit(pending, policy) for pending in steps]
    runner.run()
    return [outcome(future) for future in futures]


def origin(ended: object) -> str:
    assert isinstance(ended, StepResult), ended
    return ended.origin


def succeeded(tenant: Tenant) -> list[str]:
    return [job["jobId"] for job in tenant.jobs() if job["outcome"] == "succeeded"]


def test_a_step_without_a_job_is_launched_once_and_waited_for() -> None:
    tenant = Tenant()
    (ended,) = run(tenant, step(LOAD))
    assert origin(ended) == Origin.LAUNCHED
    assert ended.job.id == "job_1"
    assert tenant.posts() == 1


def test_a_second_run_sends_no_post() -> None:
    tenant = Tenant()
    run(tenant, step(LOAD))
    (ended,) = run(tenant, step(LOAD))
    assert (origin(ended), tenant.posts()) == (Origin.EXISTING, 1)


def test_a_version_far_ahead_of_the_tenants_clock_sends_no_post() -> None:
    tenant = Tenant()
    ahead = START + timedelta(minutes=11)
    late, other = replace(step(LOAD, ahead), since=ahead), step(UPDATE, product="other")
    error, ended = run(tenant, late, other)
    assert isinstance(error, InputError)
    assert str(error).startswith(
        "customers: the version counts from 2026-11-20T12:11:00Z, more than 10 minutes ahead of"
    )
    assert error.exit_code == 2
    assert origin(ended) == Origin.LAUNCHED
    assert tenant.posts() == 1


def test_a_version_a_little_ahead_of_the_tenants_clock_waits_for_it() -> None:
    tenant = Tenant()
    (ended,) = run(tenant, step(LOAD, START + timedelta(minutes=9)))
    assert origin(ended) == Origin.LAUNCHED
    assert ended.job.created_at >= START + timedelta(minutes=9)


def test_a_job_that_somebody_else_started_is_adopted() -> None:
    tenant = Tenant()
    started = tenant.start(LOAD)
    (ended,) = run(tenant, step(LOAD))
    assert (origin(ended), ended.job.id, tenant.posts()) == (Origin.ADOPTED, started, 1)


def test_two_steps_with_one_source_share_one_job() -> None:
    tenant = Tenant()
    ended = run(tenant, step(LOAD), step(LOAD, product="suppliers"))
    assert sorted(map(origin, ended)) == [Origin.LAUNCHED, Origin.SHARED]
    assert tenant.posts() == 1


def test_the_next_run_adopts_the_job_of_a_run_killed_after_its_post() -> None:
    tenant = Tenant()
    dead = tenant.runner()
    dead.submit(step(LOAD), POLICY)
    dead.reconcile_once()
    (ended,) = run(tenant, step(LOAD))
    assert (origin(ended), tenant.posts()) == (Origin.ADOPTED, 1)


LOST = ["lost-after", "cut", "garbage", "html"]


@pytest.mark.parametrize("fault", LOST)
def test_an_answer_lost_after_it_took_effect_starts_no_second_job(fault: str) -> None:
    rule = ResponseRule(fault, call="create", nth=1, after=True)
    tenant = Tenant(fault_rules=FaultRules(responses=[rule]))
    (ended,) = run(tenant, step(LOAD))
    assert isinstance(ended, StepResult)
    assert len(tenant.jobs()) == tenant.posts() == 1


@pytest.mark.parametrize("fault", ["500", "503"])
def test_a_server_error_after_the_job_started_starts_no_second_job(fault: str) -> None:
    rule = ResponseRule(fault, call="create", nth=1, after=True)
    tenant = Tenant(fault_rules=FaultRules(responses=[rule]))
    run(tenant, step(LOAD))
    assert len(tenant.jobs()) == 1


@pytest.mark.parametrize("fault", ["lost-before", "500", "503", "429"])
def test_a_post_without_effect_is_sent_again_after_looking(fault: str) -> None:
    tenant = Tenant(fault_rules=FaultRules(responses=[ResponseRule(fault, call="create", nth=1)]))
    (ended,) = run(tenant, step(LOAD))
    assert isinstance(ended, StepResult)
    assert (len(tenant.jobs()), tenant.posts()) == (1, 2)
    calls = [request["method"] for request in tenant.requests()]
    assert "GET" in calls[calls.index("POST") + 1 : len(calls) - calls[::-1].index("POST") - 1]


def test_every_get_may_be_lost_once_and_nothing_is_started_twice() -> None:
    rule = ResponseRule("503", method="GET", probability=0.5, seed=7)
    tenant = Tenant(fault_rules=FaultRules(responses=[rule]))
    (ended,) = run(tenant, step(LOAD))
    assert isinstance(ended, StepResult)
    assert tenant.posts() == 1


def test_busy_slots_are_waited_for_and_never_an_error() -> None:
    tenant = Tenant(slots=2)
    others = [Configuration.load("a"), Configuration.load("b")]
    for other in others:
        tenant.start(other)
    watched = Watched()
    runner = tenant.runner(watched)
    future = runner.submit(step(LOAD), replace(POLICY, slots=2))
    runner.run()
    assert isinstance(outcome(future), StepResult)
    assert any("2 of 2 slots in use; queue position 1" in text for text in watched.texts)
    assert tenant.posts() == 3


def test_a_429_is_believed_although_the_list_shows_free_slots() -> None:
    """Jobs of the UI's scheduler hold slots and are not listed."""
    tenant = Tenant(slots=1, fault_rules=FaultRules(hidden=1))
    runner = tenant.runner()
    future = runner.submit(step(LOAD), POLICY)
    for _ in range(200):
        tenant.clock.elapsed += runner.reconcile_once()
    assert not future.done()
    hours = tenant.clock.elapsed / 3600
    assert hours > 1
    assert tenant.posts() / hours < 90


def test_steps_beyond_the_slots_queue_up_and_all_run_in_the_end() -> None:
    tenant = Tenant(slots=3)
    steps = [step(Configuration.load(f"s{n}")) for n in range(8)]
    ended = run(tenant, *steps, policy=replace(POLICY, slots=3))
    assert [origin(result) for result in ended] == [Origin.LAUNCHED] * 8
    assert tenant.posts() == 8


BEHIND = {"light": 0, "heavy": 3, "middling": 1}


@pytest.mark.parametrize("arrival", list(itertools.permutations(BEHIND)))
def test_the_longest_remaining_work_goes_first_whatever_came_first(arrival: Sequence[str]) -> None:
    tenant = Tenant(slots=1)
    runner = tenant.runner()
    for name in arrival:
        then = tuple((Configuration.update(f"dp_{name}_{n}"),) for n in range(BEHIND[name]))
        runner.submit(step(Configuration.load(name)), replace(POLICY, slots=1), then)
    runner.run()
    assert loads_by_start(tenant) == ["heavy", "middling", "light"]


def test_remaining_work_is_told_by_usual_durations() -> None:
    """One long update behind a load outweighs three short ones."""
    long, short = Configuration.update("dp_long"), Configuration.update("dp_short")
    rules = [JobRule(ids={"dataProductId": "dp_short"}, duration=timedelta(minutes=5))]
    tenant = Tenant(slots=1, fault_rules=FaultRules(jobs=rules))
    for configuration in [long, short] * 3:
        tenant.start(configuration)
        tenant.clock.elapsed += 3600
    runner = tenant.runner()
    for name, then in (("short", ((short,),) * 3), ("long", ((long,),))):
        runner.submit(step(Configuration.load(name)), replace(POLICY, slots=1), then)
    runner.run()
    assert loads_by_start(tenant) == ["long", "short"]


def test_steps_that_arrive_in_a_burst_are_looked_at_together() -> None:
    """The engine starts creates one after the other; the last may be the one to launch first."""
    tenant = Tenant(slots=1)
    runner = tenant.runner()
    arriving = iter([("light", ()), ("heavy", ((UPDATE,),))])

    def arrive() -> None:
        name, then = next(arriving, (None, ()))
        if name is not None:
            runner.submit(step(Configuration.load(name)), replace(POLICY, slots=1), then)
        elif all(job["state"] == "DONE" for job in tenant.jobs()) and tenant.posts() == 2:
            runner.interrupt("the test is over")

    tenant.clock.at_wait = arrive
    runner.run_until_stopped()
    assert loads_by_start(tenant) == ["heavy", "light"]


def loads_by_start(tenant: Tenant) -> list[str]:
    jobs = [job for job in tenant.jobs() if "load" in job["configuration"]]
    jobs.sort(key=lambda job: str(job["created"]))
    return [job["configuration"]["load"]["sourceId"] for job in jobs]


@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_an_old_job_is_never_stopped_for_a_fraction_of_a_second(
    fraction: float,
) -> None:
    """A Date has whole seconds; at .9 each one seemed to be past, and looks went on every 2 s."""
    tenant = Tenant(durations={"load": timedelta(hours=12)})
    tenant.start(LOAD)
    tenant.clock.elapsed += 2 * 3600 + fraction
    runner = tenant.runner()
    runner.submit(step(LOAD), POLICY)
    for _ in range(3):
        tenant.clock.elapsed += runner.reconcile_once() + 0.003
    assert tenant.clock.elapsed >= 2 * 3600 + 5 * 60


def test_a_failed_job_ends_the_step_with_everything_a_person_needs() -> None:
    tenant = Tenant(fault_rules=FaultRules(jobs=[FAILS]))
    (ended,) = run(tenant, step(LOAD))
    assert isinstance(ended, JobFailedError)
    assert ended.exit_code == 1
    assert str(ended) == (
        "customers: load src_crm failed: BOOM: it broke (attempt 1 of 3) (job_1, "
        "Jobs page of https://acme.tamr.cloud). To retry, run: tamr up --stack dev"
    )


def test_a_workflow_that_succeeded_may_have_applied_nothing() -> None:
    workflow = Configuration.workflow("wf_apply")
    ended = run(Tenant(), step(workflow), step(LOAD))
    assert str(ended[0]).endswith("; may have applied nothing")
    assert "applied" not in str(ended[1])


@pytest.mark.parametrize("status", [400, 404])
@pytest.mark.parametrize(
    ("configuration", "place"),
    [
        (LOAD, "source IDs are on Tamr's Sources page"),
        (UPDATE, "the data product ID is on its Configure Data Product page"),
        (Configuration.workflow("wf_apply"), "Tamr provides workflow IDs on request"),
        (PUBLISH, "the exact destination name is on the Publish page"),
        (Configuration.publish("dst_legacy"), "legacy destination IDs are on the Publish page"),
    ],
    ids=str,
)
def test_a_refused_id_is_said_with_its_place_in_tamr(
    status: int, configuration: Configuration, place: str
) -> None:
    rule = JobRule(refuse=status, message="no such thing")
    (ended,) = run(Tenant(fault_rules=FaultRules(jobs=[rule])), step(configuration))
    assert isinstance(ended, StepError)
    assert f"Tamr refused {configuration}: {status} no such thing; {place}" in str(ended)
    assert str(ended).endswith("see docs/how-to/find-the-ids.md")


def test_each_run_tries_a_failed_step_once_more_until_it_is_held() -> None:
    tenant = Tenant(fault_rules=FaultRules(jobs=[FAILS]))
    endings = [run(tenant, step(LOAD))[0] for _ in range(4)]
    assert [type(ending) for ending in endings] == [JobFailedError] * 3 + [HeldError]
    assert "3 of 3 attempts failed: BOOM: it broke (job_3)" in str(endings[3])
    assert "tamr retry customers" in str(endings[3])
    assert endings[3].exit_code == 1
    assert tenant.posts() == 3


def test_the_last_failed_attempt_names_the_command_that_allows_another() -> None:
    tenant = Tenant(fault_rules=FaultRules(jobs=[FAILS]))
    wanted = replace(step(LOAD), stack="my stack")
    *_, second, third = (str(run(tenant, wanted)[0]) for _ in range(3))
    assert second.endswith("To retry, run: tamr up --stack dev")
    assert third.endswith("To retry, run: tamr retry customers --stack 'my stack'")


def test_a_retry_forgives_the_failures_before_it() -> None:
    tenant = Tenant(fault_rules=FaultRules(jobs=[replace(FAILS, times=3)]))
    for _ in range(3):
        run(tenant, step(LOAD))
    policy = replace(POLICY, retried_at=tenant.clock.true_now())
    (ended,) = run(tenant, step(LOAD), policy=policy)
    assert (origin(ended), ended.attempts) == (Origin.LAUNCHED, 1)


def test_a_job_that_a_person_stops_while_we_wait_is_not_started_again() -> None:
    tenant = Tenant()
    stops = iter([False] * 10 + [True] + [False] * 1000)
    tenant.clock.at_wait = lambda: tenant.stop("job_1") if next(stops) else None
    (ended,) = run(tenant, step(LOAD))
    assert isinstance(ended, HeldError)
    assert "job_1 was stopped by a user" in str(ended)
    (again,) = run(tenant, step(LOAD))
    assert isinstance(again, HeldError)
    assert tenant.posts() == 2  # the job and the person's stop


def test_the_later_of_two_equal_jobs_is_stopped_and_the_earlier_adopted() -> None:
    """Another runner posts between our look and our POST."""
    tenant, rivals = Tenant(), Tenant.start
    watched = Watched()
    runner = tenant.runner(watched)
    future = runner.submit(step(LOAD), POLICY)
    posted: list[str] = []

    original = tenant.emulator.handle

    def handle(method: str, target: str, headers: Any, body: bytes) -> Any:
        if method == "POST" and target.endswith("/jobs") and not posted:
            posted.append("")
            posted.append(rivals(tenant, LOAD))
            tenant.clock.elapsed += 0.5
        return original(method, target, headers, body)

    tenant.emulator.handle = handle  # type: ignore[method-assign]
    runner.run()
    ended = outcome(future)
    assert isinstance(ended, StepResult)
    assert (ended.origin, ended.job.id) == (Origin.ADOPTED, "job_1")
    assert [job["outcome"] for job in tenant.jobs()] == ["succeeded", "stopped"]
    assert "stopping our job_2 because job_1 was created first" in watched.notes[0]
    (after,) = run(tenant, step(LOAD))
    assert origin(after) == Origin.EXISTING


def test_two_runners_at_once_end_with_one_job() -> None:
    tenant = Tenant()
    runners = [tenant.runner(), tenant.runner()]
    futures = [runner.submit(step(LOAD), POLICY) for runner in runners]
    while any(future.result is None or not future.done() for future in futures):
        pauses = [runner.reconcile_once() for runner in runners]
        tenant.clock.elapsed += min(pauses)
    assert len(succeeded(tenant)) == 1


def update_again(hours: float, policy: Any = POLICY, attempts: int = 1) -> tuple[Tenant, Watched]:
    """Update a data product, and again so many hours after that ended."""
    rule = JobRule(outcome="failed", error=JobError("BOOM", "it broke"), times=attempts)
    tenant, watched = Tenant(fault_rules=FaultRules(jobs=[rule])), Watched()
    tenant.start(UPDATE)
    tenant.clock.elapsed = 45 * 60 + 5 + hours * 3600
    since = tenant.clock.true_now()
    again = replace(step(UPDATE, since), since=since, first=True)
    again = replace(again, data_product=ConflictScope("dp_customers"))
    runner = tenant.runner(watched)
    for _ in range(attempts):
        runner.submit(again, policy)
        runner.run()
    return tenant, watched


@pytest.mark.parametrize(("hours", "count"), [(2.9, 1), (3.1, 0)])
def test_a_run_without_a_buffer_is_warned_of_for_three_hours(hours: float, count: int) -> None:
    _, watched = update_again(hours)
    assert len(watched.warnings) == count
    for product, text in watched.warnings:
        assert product == "customers"
        assert text.startswith("customers: this run starts 2h54m after the previous one")


def test_a_buffer_of_any_length_is_a_decision_and_not_warned_of() -> None:
    assert update_again(1, replace(POLICY, buffer=timedelta(hours=0.5)))[1].warnings == []


def test_one_run_warns_of_a_product_once() -> None:
    tenant, watched = update_again(1, attempts=2)
    assert (tenant.posts(), len(watched.warnings)) == (3, 1)


def test_the_warning_costs_no_request() -> None:
    warned, _ = update_again(1)
    silent, _ = update_again(1, replace(POLICY, buffer=timedelta(hours=0.5)))
    assert len(warned.requests()) == len(silent.requests())


def test_a_buffer_delays_the_next_run_of_a_data_product_and_only_that() -> None:
    tenant = Tenant()
    run(tenant, step(UPDATE))
    ended_at = START + timedelta(minutes=45, seconds=5)
    tenant.clock.elapsed += 60
    since = tenant.clock.true_now()
    again = replace(step(UPDATE, since), since=since, first=True)
    owner = replace(again.data_product, id="dp_customers")
    again = replace(again, data_product=owner)
    policy = replace(POLICY, buffer=timedelta(hours=4))
    (ended,) = run(tenant, again, policy=policy)
    assert origin(ended) == Origin.LAUNCHED
    created = ended.job.created_at
    assert timedelta(hours=4) <= created - ended_at < timedelta(hours=4) + MINUTE


def test_a_since_ahead_on_the_tenants_clock_is_waited_for() -> None:
    """Our clock is ten minutes ahead of the tenant's: a job launched now would be too old."""
    tenant = Tenant(FakeClock(skew=timedelta(minutes=10)))
    since = tenant.clock.now()
    (ended,) = run(tenant, replace(step(LOAD, since), since=since))
    assert ended.job.created_at >= since
    assert tenant.posts() == 1


def test_a_launch_waits_for_an_equal_job_that_is_too_old() -> None:
    tenant = Tenant()
    old = tenant.start(LOAD)
    tenant.clock.elapsed += 10
    since = tenant.clock.true_now()
    (ended,) = run(tenant, step(LOAD, since))
    assert ended.job.id != old
    first, second = tenant.jobs()
    assert str(second["created"]) >= str(first["finished"])


def test_a_wait_for_one_job_ends_after_timeout_hours_without_a_stop() -> None:
    tenant = Tenant(durations=dict.fromkeys(("load", "update", "publish"), timedelta(hours=20)))
    (ended,) = run(tenant, step(LOAD), policy=replace(POLICY, timeout=timedelta(hours=3)))
    assert isinstance(ended, NotFinishedError)
    assert ended.exit_code == 75
    assert str(ended) == (
        "customers: load src_crm did not finish: waited 3h00m (timeoutHours). "
        "job_1 is still running. To resume, run: tamr up --stack dev"
    )
    assert tenant.jobs()[0]["state"] == "RUNNING"
    assert timedelta(hours=3) <= timedelta(seconds=tenant.clock.elapsed) < timedelta(hours=3.2)


def test_an_interrupt_ends_every_wait_with_its_job_and_the_next_command() -> None:
    tenant = Tenant()
    runner = tenant.runner()
    futures = [runner.submit(step(configuration), POLICY) for configuration in (LOAD, UPDATE)]
    calls = iter([False] * 5 + [True] + [False] * 1000)
    tenant.clock.at_wait = lambda: runner.interrupt("interrupted") if next(calls) else None
    runner.run()
    endings = [str(outcome(future)) for future in futures]
    assert (
        "did not finish: interrupted. job_1 is still running. To resume, run: tamr up" in endings[0]
    )
    assert "job_2 is still running" in endings[1]
    assert {job["state"] for job in tenant.jobs()} == {"RUNNING"}


def test_a_step_submitted_after_an_interrupt_ends_at_once() -> None:
    runner = Tenant().runner()
    runner.interrupt("interrupted")
    assert isinstance(outcome(runner.submit(step(LOAD), POLICY)), NotFinishedError)


def test_a_refused_create_ends_its_step_and_no_other() -> None:
    bad = JobRule(ids={"sourceId": "src_crm"}, refuse=400, message="no such source")
    tenant = Tenant(fault_rules=FaultRules(jobs=[bad]))
    refused, fine = run(tenant, step(LOAD), step(PUBLISH))
    assert isinstance(refused, StepError)
    assert "Tamr refused load src_crm: 400 no such source" in str(refused)
    assert origin(fine) == Origin.LAUNCHED


def test_an_outage_of_an_hour_ends_a_run_and_one_of_15_minutes_does_not() -> None:
    for minutes, kind in ((15, StepResult), (60, NotFinishedError)):
        tenant = Tenant()
        runner = tenant.runner()
        future = runner.submit(step(LOAD), POLICY)
        runner.reconcile_once()
        down_until = tenant.clock.elapsed + minutes * 60
        tenant.emulator.handle = _down(tenant, down_until)  # type: ignore[method-assign]
        runner.run()
        assert isinstance(outcome(future), kind)


def _down(tenant: Tenant, until: float) -> Any:
    original = tenant.emulator.handle

    def handle(*words: Any) -> Any:
        answer = original(*words)
        return replace(answer, dropped=tenant.clock.elapsed < until)

    return handle


def without_history(body: Any) -> Any:
    for job in [body, *body.get("jobs", [])]:
        job.pop("statusHistory", None)
    return body


def test_without_a_history_creation_is_found_with_the_lists_filter() -> None:
    tenant = Tenant()
    tenant.alter = without_history
    tenant.start(LOAD)
    tenant.clock.elapsed += 40 * 60
    since = tenant.clock.true_now() - timedelta(minutes=41)
    (found,) = run(tenant, step(LOAD, since))
    assert origin(found) == Origin.EXISTING
    assert found.job.created_at == START
    (newer,) = run(tenant, step(LOAD, START + timedelta(milliseconds=1)))
    assert origin(newer) == Origin.LAUNCHED


class WithoutFilters(Tenant):
    """A tenant that refuses a list with a filter."""

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if "filter" in request.url.params:
            return httpx.Response(400, json={"statusCode": 400, "message": "no such filter"})
        return super()._answer(request)


def test_a_tenant_that_refuses_filters_is_read_whole() -> None:
    tenant = WithoutFilters()
    for number in range(45):
        tenant.start(Configuration.load(f"old_{number}"))
        tenant.clock.elapsed += 3600
    tenant.start(LOAD)
    ended = run(tenant, step(LOAD, tenant.clock.true_now()), step(UPDATE))
    assert [origin(result) for result in ended] == [Origin.ADOPTED, Origin.LAUNCHED]


def test_an_unknown_creation_time_launches_nothing_and_is_an_error() -> None:
    tenant = WithoutFilters()
    tenant.alter = without_history
    tenant.start(LOAD)
    tenant.clock.elapsed += 3600
    (ended,) = run(tenant, step(LOAD))
    assert "cannot determine when job_1 was created" in str(ended)
    assert "tamr doctor --tenant" in str(ended)
    assert tenant.posts() == 1


def test_a_list_that_never_shows_our_job_is_warned_of_once() -> None:
    tenant, watched = Tenant(), Watched()
    tenant.alter = lambda body: {**body, "jobs": []} if "jobs" in body else body
    future = (runner := tenant.runner(watched)).submit(step(LOAD), POLICY)
    runner.run()
    assert origin(outcome(future)) == Origin.LAUNCHED
    (note,) = watched.notes
    assert "job_1 (created at 2026-11-20T12:00:00Z) is missing from the tenant's job list" in note


def test_an_unknown_state_counts_as_active() -> None:
    tenant = Tenant(slots=1)
    tenant.start(Configuration.load("other"))

    def rename(body: Any) -> Any:
        for job in [body, *body.get("jobs", [])]:
            if job.get("status", {}).get("state") == "RUNNING":
                job["status"]["state"] = "PAUSED_FOR_REVIEW"
        return body

    tenant.alter = rename
    (ended,) = run(tenant, step(LOAD), policy=replace(POLICY, slots=1))
    assert origin(ended) == Origin.LAUNCHED


@pytest.mark.parametrize("unset", ["absent", "null", "empty"])
def test_every_way_to_write_an_unset_field_is_read(unset: str) -> None:
    tenant = Tenant(unset=unset)
    ended = run(tenant, step(LOAD), step(UPDATE), step(PUBLISH))
    assert [origin(result) for result in ended] == [Origin.LAUNCHED] * 3


def test_all_waits_are_served_by_one_list_request_a_look() -> None:
    tenant = Tenant()
    runner = tenant.runner()
    for name in "abcde":
        runner.submit(step(Configuration.load(name)), POLICY)
    runner.reconcile_once()
    before = len(tenant.requests("GET"))
    tenant.clock.elapsed += runner.reconcile_once()
    assert len(tenant.requests("GET")) == before + 1


def test_a_look_asks_for_little_however_long_the_tenants_history() -> None:
    tenant = Tenant(slots=1000)
    for number in range(300):
        tenant.start(Configuration.load(f"old_{number}"))
    tenant.clock.elapsed += 3600 * 24
    run(tenant, step(LOAD, tenant.clock.true_now()))
    assert len(tenant.requests("GET")) < 90


def test_nothing_before_the_first_look_is_assumed_of_the_tenants_time() -> None:
    tenant = Tenant(FakeClock(skew=timedelta(hours=-5)))
    (ended,) = run(tenant, step(LOAD, HOURS_AGO))
    assert origin(ended) == Origin.LAUNCHED
