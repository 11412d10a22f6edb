"""Clocks of a tenant that differ cost a wait, never a job, and no longer one than they differ."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from support.fake_clock import START, FakeClock
from support.fake_tenant import HOURS_AGO, LOAD, POLICY, UPDATE, Tenant, Watched, outcome, step
from support.schedule_player import SMALL, World, products, verdict
from support.schedules import errors_of
from support.three_clocks import ThreeClocks
from tamr_provider.decision.steps import Step
from tamr_provider.planning.dry_run import plan_with_snapshot
from tamr_provider.planning.product_state import judge_product
from tamr_provider.reconciler.pending import Origin, StepResult
from tamr_provider.tenant.server_clock import ServerClock
from tamr_provider.timestamps import format_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def since(moment: datetime) -> dict[str, Any]:
    """Return a stack whose version counts from a moment."""
    return {"customers": {**SMALL["customers"], "since": format_timestamp(moment)}}


def plain_seconds() -> float:
    world = World()
    world.run(SMALL)
    return world.clock.elapsed


def waited(world: World, raw: dict[str, Any]) -> float:
    """Run a stack, assert that each job ran once, and return how long that took longer."""
    run = world.run(raw)
    assert errors_of(run) == []
    assert verdict(world, raw) == []
    assert len(world.jobs()) == run.total
    return world.clock.elapsed - plain_seconds()


SKEWS = [3 * SECOND, 30 * SECOND, 10 * MINUTE]


@pytest.mark.parametrize("skew", SKEWS)
def test_ends_stamped_ahead_of_the_date_cost_a_wait_and_no_job(skew: timedelta) -> None:
    world = World()
    world.clocks = ThreeClocks(done=skew)
    assert waited(world, SMALL) < skew.total_seconds() + 60


@pytest.mark.parametrize("skew", [-skew for skew in SKEWS])
def test_ends_stamped_behind_the_date_cost_nothing(skew: timedelta) -> None:
    world = World()
    world.clocks = ThreeClocks(done=skew)
    assert waited(world, SMALL) < 60


@pytest.mark.parametrize("skew", SKEWS)
def test_creations_stamped_behind_the_date_cost_a_wait_and_no_job(skew: timedelta) -> None:
    world = World()
    world.clocks = ThreeClocks(created=-skew)
    assert waited(world, SMALL) < skew.total_seconds() + 60


@pytest.mark.parametrize("skew", SKEWS)
def test_creations_stamped_ahead_of_the_date_cost_nothing(skew: timedelta) -> None:
    world = World()
    world.clocks = ThreeClocks(created=skew)
    assert waited(world, SMALL) < 60


def test_a_date_ahead_of_all_stamps_runs_a_fresh_version_once() -> None:
    """`tamr bump` wrote the tenant's Date, and `tamr up` starts at once."""
    world = World()
    world.clocks = ThreeClocks(header=3 * SECOND)
    assert waited(world, since(START + 3 * SECOND)) < 63


def test_without_a_date_a_clock_that_is_ahead_costs_a_minute_and_no_job() -> None:
    world = World()
    world.clock.skew = 5 * SECOND
    world.clocks = ThreeClocks(has_header=False)
    assert waited(world, since(world.clock.now())) < 65 + 5


def test_without_a_date_the_tenant_is_polled_no_more_often() -> None:
    counts = []
    for has_header in (True, False):
        world = World()
        world.clocks = ThreeClocks(has_header=has_header)
        assert waited(world, SMALL) < 60
        counts.append(world.sent)
    assert counts[1] <= counts[0] + 2


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_date_an_hour_off_delays_nothing_once_a_job_shows_its_creation(hours: int) -> None:
    world = World()
    world.clocks = ThreeClocks(header=hours * HOUR)
    assert waited(world, SMALL) < 60


def test_a_date_an_hour_behind_is_waited_for_by_a_fresh_version() -> None:
    world = World()
    world.clocks = ThreeClocks(header=-HOUR)
    assert waited(world, since(START)) < 3600 + 60


WILD = [
    "Fri, 20 Nov 2099 12:00:00 GMT",
    "Fri, 20 Nov 9999 12:00:00 GMT",
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "Mon, 01 Jan 0001 00:00:00 GMT",
    "Fri, 20 Nov 20261120202611202026 12:00:00 GMT",
    "Fri, 20 Nov 2026 12:00:00 +99999999999999",
    "Fri, 20 Nov 2026 12:00:00",
    "yesterday",
    "",
]


@pytest.mark.parametrize("header", WILD)
@pytest.mark.parametrize(("nth", "times"), [(1, 1), (2, 1), (5, 1), (1, 1_000_000)])
def test_a_wild_date_changes_nothing(header: str, nth: int, times: int) -> None:
    world = World()
    world.clocks = ThreeClocks(wild=header, wild_from=nth, wild_times=times)
    assert waited(world, SMALL) < 120


def stepping(step_of: timedelta, *which: str) -> World:
    """Return a tenant some of whose clocks are set while the load runs."""
    world = World()
    stepped = ThreeClocks()
    for name in which:
        setattr(stepped, name, step_of)
    world.clocks = ThreeClocks(steps_at=START + 100 * SECOND, stepped=stepped)
    return world


@pytest.mark.parametrize("which", [["header"], ["done"], ["header", "created", "done"]])
@pytest.mark.parametrize("step_of", [-HOUR, -30 * SECOND, 30 * SECOND, HOUR])
def test_a_clock_that_steps_in_mid_run_costs_no_more_than_its_step(
    which: list[str], step_of: timedelta
) -> None:
    world = stepping(step_of, *which)
    assert waited(world, SMALL) < abs(step_of).total_seconds() + 120


def test_creations_set_back_during_a_run_make_nothing_run_twice() -> None:
    world = stepping(-HOUR, "created")
    (error,) = errors_of(world.run(SMALL))
    assert "customers: update dp: job_2 was launched at 2026-11-20T12:0" in error
    assert len(world.jobs()) == 2


@pytest.mark.parametrize("has_header", [True, False])
@pytest.mark.parametrize("jump", [-HOUR, -40 * SECOND, HOUR])
def test_a_jump_of_our_own_clock_starts_nothing_twice(jump: timedelta, has_header: bool) -> None:
    world = World()
    world.clocks = ThreeClocks(has_header=has_header)

    def jumped() -> None:
        world.clock.skew = jump if world.clock.elapsed > 100 else timedelta(0)

    world.clock.at_wait = jumped
    assert waited(world, SMALL) < 3600 + 120


def test_a_run_that_adopts_waits_only_seconds_for_the_tenants_clock() -> None:
    """It has launched nothing itself, so nothing told it when creations are stamped."""
    world = World()
    world.start(LOAD)
    world.clock.elapsed += 10
    run = world.run(SMALL)
    assert errors_of(run) == []
    assert world.clock.elapsed < plain_seconds() + 15


def launched_too_early(tenant: Tenant, skew: timedelta) -> tuple[object, list[str]]:
    """Run a fresh step on a tenant whose creations are stamped too far behind to be foreseen."""
    watched = Watched()
    runner = tenant.runner(watched)
    tenant.clocks = ThreeClocks(created=-skew, done=-skew)
    fresh = tenant.clock.true_now()
    future = runner.submit(Step("customers", LOAD, fresh, fresh), POLICY)
    runner.run()
    return outcome(future), watched.notes


def test_a_launch_too_old_for_its_step_shows_both_times_and_ends_it() -> None:
    tenant = Tenant()
    ended, notes = launched_too_early(tenant, 5 * MINUTE)
    assert tenant.posts() == 1
    for text in (notes[0], str(ended)):
        assert "job_1 was launched at 2026-11-20T12:00:1" in text
        assert "its creation time is 2026-11-20T11:55:1" in text
        assert "before 2026-11-20T12:00:00Z" in text
    assert not isinstance(ended, StepResult)
    assert "To run it again, run: tamr up --stack dev" in str(ended)


def test_the_next_run_launches_what_came_out_too_old_before() -> None:
    tenant = Tenant()
    launched_too_early(tenant, 5 * MINUTE)
    runner = tenant.runner()
    future = runner.submit(step(LOAD, START), POLICY)
    runner.run()
    assert isinstance(outcome(future), StepResult)
    assert tenant.posts() == 2


def shown_while_pending(stamp: Callable[[str], str]) -> Callable[[Any], Any]:
    """Return what changes the time that a PENDING job shows."""

    def alter(body: Any) -> Any:
        for job in [body, *body.get("jobs", [])]:
            if job.get("status", {}).get("state") == "PENDING":
                job["status"]["stateStartTime"] = stamp(job["status"]["stateStartTime"])
        return body

    return alter


@pytest.mark.parametrize(
    "stamp",
    [lambda _: "0001-01-01T00:00:00Z", lambda _: "9999-01-01T00:00:00Z", lambda _: ""],
    ids=["Go's zero time", "the year 9999", "none"],
)
def test_a_pending_job_without_a_time_is_waited_for_until_it_shows_one(
    stamp: Callable[[str], str],
) -> None:
    world = World()
    world.alter = shown_while_pending(stamp)
    assert waited(world, SMALL) < 60


def test_an_early_pending_time_is_dropped_if_the_history_shows_another() -> None:
    world = World()
    world.alter = shown_while_pending(lambda text: text.replace("T12:", "T11:"))
    assert waited(world, since(START)) < 60


def test_the_age_of_a_job_is_told_by_the_clock_that_stamped_it() -> None:
    """By a Date an hour ahead it would be an hour old, and polled every four minutes."""
    tenant = Tenant(durations={"load": timedelta(minutes=2)})
    tenant.clocks = ThreeClocks(header=HOUR)
    runner = tenant.runner()
    future = runner.submit(step(LOAD), POLICY)
    runner.run()
    assert isinstance(outcome(future), StepResult)
    assert max(tenant.clock.waits) < 10


def test_a_version_that_ended_in_the_future_has_no_negative_age() -> None:
    """`tamr promote` without a soak refused it: for 0s of the 0s asked for."""
    world, load = World(), since(START - HOUR)
    del load["customers"]["dataProduct"]
    world.clocks = ThreeClocks(done=HOUR)
    world.run(load)
    plan, _ = plan_with_snapshot(world.client(), world.clock, products(load), 5, "dev")
    standing = judge_product("customers", "dev", plan.steps, plan.now, "")
    assert standing.satisfied_since is not None
    assert standing.now >= standing.satisfied_since


# The clock alone.


def heard(*dates: datetime, clock: FakeClock | None = None) -> ServerClock:
    time = ServerClock(clock or FakeClock())
    for date in dates:
        time.observe(date)
    return time


def test_without_any_response_the_time_is_ours_and_a_minute_is_uncertain() -> None:
    time = heard()
    assert time.now() == START
    assert time.uncertainty() == MINUTE


def test_a_date_alone_leaves_ten_seconds_uncertain() -> None:
    assert heard(START).uncertainty() == 10 * SECOND


def test_the_creation_of_our_own_job_leaves_nothing_uncertain() -> None:
    time = heard(START)
    time.measure(START - 3 * SECOND)
    assert time.uncertainty() == timedelta(0)
    assert time.now() == START - 3 * SECOND


def test_a_creation_that_a_list_shows_is_certainly_past() -> None:
    time = heard(START)
    time.observe_creation(START - HOUR)
    assert (time.now(), time.uncertainty()) == (START, 10 * SECOND)
    time.observe_creation(START + MINUTE)
    assert (time.now(), time.uncertainty()) == (START + MINUTE, timedelta(0))


def test_a_later_date_pulls_the_clock_back() -> None:
    time = heard(START + HOUR, START)
    assert time.now() == START


def test_one_date_a_week_off_is_not_believed_and_three_that_agree_are() -> None:
    week = START + timedelta(days=7)
    assert heard(week, week).now() == START
    assert heard(week, week).is_unconfirmed
    assert heard(week, week, week).now() == week


def test_a_date_of_another_century_is_never_believed() -> None:
    odd = datetime(2099, 1, 1, tzinfo=timezone.utc)
    time = heard(odd, odd, odd, odd)
    assert (time.now(), time.is_unconfirmed) == (START, False)


def test_a_date_far_off_is_believed_beside_the_jobs_of_that_time() -> None:
    """An emulator that runs faster is weeks ahead after some hours."""
    week = START + timedelta(days=7)
    time = heard(week)
    time.observe_creation(week - HOUR)
    assert time.now() == week


def test_a_tenant_far_ahead_is_polled_until_its_time_is_certain() -> None:
    tenant = Tenant()
    tenant.clocks = ThreeClocks(header=timedelta(days=7))
    runner = tenant.runner()
    future = runner.submit(step(LOAD, START), POLICY)
    runner.run()
    assert isinstance(outcome(future), StepResult)
    assert len(tenant.requests("POST")) == 1


def test_an_end_says_nothing_of_the_time_of_creations() -> None:
    tenant = Tenant()
    tenant.start(LOAD)
    tenant.clock.elapsed += 3600
    tenant.clocks = ThreeClocks(done=5 * MINUTE)
    runner = tenant.runner()
    load = runner.submit(step(LOAD, HOURS_AGO), POLICY)
    runner.reconcile_once()
    ended = outcome(load)
    assert isinstance(ended, StepResult)
    assert ended.job.finished_at is not None
    update = runner.submit(step(UPDATE, ended.job.finished_at), replace(POLICY, slots=5))
    runner.run()
    result = outcome(update)
    assert isinstance(result, StepResult)
    assert result.origin in (Origin.LAUNCHED, Origin.ADOPTED)
    assert result.job.created_at is not None
    assert result.job.created_at >= ended.job.finished_at
