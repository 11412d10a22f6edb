"""What a preview tells of each resource, through a real host and an engine's log service."""

from __future__ import annotations

from typing import Any

from pulumi.runtime import rpc

from support.processes import QUICK, SLOW, emulator
from support.provider_hosts import URN, engine, host


def inputs(url: str, **more: Any) -> dict[str, Any]:
    shared = {"version": "2026-11-20", "since": "2026-11-20T09:00:00Z", "trustDays": 36500}
    return {"sourceId": "src_crm", "url": url, "product": "customers", **shared, **more}


def test_a_preview_tells_what_would_happen_and_why_and_launches_nothing() -> None:
    with emulator(*SLOW) as server, engine() as (told, address), host(address=address) as provider:
        wanted = inputs(server.url)
        answer = provider.preview(wanted)
        assert told.told == [
            (URN, "would launch: no job with this configuration since 2026-11-20T09:00:00Z", False),
        ]
        assert answer.id == ""
        assert {*rpc.deserialize_properties(answer.properties)} == {*wanted, "__provider"}
        assert server.posts() == []


def test_a_preview_of_satisfied_steps_has_their_finish_for_later_steps() -> None:
    with emulator(*QUICK) as server, engine() as (told, address), host(address=address) as provider:
        id_, outs = provider.create(inputs(server.url))
        answer = provider.preview(inputs(server.url))
        previewed = rpc.deserialize_properties(answer.properties)
        assert previewed["jobId"] == id_
        assert previewed["finishedAt"] == outs["finishedAt"]
        assert told.told[-1][1].startswith(f"nothing to launch: {id_} succeeded at ")
        assert len(server.posts()) == 1


def test_a_held_step_is_a_warning_with_its_repair() -> None:
    with emulator(*SLOW) as server, engine() as (told, address), host(address=address) as provider:
        provider.preview(inputs(server.url, trustDays=1, since="2020-01-01T00:00:00Z"))
        ((_, text, ephemeral),) = told.told
        assert text.startswith("held: no job has been listed since 2020-01-01T00:00:00Z")
        assert "tamr retry customers" in text
        assert not ephemeral


def test_many_resources_share_one_look() -> None:
    with emulator(*SLOW) as server, engine() as (told, address), host(address=address) as provider:
        for number in range(30):
            provider.preview(inputs(server.url, sourceId=f"src_{number}"))
        assert len(told.told) == 30
        assert len(server.record()["requests"]) == 1


def test_without_a_key_a_preview_is_silent_and_asks_nobody() -> None:
    with (
        emulator(*SLOW) as server,
        engine() as (told, address),
        host(address=address, TAMR_API_KEY="") as provider,
    ):
        provider.preview(inputs(server.url))
        assert told.told == []
        assert server.record()["requests"] == []


def test_an_unreachable_tenant_is_reported_once_and_fails_no_preview() -> None:
    with engine() as (told, address), host(address=address) as provider:
        for source in ("src_crm", "src_erp"):
            provider.preview(inputs("http://127.0.0.1:9", sourceId=source))
        ((urn, text, _),) = told.told
        assert urn == ""
        assert text.startswith("what would happen cannot be told: http://127.0.0.1:9 cannot be")


def update(url: str, **more: Any) -> dict[str, Any]:
    keys = {**inputs(url), "dataProductId": "dp_customers", "first": True, **more}
    return {key: value for key, value in keys.items() if key != "sourceId"}


def test_a_run_soon_after_the_last_one_warns_once_for_a_product() -> None:
    with emulator(*QUICK) as server, engine() as (told, address), host(address=address) as provider:
        _, outs = provider.create(update(server.url))
        later = {"since": outs["finishedAt"], "version": "2026-11-21"}
        told.told.clear()
        provider.preview(update(server.url, **later, after=[rpc.UNKNOWN]))
        provider.preview(update(server.url, **later))
        warnings = [each for each in told.told if "minHoursBetween" in each[1]]
        ((urn, text, ephemeral),) = warnings
        assert (urn, ephemeral) == (URN, False)
        assert text.startswith("customers: this run starts ")
        assert f"after the previous one finished ({outs['jobId']})" in text


def test_the_warning_of_a_preview_costs_no_look_of_its_own() -> None:
    with emulator(*SLOW) as server, engine() as (_, address), host(address=address) as provider:
        provider.preview(inputs(server.url))
        provider.preview(update(server.url, after=[rpc.UNKNOWN]))
        provider.preview(update(server.url, dataProductId="dp_other", minHoursBetween=3))
        assert len(server.record()["requests"]) == 1


def test_an_up_soon_after_the_last_one_is_warned_of_in_the_resources_row() -> None:
    with emulator(*QUICK) as server, engine() as (told, address), host(address=address) as provider:
        _, outs = provider.create(update(server.url))
        provider.create(update(server.url, since=outs["finishedAt"], version="2026-11-21"))
        ((urn, text, ephemeral),) = [each for each in told.told if "minHoursBetween" in each[1]]
        assert (urn, ephemeral) == (URN, False)
        assert text.startswith("customers: this run starts ")


def test_a_property_that_is_not_known_yet_is_no_reason_to_fail() -> None:
    with emulator(*SLOW) as server, engine() as (told, address), host(address=address) as provider:
        provider.preview({**inputs(server.url), "sourceId": None})
        provider.preview({**inputs(server.url), "after": [rpc.UNKNOWN]})
        assert [text for _, text, _ in told.told] == [
            "would launch: comes after steps that are not done yet"
        ]
