"""A look reads what matters, however many jobs others have started."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from support.fake_clock import START
from support.fake_tenant import LOAD, PUBLISH, UPDATE, Tenant, Unquoting
from support.three_clocks import ThreeClocks
from tamr_provider.models import Configuration
from tamr_provider.tenant.job_cache import JobCache
from tamr_provider.tenant.query import JobQuery

OURS = [LOAD, UPDATE, PUBLISH]
FOREIGN = 300


def busy(kind: type[Tenant] = Tenant) -> Tenant:
    """Return a tenant on which others started hundreds of jobs between ours."""
    tenant = kind(slots=10_000, durations={"load": timedelta(minutes=1)})
    for number in range(FOREIGN):
        tenant.start(Configuration.load(f"other_{number}"))
        if number % 100 == 50:
            tenant.start(OURS[number // 100])
        tenant.clock.elapsed += 60
    tenant.clock.elapsed += 6 * 3600
    tenant.start(Configuration.update("dp_of_others"))
    return tenant


def looked(tenant: Tenant, *wanted: Configuration) -> tuple[set[str], int]:
    """Return the jobs that a look for these shows, and how many requests it sent."""
    before = len(tenant.requests())
    query = JobQuery(START, tenant.clock.true_now() - timedelta(minutes=5), frozenset(wanted))
    snapshot = JobCache(tenant.client(), tenant.clock).refresh(query)
    seen = {str(job.configuration) for job in snapshot.jobs if "other_" not in str(job)}
    return seen, len(tenant.requests()) - before


def test_jobs_of_others_are_not_read_page_by_page() -> None:
    wanted, requests = looked(busy(), *OURS)
    everything, many = looked(busy())
    assert (
        wanted
        == everything
        == {str(configuration) for configuration in OURS} | {"update dp_of_others"}
    )
    assert many == -(-(FOREIGN + 4) // 30)
    assert requests <= 5


def test_a_tenant_without_others_is_asked_once() -> None:
    tenant = Tenant()
    for configuration in OURS:
        tenant.start(configuration)
    assert looked(tenant, *OURS) == ({str(configuration) for configuration in OURS}, 1)


def test_an_id_that_the_tenant_refuses_in_a_filter_has_all_jobs_read() -> None:
    tenant = busy(Unquoting)
    odd = Configuration.load('a "quoted" source')
    tenant.start(odd)
    assert looked(tenant, odd, *OURS)[0] >= {
        str(odd),
        *(str(configuration) for configuration in OURS),
    }


@pytest.mark.parametrize(
    ("one", "other", "covers"),
    [
        (JobQuery(START), JobQuery(START, None, frozenset(OURS)), True),
        (JobQuery(START, None, frozenset(OURS)), JobQuery(START), False),
        (JobQuery(START, None, frozenset(OURS)), JobQuery(START, None, frozenset([LOAD])), True),
        (JobQuery(START, None, frozenset([LOAD])), JobQuery(START, None, frozenset(OURS)), False),
    ],
    ids=["all cover some", "some do not cover all", "more cover fewer", "fewer do not cover more"],
)
def test_a_look_for_some_configurations_covers_those_only(
    one: JobQuery, other: JobQuery, covers: bool
) -> None:
    assert one.covers(other) is covers


@pytest.mark.parametrize("listed_before", [0, 1], ids=["an empty list", "an older job"])
@pytest.mark.parametrize("minutes", [10, 59])
def test_a_job_between_two_polls_is_seen_if_creations_are_stamped_behind(
    minutes: int, listed_before: int
) -> None:
    tenant = Tenant(durations={"load": timedelta(seconds=20), "update": timedelta(seconds=20)})
    behind = -timedelta(minutes=minutes)
    tenant.clocks = ThreeClocks(created=behind, done=behind)
    cache, query = JobCache(tenant.client(), tenant.clock), JobQuery(START - timedelta(hours=3))
    for _ in range(listed_before):
        tenant.start(LOAD)
    cache.refresh(query)
    tenant.start(UPDATE)
    tenant.clock.elapsed += 30
    assert UPDATE in {job.configuration for job in cache.refresh(query).jobs}


def test_a_look_since_the_year_1_is_a_look_since_ever() -> None:
    tenant = Tenant()
    tenant.start(LOAD)
    cache = JobCache(tenant.client(), tenant.clock)
    assert len(cache.refresh(JobQuery(datetime(1, 1, 1, tzinfo=timezone.utc))).jobs) == 1
