"""What is usual, from the durations of earlier jobs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from support.fake_tenant import Tenant, Unquoting
from support.sample_jobs import at, failed, succeeded
from tamr_provider.models import Configuration, Job
from tamr_provider.tenant.durations import Durations, usual_duration, usual_of

UPDATE = Configuration.update("dp_customers")


def took(*minutes: int) -> list[Job]:
    start = at("09:00")
    return [
        succeeded(f"job_{n}", UPDATE, start, start + timedelta(minutes=length))
        for n, length in enumerate(minutes)
    ]


@pytest.mark.parametrize("minutes", [(), (20,), (20, 30)])
def test_fewer_than_three_successes_say_nothing(minutes: tuple[int, ...]) -> None:
    failures = [failed(f"job_f{n}", UPDATE, at("08:00"), at("08:10")) for n in range(5)]
    assert usual_of([*took(*minutes), *failures]) is None


def test_three_equal_durations_are_their_own_percentiles() -> None:
    usual = usual_of(took(45, 45, 45))
    assert usual is not None
    assert {usual.median, usual.tenth, usual.ninetieth} == {timedelta(minutes=45)}


def test_it_is_told_with_the_time_that_nine_of_ten_keep() -> None:
    usual = usual_of(took(*[40] * 5, *[45] * 10, *[70] * 5))
    assert str(usual) == "typically 45m, 9 in 10 within 1h10m"


CONFIGURATIONS = [Configuration.load(f"src_{n}") for n in range(30)]


def ran(runs: int, configurations: list[Configuration]) -> Tenant:
    """Return a tenant on which each configuration succeeded so many times."""
    tenant = Tenant(slots=100)
    for _ in range(runs):
        for configuration in configurations:
            tenant.start(configuration)
        tenant.clock.elapsed += 3600
    return tenant


def test_many_are_asked_for_together_and_once() -> None:
    tenant = ran(4, CONFIGURATIONS)
    durations = Durations(tenant.client())
    assert durations.learn(CONFIGURATIONS)
    assert not durations.learn(CONFIGURATIONS)
    assert all(
        durations.of(configuration) == durations.of(CONFIGURATIONS[0])
        for configuration in CONFIGURATIONS
    )
    assert durations.of(CONFIGURATIONS[0]) is not None
    assert len(tenant.requests("GET")) == 30 * 4 / 30


def test_one_that_runs_rarely_is_found_behind_those_that_run_often() -> None:
    rare, *often = CONFIGURATIONS[:8]
    tenant = ran(3, [rare])
    for _ in range(20):
        for configuration in often:
            tenant.start(configuration)
        tenant.clock.elapsed += 3600
    durations = Durations(tenant.client())
    durations.learn([rare, *often])
    assert durations.of(rare) == usual_duration(tenant.client(), rare) is not None


def test_an_id_that_the_tenant_refuses_costs_its_own_estimate_only() -> None:
    odd = Configuration.load('a "quoted" source')
    tenant = Unquoting(slots=100)
    for _ in range(3):
        for configuration in [odd, *CONFIGURATIONS[:2]]:
            tenant.start(configuration)
        tenant.clock.elapsed += 3600
    durations = Durations(tenant.client())
    durations.learn([CONFIGURATIONS[0], odd, CONFIGURATIONS[1]])
    assert durations.of(odd) is None
    assert durations.of(CONFIGURATIONS[0]) == durations.of(CONFIGURATIONS[1]) is not None
