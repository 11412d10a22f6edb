"""Lists that lie: asked again or asked for less, and never read as a tenant without jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from support.fake_tenant import LOAD, POLICY, UPDATE, Tenant, outcome, step
from tamr_provider.client.list_filter import group_configurations
from tamr_provider.errors import TenantUnavailableError
from tamr_provider.models import Configuration
from tamr_provider.reconciler.pending import Origin, StepResult
from tamr_provider.tenant.durations import Durations
from tamr_provider.tenant.job_cache import JobCache
from tamr_provider.tenant.query import JobQuery

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.fake_clock import FakeClock

LONG = [Configuration.load(f"{number:02}" + "資料来源" * 32) for number in range(12)]


def ended(tenant: Tenant, configuration: Configuration = LOAD) -> StepResult:
    runner = tenant.runner()
    future = runner.submit(step(configuration), POLICY)
    runner.run()
    result = outcome(future)
    assert isinstance(result, StepResult), result
    return result


def done_before(tenant: Tenant, configuration: Configuration = LOAD) -> Tenant:
    """Return the tenant after a load that succeeded half an hour ago."""
    tenant.start(configuration)
    tenant.clock.elapsed += 50 * 60
    return tenant


class Altered(Tenant):
    """A tenant whose nth list from now on comes as `alter_list` makes it."""

    def __init__(self, alter_list: Callable[[Any], Any], nth: int = 1, times: int = 1) -> None:
        super().__init__()
        self.alter_list = alter_list
        self.nth = nth
        self.times = times
        self.lists = 0
        self.is_on = False

    def _answer(self, request: httpx.Request) -> httpx.Response:
        response = super()._answer(request)
        if not self.is_on or request.method != "GET" or not request.url.path.endswith("/jobs"):
            return response
        self.lists += 1
        if not 0 <= self.lists - self.nth < self.times:
            return response
        return httpx.Response(200, json=self.alter_list(response.json()))


def altered(alter_list: Callable[[Any], Any], nth: int = 1, times: int = 1) -> Altered:
    tenant = Altered(alter_list, nth, times)
    done_before(tenant)
    tenant.is_on = True
    return tenant


ERRORS: dict[str, Any] = {
    "the documented form": {"statusCode": 503, "message": "upstream unavailable"},
    "grpc-gateway's form": {"code": 14, "message": "unavailable", "details": []},
    "a session's form": {"error": "session expired"},
    "an error beside no jobs": {"jobs": None, "error": {"code": 503}},
    "an error beside an empty list": {"jobs": [], "message": "partial result"},
}


@pytest.mark.parametrize("body", ERRORS.values(), ids=ERRORS.keys())
def test_an_error_object_under_status_200_is_no_empty_list(body: Any) -> None:
    tenant = altered(lambda _: body)
    assert ended(tenant).origin == Origin.EXISTING
    assert tenant.posts() == 1


def test_an_error_object_under_status_200_ends_no_wait_for_a_single_job() -> None:
    tenant = Tenant()
    job_id = tenant.start(LOAD)
    bodies = iter([{"statusCode": 503, "message": "upstream unavailable"}])
    tenant.alter = lambda body: next(bodies, body)
    assert tenant.client().get_job(job_id).id == job_id


def test_an_empty_object_is_an_empty_list() -> None:
    tenant = Altered(lambda _: {}, times=1_000)
    assert tenant.client().list_jobs() == []


def without_the_edge(body: Any) -> Any:
    """Return a list whose pages moved up by one between two requests."""
    jobs = body.get("jobs") or []
    return {**body, "jobs": [job for job in jobs if job["jobId"] != "job_1"]}


@pytest.mark.parametrize("times", [1, 3])
def test_a_success_that_the_pages_skipped_is_found_right_before_the_post(times: int) -> None:
    tenant = altered(without_the_edge, times=times)
    assert ended(tenant).job.id == "job_1"
    assert tenant.posts() == 1


ENTRIES: dict[str, Any] = {"an empty one": {}, "null": None, "a number": 7, "no id": {"jobId": ""}}


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES.keys())
def test_an_entry_without_an_id_is_asked_for_again(entry: Any) -> None:
    tenant = altered(lambda body: {**body, "jobs": [entry, *body["jobs"]]})
    assert ended(tenant).origin == Origin.EXISTING


def test_an_entry_that_never_has_an_id_is_named_as_the_tenants_fault() -> None:
    tenant = altered(lambda body: {**body, "jobs": [{}]}, times=1_000)
    with pytest.raises(TenantUnavailableError, match=r"returned 200: not a Tamr job: \{\}"):
        tenant.client().list_jobs()


class Narrow(Tenant):
    """A tenant behind a gateway that takes addresses of 8 KB, and refuses or resets longer ones."""

    status = 414

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if len(request.url.raw_path) <= 8192:
            return super()._answer(request)
        if self.status:
            return httpx.Response(self.status, json={"message": "URI too long"})
        raise httpx.ReadError("connection reset")


class Resetting(Narrow):
    """The same, with a reset."""

    status = 0


class HeadersTooLarge(Narrow):
    """The same, with the other status for it."""

    status = 431


KINDS = [Narrow, HeadersTooLarge, Resetting]


def crowded(kind: type[Tenant]) -> Tenant:
    tenant = kind(slots=10_000)
    for number in range(100):
        tenant.start(Configuration.load(f"other_{number}"))
    for configuration in LONG:
        tenant.start(configuration)
    return tenant


@pytest.mark.parametrize("kind", KINDS)
def test_long_names_are_asked_for_in_addresses_that_every_gateway_takes(
    kind: type[Tenant],
) -> None:
    tenant = crowded(kind)
    tenant.clock.elapsed += 3600
    start = tenant.clock.elapsed
    snapshot = JobCache(tenant.client(), tenant.clock).refresh(
        JobQuery(tenant.clock.true_now(), None, frozenset(LONG))
    )
    assert snapshot.jobs == ()
    Durations(tenant.client()).learn(LONG)
    assert tenant.clock.elapsed == start


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_too_long_for_any_address_is_launched_once(kind: type[Tenant]) -> None:
    name = Configuration.load("名" * 1500)
    tenant = kind()
    assert ended(tenant, name).origin == Origin.LAUNCHED
    start = tenant.clock.elapsed
    assert ended(tenant, name).origin == Origin.EXISTING
    assert tenant.clock.elapsed == start
    assert tenant.posts() == 1


def test_filters_are_cut_by_their_length_in_the_address() -> None:
    short = [Configuration.load(f"s{number}") for number in range(60)]
    assert [len(group) for group in group_configurations(short, 25)] == [25, 25, 10]
    assert max(len(group) for group in group_configurations(LONG, 25)) == 2
    assert [
        configuration for group in group_configurations(LONG, 25) for configuration in group
    ] == LONG
    assert list(group_configurations([], 25)) == []


class WithoutDurations(Tenant):
    """A tenant that resets every request for successes."""

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if "NOT status:error" in request.url.params.get("filter", ""):
            raise httpx.ReadError("connection reset")
        return super()._answer(request)


def test_usual_durations_are_asked_for_with_few_tries() -> None:
    tenant = WithoutDurations()
    start = tenant.clock.elapsed
    runner = tenant.runner()
    future = runner.submit(step(LOAD), POLICY)
    runner.reconcile_once()
    assert tenant.clock.elapsed - start < 10
    runner.run()
    assert isinstance(outcome(future), StepResult)


class Refusing(Tenant):
    """A tenant that refuses some of its lists with filters."""

    refused = frozenset[int]()
    lists = 0

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if "filter" in request.url.params:
            self.lists += 1
            if self.lists in self.refused:
                return httpx.Response(400, json={"statusCode": 400, "message": "passing"})
        return super()._answer(request)


def polls(clock: FakeClock, tenant: Refusing, count: int) -> list[int]:
    """Return how many requests each of some polls cost on a tenant with 120 older jobs."""
    for number in range(120):
        tenant.start(Configuration.load(f"old_{number}"))
    clock.elapsed += 3 * 3600
    cache = JobCache(tenant.client(), clock)
    scope = JobQuery(clock.true_now())
    costs = []
    for _ in range(count):
        before = len(tenant.requests())
        cache.refresh(scope)
        costs.append(len(tenant.requests()) - before)
    return costs


def test_a_400_that_passes_gives_up_filters_for_one_poll_only() -> None:
    tenant = Refusing(slots=1000)
    tenant.refused = frozenset([2])
    assert polls(tenant.clock, tenant, 4) == [1, 4, 1, 1]


def test_three_400s_in_a_row_give_up_filters_for_good() -> None:
    tenant = Refusing(slots=1000)
    tenant.refused = frozenset(range(2, 100))
    assert polls(tenant.clock, tenant, 6) == [1, 4, 4, 4, 4, 4]
    assert tenant.lists == 4


def test_a_tenant_without_filters_is_launched_on_without_the_question() -> None:
    tenant = Refusing()
    tenant.refused = frozenset(range(1, 1000))
    assert ended(tenant, UPDATE).origin == Origin.LAUNCHED
    assert len(tenant.jobs()) == 1
