"""The diagnostics of a preview, with a real host and the engine's log service."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pulumi.dynamic import CreateResult, ResourceProvider
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime import rpc

from support.processes import QUICK, SLOW, Server, emulator
from support.provider_hosts import URN, engine, host


def inputs(url: str, **more: Any) -> dict[str, Any]:
    shared = {"version": "2026-11-20", "since": "2026-11-20T09:00:00Z", "trustDays": 36500}
    return {"sourceId": "src_crm", "url": url, "product": "customers", **shared, **more}


def polls(server: Server) -> int:
    """Return how many requests were not about the typical durations of jobs."""
    queries = [str(request["query"]) for request in server.record()["requests"]]
    return sum("NOT status:error" not in query for query in queries)


def test_a_preview_reports_the_decision_and_launches_nothing() -> None:
    with emulator(*SLOW) as server, engine() as (log, address), host(address=address) as provider:
        wanted = inputs(server.url)
        response = provider.preview(wanted)
        assert log.lines == [
            (URN, "would launch", True),
            ("", "1 job, 0 of 5 slots in use", False),
        ]
        assert response.id == ""
        assert {*rpc.deserialize_properties(response.properties)} == {*wanted, "__provider"}
        assert server.posts() == []


def test_a_preview_of_satisfied_steps_has_their_finish_for_later_steps() -> None:
    with emulator(*QUICK) as server, engine() as (log, address), host(address=address) as provider:
        id_, outs = provider.create(inputs(server.url))
        response = provider.preview(inputs(server.url))
        previewed = rpc.deserialize_properties(response.properties)
        assert previewed["jobId"] == id_
        assert previewed["finishedAt"] == outs["finishedAt"]
        assert log.lines[-2:] == [
            (URN, f"satisfied ({id_})", True),
            ("", "0 jobs, 0 of 5 slots in use", False),
        ]
        assert len(server.posts()) == 1


def test_a_previewed_update_launches_nothing_and_leaves_its_job_unknown() -> None:
    with emulator(*QUICK) as server, engine() as (log, address), host(address=address) as provider:
        id_, olds = provider.create(inputs(server.url))
        news = inputs(server.url, version="2026-11-21", since=olds["finishedAt"])
        response = provider.update_later(id_, olds, news, preview=True).result()
        assert log.lines[-1][1] == "1 job, 0 of 5 slots in use"
        assert {*rpc.deserialize_properties(response.properties)} == {*news, "__provider"}
        relabeled = {**news, "since": olds["since"]}
        response = provider.update_later(id_, olds, relabeled, preview=True).result()
        previewed = rpc.deserialize_properties(response.properties)
        assert (previewed["jobId"], previewed["version"]) == (id_, "2026-11-21")
        assert len(server.posts()) == 1
        # A call of the next update in the same thread is none of a preview.
        assert provider.update(id_, olds, news)["jobId"] != id_
        assert len(server.posts()) == 2


class OtherProvider(ResourceProvider):
    """A user's own dynamic provider, which the same host runs."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        raise AssertionError("created in a preview")


def test_a_preview_does_not_create_another_dynamic_resource() -> None:
    with host() as provider:
        response = provider.preview({"name": "x"}, serialize_provider(OtherProvider()))
        assert rpc.deserialize_properties(response.properties)["name"] == "x"
        assert response.id == ""


def test_a_step_on_hold_is_a_warning_with_its_command() -> None:
    with emulator(*SLOW) as server, engine() as (log, address), host(address=address) as provider:
        provider.preview(inputs(server.url, trustDays=1, since="2020-01-01T00:00:00Z"))
        ((_, text, ephemeral), (_, summary, _)) = log.lines
        assert summary == "0 jobs, 0 of 5 slots in use"
        assert text.startswith("on hold: no job is listed for the last ")
        assert "tamr retry customers" in text
        assert not ephemeral


def test_many_resources_share_one_list_request() -> None:
    with (
        emulator(*SLOW) as server,
        engine() as (log, address),
        host(address=address) as provider,
        ThreadPoolExecutor(30) as pool,
    ):
        wanted = [inputs(server.url, sourceId=f"src_{number}") for number in range(30)]
        list(pool.map(provider.preview, wanted))
        assert [text for _, text, _ in log.lines if "would" in text] == ["would launch"] * 30
        assert polls(server) == 1
        assert len(server.record()["requests"]) < 10


def test_without_a_key_a_preview_is_silent_and_sends_nothing() -> None:
    with (
        emulator(*SLOW) as server,
        engine() as (log, address),
        host(address=address, TAMR_API_KEY="") as provider,
    ):
        provider.preview(inputs(server.url))
        assert log.lines == []
        assert server.record()["requests"] == []


def test_an_unreachable_tenant_is_reported_once_and_fails_no_preview() -> None:
    with engine() as (log, address), host(address=address) as provider:
        for source in ("src_crm", "src_erp"):
            provider.preview(inputs("http://127.0.0.1:9", sourceId=source))
        ((urn, text, _),) = log.lines
        assert urn == ""
        assert text.startswith("cannot preview this step: http://127.0.0.1:9 cannot be")


def update(url: str, **more: Any) -> dict[str, Any]:
    keys = {**inputs(url), "dataProductId": "dp_customers", "first": True, **more}
    return {key: value for key, value in keys.items() if key != "sourceId"}


def test_a_run_soon_after_the_last_one_warns_once_for_a_product() -> None:
    with emulator(*QUICK) as server, engine() as (log, address), host(address=address) as provider:
        _, outs = provider.create(update(server.url))
        later = {"since": outs["finishedAt"], "version": "2026-11-21"}
        log.lines.clear()
        provider.preview(update(server.url, **later, after=[rpc.UNKNOWN]))
        provider.preview(update(server.url, **later))
        warnings = [line for line in log.lines if "minHoursBetween" in line[1]]
        ((urn, text, ephemeral),) = warnings
        assert (urn, ephemeral) == (URN, False)
        assert text.startswith("customers: this run starts ")
        assert f"after the previous one finished ({outs['jobId']})" in text


def test_the_warning_of_a_preview_needs_no_request_of_its_own() -> None:
    with emulator(*SLOW) as server, engine() as (_, address), host(address=address) as provider:
        provider.preview(inputs(server.url))
        provider.preview(update(server.url, after=[rpc.UNKNOWN]))
        provider.preview(update(server.url, dataProductId="dp_other", minHoursBetween=3))
        assert polls(server) == 1


def test_an_up_soon_after_the_last_one_is_a_warning_of_the_resource() -> None:
    with emulator(*QUICK) as server, engine() as (log, address), host(address=address) as provider:
        _, outs = provider.create(update(server.url))
        provider.create(update(server.url, since=outs["finishedAt"], version="2026-11-21"))
        ((urn, text, ephemeral),) = [line for line in log.lines if "minHoursBetween" in line[1]]
        assert (urn, ephemeral) == (URN, False)
        assert text.startswith("customers: this run starts ")


def test_an_unknown_property_does_not_fail_the_preview() -> None:
    with emulator(*SLOW) as server, engine() as (log, address), host(address=address) as provider:
        provider.preview({**inputs(server.url), "sourceId": None})
        provider.preview({**inputs(server.url), "after": [rpc.UNKNOWN]})
        assert [text for urn, text, _ in log.lines if urn] == ["would launch"]
