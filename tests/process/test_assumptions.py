"""`tamr doctor --tenant` against tenants for which an assumption is true, or not."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from support.fake_tenant import Tenant
from support.processes import emulator, project, tamr
from tamr_provider.doctor.assumptions import check_assumptions
from tamr_provider.doctor.finding import OK, PROBLEM, UNKNOWN, WARNING, Finding
from tamr_provider.models import Configuration

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Deviant(Tenant):
    """A tenant that changes a request, or sends another response."""

    def __init__(self, change: Callable[[httpx.Request], Any] = lambda request: request) -> None:
        super().__init__(slots=100)
        self.change = change

    def _answer(self, request: httpx.Request) -> httpx.Response:
        changed = self.change(request)
        return changed if isinstance(changed, httpx.Response) else super()._answer(changed)


def used(tenant: Tenant, jobs: int = 40) -> Tenant:
    """Let a tenant run a job an hour, and leave one running."""
    for number in range(jobs):
        tenant.start(Configuration.load(f"s{number}"))
        tenant.clock.elapsed += 3600
    tenant.start(Configuration.load("s0"))
    return tenant


def examine(tenant: Tenant, minutes: int = 0, trust: int = 30) -> list[Finding]:
    now = tenant.clock.true_now() + timedelta(minutes=minutes)
    return list(check_assumptions(tenant.client(), now, timedelta(days=trust)))


def levels(found: list[Finding], level: str) -> str:
    return "\n".join(finding.message for finding in found if finding.level == level)


def without(name: str) -> Callable[[httpx.Request], httpx.Request]:
    """Return a change that removes a query parameter."""

    def strip(request: httpx.Request) -> httpx.Request:
        url = request.url.copy_remove_param(name)
        return httpx.Request(request.method, url, headers=request.headers, content=request.read())

    return strip


def refuse_filters(request: httpx.Request) -> Any:
    refused = httpx.Response(400, json={"statusCode": 400, "message": "no such filter"})
    return refused if "filter" in request.url.params else request


def find_nothing(request: httpx.Request) -> Any:
    return httpx.Response(200, json={}) if "filter" in request.url.params else request


def jobs_of(body: Any) -> list[Any]:
    return [job for job in [body, *body.get("jobs", [])] if "jobId" in job]


def without_history(body: Any) -> Any:
    for job in jobs_of(body):
        job.pop("statusHistory", None)
    return body


def history_in_get_only(body: Any) -> Any:
    return without_history(body) if "jobs" in body else body


def oldest_first(body: Any) -> Any:
    return {**body, "jobs": body["jobs"][::-1]} if "jobs" in body else body


def paused(body: Any) -> Any:
    for job in jobs_of(body):
        if job["status"]["state"] in ("PENDING", "RUNNING"):
            job["status"]["state"] = "PAUSED"
    return body


def test_every_assumption_is_true_on_the_emulator() -> None:
    found = examine(used(Tenant(slots=100)), trust=1)
    assert {finding.level for finding in found} == {OK}
    assert len(found) == 15


def test_only_gets_are_sent() -> None:
    tenant = used(Tenant(slots=100))
    before = len(tenant.requests())
    examine(tenant)
    assert {request["method"] for request in tenant.requests()[before:]} == {"GET"}
    assert len(tenant.requests()) - before < 25


def test_without_jobs_the_other_checks_are_skipped() -> None:
    assert "the list of jobs is empty" in levels(examine(Tenant()), UNKNOWN)


def test_the_age_of_the_oldest_listed_job_is_reported() -> None:
    assert "more than 1 days ago" in levels(examine(used(Tenant(slots=100))), UNKNOWN)
    assert "younger than a day" in levels(examine(used(Tenant(slots=100), 2)), UNKNOWN)


@pytest.mark.parametrize(
    ("change", "level", "words"),
    [
        (refuse_filters, WARNING, "each poll reads the whole list"),
        (find_nothing, PROBLEM, "a filter for active jobs misses job_41"),
        (find_nothing, PROBLEM, "create_time() in filters is not the oldest time"),
        (find_nothing, PROBLEM, "minHoursBetween is not enforced"),
        (find_nothing, PROBLEM, "the query that runs use misses"),
        (find_nothing, WARNING, "typical durations stay unknown"),
        (without("filter"), WARNING, "filtering by state does not work"),
        (without("filter"), PROBLEM, "create_time() in filters is not the oldest time"),
        (without("pageToken"), PROBLEM, "the second page has no further job"),
        (without("pageSize"), OK, "pagination works: 10 jobs a page"),
    ],
)
def test_a_tenant_that_ignores_parameters_is_detected(change: Any, level: str, words: str) -> None:
    assert words in levels(examine(used(Deviant(change))), level)


@pytest.mark.parametrize(
    ("alter", "level", "words"),
    [
        (without_history, WARNING, "about 30 requests, once"),
        (history_in_get_only, OK, "one more request for each new job"),
        (oldest_first, WARNING, "not ordered by start time"),
        (paused, WARNING, "unknown states count as active: PAUSED"),
    ],
)
def test_a_tenant_with_different_job_bodies_is_detected(alter: Any, level: str, words: str) -> None:
    tenant = used(Tenant(slots=100))
    tenant.alter = alter
    assert words in levels(examine(tenant), level)


def test_without_filters_and_without_history_a_run_cannot_work() -> None:
    tenant = used(Deviant(refuse_filters))
    tenant.alter = without_history
    assert "a run cannot work here" in levels(examine(tenant), PROBLEM)


def test_a_wrong_or_missing_clock_is_detected() -> None:
    tenant = used(Tenant(slots=100))
    assert "30m apart" in levels(examine(tenant, minutes=30), WARNING)

    class Dateless(Tenant):
        def _answer(self, request: httpx.Request) -> httpx.Response:
            response = super()._answer(request)
            return httpx.Response(response.status_code, content=response.read())

    assert "responses have no Date" in levels(examine(used(Dateless(slots=100))), WARNING)


def test_the_command_prints_its_findings_and_exits_with_0(tmp_path: Path) -> None:
    with emulator() as server:
        folder = project(tmp_path, server.url)
        tamr(folder, "jobs", "start", "load", "src_crm")
        done = tamr(folder, "doctor", "--tenant", "--json", PULUMI_BACKEND_URL="")
        assert done.returncode == 0
        messages = [load["message"] for load in json.loads(done.stdout)]
        assert any("filtering by state works" in message for message in messages)
        requests = server.record()["requests"]
        assert [request["method"] for request in requests].count(
            "POST"
        ) == 1  # the job started by hand
