"""POSTs without a response, late ones, old polls: nothing of others is stopped or held for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from support.fake_clock import START
from support.fake_tenant import LOAD, POLICY, UPDATE, Tenant, Watched, outcome, step
from tamr_provider.emulator.fault_rules import FaultRules, JobRule, ResponseRule
from tamr_provider.emulator.job import JobError
from tamr_provider.errors import StepError
from tamr_provider.reconciler.pending import Origin, StepResult

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from datetime import datetime

    from tamr_provider.reconciler.reconciler import Reconciler

MINUTE = timedelta(minutes=1)
SOON = {"load": 2 * MINUTE, "update": 30 * MINUTE}
LOST = ResponseRule("lost-after", call="create", nth=1)


def origin(future: Future[StepResult]) -> str:
    ended = outcome(future)
    assert isinstance(ended, StepResult), ended
    return ended.origin


def ends(tenant: Tenant) -> list[str]:
    return [job["outcome"] for job in tenant.jobs()]


def stops(tenant: Tenant) -> int:
    return len(tenant.requests("POST", ":stop"))


def turn_until(tenant: Tenant, runner: Reconciler, is_so: Callable[[], bool]) -> None:
    for _ in range(500):
        if is_so():
            return
        tenant.clock.elapsed += runner.reconcile_once()
    raise AssertionError("it never came to that")


def whose_lost_post_was_found(tenant: Tenant) -> tuple[Reconciler, Future[StepResult]]:
    """Return a runner that lost the response to a load, saw it succeed, and waits for an update."""
    runner = tenant.runner()
    load = runner.submit(step(LOAD), POLICY)
    update = runner.submit(step(UPDATE), POLICY)
    turn_until(tenant, runner, load.done)
    assert not update.done()
    return runner, update


@pytest.mark.parametrize("who", ["another stack", "a person"])
def test_a_lost_post_that_was_found_stops_no_job_of(who: str) -> None:
    tenant = Tenant(fault_rules=FaultRules(responses=[LOST]), durations=SOON)
    first, update = whose_lost_post_was_found(tenant)
    if who == "a person":
        tenant.start(LOAD)
    else:
        second = tenant.runner()
        load = second.submit(step(LOAD, tenant.clock.true_now() - MINUTE), POLICY)
        second.reconcile_once()
    first.run()
    assert origin(update) == Origin.LAUNCHED
    assert stops(tenant) == 0
    if who != "a person":
        second.run()
        assert origin(load) == Origin.LAUNCHED
    tenant.clock.elapsed += 3600
    assert ends(tenant) == ["succeeded"] * 3


@pytest.mark.parametrize("lost", [(1,), (2,), (1, 2)])
def test_two_steps_of_one_configuration_run_despite_any_lost_response(
    lost: tuple[int, ...],
) -> None:
    """The first job is too old for the second step, so it makes that one's job not needless."""
    rules = [ResponseRule("lost-after", call="create", nth=nth) for nth in lost]
    tenant = Tenant(fault_rules=FaultRules(responses=rules))
    runner = tenant.runner()
    first = runner.submit(step(UPDATE, product="a"), POLICY)
    second = runner.submit(step(UPDATE, START + 5 * MINUTE, product="b"), POLICY)
    runner.run()
    assert {origin(first), origin(second)} <= {Origin.ADOPTED, Origin.LAUNCHED}
    assert ends(tenant) == ["succeeded"] * 2
    assert stops(tenant) == 0


def test_a_lost_post_is_settled_by_the_first_job_that_appears() -> None:
    """It failed at once; the next attempt does not wait for a response that cannot come."""
    error = JobError("BOOM", "it broke")
    fails = JobRule(times=1, outcome="failed", error=error, duration=MINUTE * 0, pending=MINUTE * 0)
    tenant = Tenant(fault_rules=FaultRules(responses=[LOST], jobs=[fails]))
    runner = tenant.runner()
    future = runner.submit(step(LOAD), POLICY)
    runner.reconcile_once()
    assert len(tenant.jobs()) == 2
    runner.run()
    assert origin(future) == Origin.LAUNCHED


class Interrupted(Tenant):
    """A tenant on which something happens between a runner's last GET and its first POST."""

    def __init__(self, happens: Callable[[Tenant], None], **options: Any) -> None:
        super().__init__(**options)
        self.happens = happens
        self.responses = 0
        self.last_get = -1

    def _answer(self, request: httpx.Request) -> httpx.Response:
        response = super()._answer(request)
        self.responses += 1
        if self.responses == self.last_get:
            self.happens(self)
        return response


def interrupted(happens: Callable[[Tenant], None], **options: Any) -> Interrupted:
    plain = Tenant(**options)
    plain.runner().submit(step(LOAD), POLICY)
    runner = plain.runner()
    runner.submit(step(LOAD), POLICY)
    runner.reconcile_once()
    methods = [request["method"] for request in plain.requests()]
    tenant = Interrupted(happens, **options)
    tenant.last_get = methods.index("POST")
    return tenant


def stopped_for(seconds: float, *, suspended: bool = False) -> Callable[[Tenant], None]:
    """Return a pause of the process, at whose beginning a rival starts the same job.

    The monotonic clock of a machine that is suspended stands still.
    """

    def pause(tenant: Tenant) -> None:
        tenant.emulator.handle("POST", "/api/v1beta1/jobs", {"X-API-KEY": "k"}, BODY)
        if suspended:
            tenant.clock.skew += timedelta(seconds=seconds)
        else:
            tenant.clock.elapsed += seconds

    return pause


BODY = b'{"configuration": {"load": {"sourceId": "src_crm"}}}'


@pytest.mark.parametrize("seconds", [7, 8 * 3600])
@pytest.mark.parametrize("suspended", [False, True])
def test_a_process_that_slept_polls_again_before_it_posts(seconds: float, suspended: bool) -> None:
    tenant = interrupted(stopped_for(seconds, suspended=suspended))
    runner = tenant.runner()
    future = runner.submit(step(LOAD), POLICY)
    runner.run()
    assert origin(future) in (Origin.ADOPTED, Origin.EXISTING)
    assert len(tenant.jobs()) == 1


def test_a_tenant_slower_than_a_fresh_poll_still_gets_its_launches() -> None:
    tenant = Tenant(
        fault_rules=FaultRules(responses=[ResponseRule("delayed", seconds=8, method="GET")])
    )
    runner = tenant.runner()
    future = runner.submit(step(LOAD), POLICY)
    runner.run()
    assert origin(future) == Origin.LAUNCHED
    assert len(tenant.jobs()) == 1


class SlowCreate(Tenant):
    """A tenant whose first create takes so long that a rival's job starts and ends meanwhile."""

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and not self.jobs():
            self.emulator.handle("POST", "/api/v1beta1/jobs", {"X-API-KEY": "k"}, BODY)
            self.clock.elapsed += 40
        return super()._answer(request)


def test_a_job_of_ours_is_not_stopped_for_one_that_has_ended() -> None:
    """Its stop could not be told from a person's, and would hold a newer stack for ever."""
    tenant = SlowCreate(durations={"load": timedelta(seconds=20)})
    runner = tenant.runner()
    future = runner.submit(step(LOAD), POLICY)
    runner.run()
    assert origin(future) == Origin.ADOPTED
    newer = tenant.runner()
    later = newer.submit(step(LOAD, START + timedelta(seconds=30)), POLICY)
    newer.run()
    assert isinstance(outcome(later), StepResult)
    assert stops(tenant) == 0


def beside(seconds: float) -> tuple[Tenant, Watched, str]:
    """Let the late job of a killed runner appear so many seconds after ours."""
    tenant, watched = Tenant(), Watched()
    runner = tenant.runner(watched)
    future = runner.submit(step(LOAD), POLICY)
    runner.reconcile_once()
    tenant.clock.elapsed += seconds
    late = tenant.start(LOAD)
    runner.run()
    assert origin(future) == Origin.LAUNCHED
    tenant.clock.elapsed += 3600
    return tenant, watched, late


def test_a_late_job_within_ten_seconds_of_its_equal_is_stopped_as_its_twin() -> None:
    tenant, watched, late = beside(8)
    assert ends(tenant) == ["succeeded", "stopped"]
    assert f"stopping {late} as a duplicate: job_1, with the same" in watched.notes[-1]


def test_a_later_job_beside_its_equal_is_left_alone_and_said_once() -> None:
    tenant, watched, late = beside(12)
    assert ends(tenant) == ["succeeded"] * 2
    (said,) = [note for note in watched.notes if late in note]
    assert said == (
        f"customers: load src_crm: {late} has the same configuration as job_1. It may be another "
        f"user's, so it is not stopped. To stop it, run: tamr jobs stop {late}"
    )


def twins() -> tuple[Tenant, datetime]:
    """Return a tenant with two equal jobs, and a time between their creations."""
    tenant = Tenant()
    tenant.start(LOAD)
    tenant.clock.elapsed += 5
    newer_than = tenant.clock.true_now()
    tenant.start(LOAD)
    return tenant, newer_than


def test_a_twin_that_is_the_only_one_new_enough_for_a_step_is_not_stopped() -> None:
    tenant, newer_than = twins()
    runner = tenant.runner()
    futures = [
        runner.submit(step(LOAD, product="a"), POLICY),
        runner.submit(step(LOAD, newer_than, product="b"), POLICY),
    ]
    runner.run()
    assert [origin(future) for future in futures] == [Origin.ADOPTED, Origin.ADOPTED]
    assert stops(tenant) == 0


def test_a_stopped_duplicate_that_a_newer_stack_needs_is_launched_again() -> None:
    tenant, newer_than = twins()
    older, newer = tenant.runner(), tenant.runner()
    first = older.submit(step(LOAD), POLICY)
    second = newer.submit(step(LOAD, newer_than), POLICY)
    newer.reconcile_once()
    older.reconcile_once()
    assert stops(tenant) == 1
    newer.run()
    older.run()
    assert (origin(first), origin(second)) == (Origin.ADOPTED, Origin.LAUNCHED)


class Conflict(Tenant):
    """A tenant that answers so many creates with 409, after they took effect or not."""

    def __init__(self, times: int, *, takes_effect: bool) -> None:
        super().__init__()
        self.times = times
        self.takes_effect = takes_effect

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET" or self.times == 0:
            return super()._answer(request)
        self.times -= 1
        if self.takes_effect:
            super()._answer(request)
        return httpx.Response(409, json={"statusCode": 409, "message": "in the way"})


@pytest.mark.parametrize("takes_effect", [False, True])
def test_a_409_on_a_create_is_a_lost_response(takes_effect: bool) -> None:
    tenant = Conflict(1, takes_effect=takes_effect)
    runner = tenant.runner()
    future = runner.submit(step(LOAD), POLICY)
    runner.run()
    assert origin(future) == (Origin.ADOPTED if takes_effect else Origin.LAUNCHED)
    assert len(tenant.jobs()) == 1


def test_409s_without_an_end_are_said_after_max_attempts() -> None:
    tenant = Conflict(100, takes_effect=False)
    runner = tenant.runner()
    future = runner.submit(step(LOAD), replace(POLICY, max_attempts=3))
    runner.run()
    ended = outcome(future)
    assert isinstance(ended, StepError)
    assert str(ended) == (
        "customers: load src_crm: Tamr refused load src_crm: 409 in the way, 3 times in a row"
    )
    assert tenant.times == 97


def test_a_launch_costs_one_request_more_than_its_poll_and_its_post() -> None:
    tenant = Tenant()
    runner = tenant.runner()
    runner.submit(step(LOAD), POLICY)
    runner.reconcile_once()
    methods = [request["method"] for request in tenant.requests()]
    assert methods == ["GET"] * 4 + ["POST", "GET"]  # poll, durations, poll, question
    question = tenant.requests()[3]["query"]["filter"]
    assert question == (
        '(((configuration.load.source_id = "src_crm"))) '
        'AND (NOT create_time() < "2026-11-20T10:00:00Z")'
    )


def test_a_duplicate_stopped_for_an_unlisted_job_holds_no_newer_stack() -> None:
    tenant = Tenant(durations={"load": MINUTE})
    tenant.start(LOAD)
    tenant.clock.elapsed += 5
    newer_than = tenant.clock.true_now()
    twin = tenant.start(LOAD)
    tenant.stop(twin)
    tenant.clock.elapsed += 3600
    runner = tenant.runner()
    future = runner.submit(step(LOAD, newer_than), POLICY)
    runner.run()
    assert origin(future) == Origin.LAUNCHED
