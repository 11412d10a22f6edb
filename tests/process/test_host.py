"""The provider through a real host process over gRPC: our own host, and the stock one."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2

from support.processes import KEY, QUICK, SLOW, emulator, environment
from support.provider_hosts import OWN, STOCK, engine, host

HOSTS = pytest.mark.parametrize("module", [OWN, STOCK])
SINCE = "2026-11-20T09:00:00Z"


def inputs(url: str, source: str = "src_crm", **more: Any) -> dict[str, Any]:
    shared = {"version": "2026-11-20", "since": SINCE, "product": "customers", "stack": "dev"}
    return {"sourceId": source, "url": url, "trustDays": 36500, **shared, **more}


def error_of(future: Any) -> str:
    return str(future.exception().details())


@HOSTS
def test_a_create_launches_once_and_returns_all_outputs(module: str) -> None:
    with emulator(*QUICK) as server, host(module) as provider:
        wanted = inputs(server.url)
        id_, outs = provider.create(wanted)
        (job,) = server.jobs()
        assert id_ == outs["jobId"] == job["jobId"]
        assert outs["outcome"] == "succeeded"
        assert outs["adopted"] is False
        assert outs["attempts"] == 1
        assert outs["finishedAt"] == job["finished"].replace(".000Z", "Z")
        repeated = {*wanted} - {"product", "stack"}
        assert {key: outs[key] for key in repeated} == {key: wanted[key] for key in repeated}
        assert provider.create(wanted)[0] == id_
        assert len(server.posts()) == 1


@HOSTS
def test_a_created_step_is_unchanged_readable_and_deletable(module: str) -> None:
    with emulator(*QUICK) as server, host(module) as provider:
        wanted = inputs(server.url)
        id_, outs = provider.create(wanted)
        assert provider.diff(id_, outs, wanted).changes == provider_pb2.DiffResponse.DIFF_NONE
        assert provider.read(id_, outs).id == id_
        provider.delete(id_, outs)
        assert len(server.posts()) == 1


@HOSTS
def test_an_update_launches_what_a_new_version_needs(module: str) -> None:
    with emulator(*QUICK) as server, host(module) as provider:
        id_, olds = provider.create(inputs(server.url))
        news = inputs(server.url, version="v2", since=olds["finishedAt"])
        assert provider.diff(id_, olds, news).changes == provider_pb2.DiffResponse.DIFF_SOME
        outs = provider.update(id_, olds, news)
        assert len(server.posts()) == 2
        assert {outs["jobId"], id_} == {job["jobId"] for job in server.jobs()}
        assert outs["version"] == "v2"
        assert {*outs} == {*olds}
        assert provider.diff(id_, outs, news).changes == provider_pb2.DiffResponse.DIFF_NONE
        assert provider.update(id_, olds, news)["jobId"] == outs["jobId"]
        assert len(server.posts()) == 2


@HOSTS
def test_an_update_that_a_job_satisfies_launches_nothing(module: str) -> None:
    with emulator(*QUICK) as server, host(module) as provider:
        id_, olds = provider.create(inputs(server.url))
        outs = provider.update(id_, olds, inputs(server.url, version="v2"))
        assert (outs["jobId"], outs["version"], outs["adopted"]) == (id_, "v2", True)
        assert len(server.posts()) == 1


def test_an_error_reaches_the_engine_after_the_other_steps(tmp_path: Any) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text('{"jobs": [{"sourceId": "bad", "outcome": "failed", "reason": "BOOM"}]}')
    slow = ["--load", "3s", "--pending", "50ms"]
    with (
        emulator(*slow, "--faults", str(faults)) as server,
        engine() as (log, address),
        host(address=address) as provider,
    ):
        bad = provider.create_later(inputs(server.url, "bad"))
        server.wait_for_running(1)
        good = provider.create_later(inputs(server.url, "good", product="suppliers"))
        assert good.result().id
        assert not bad.done()
        row = log.wait_for("BOOM")
        assert row.startswith("failed: BOOM")
        assert row.endswith("; other steps continue")
        assert "JobFailedError: customers: load bad failed" in error_of(bad)


def test_a_cancel_releases_a_withheld_error_at_once(tmp_path: Any) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text('{"jobs": [{"sourceId": "bad", "duration": "50ms", "outcome": "failed"}]}')
    with (
        emulator(*SLOW, "--faults", str(faults)) as server,
        engine() as (log, address),
        host(address=address) as provider,
    ):
        good = provider.create_later(inputs(server.url, "good", product="suppliers"))
        bad = provider.create_later(inputs(server.url, "bad"))
        log.wait_for("failed: ")
        provider.cancel()
        assert "JobFailedError: customers: load bad failed" in error_of(bad)
        assert "did not finish: interrupted" in error_of(good)


def test_after_a_failure_a_delete_keeps_the_resource(tmp_path: Any) -> None:
    """With `--continue-on-error`, the state would refer to a resource that is gone."""
    faults = tmp_path / "faults.json"
    faults.write_text('{"jobs": [{"times": 1}, {"outcome": "failed"}]}')
    with emulator(*QUICK, "--faults", str(faults)) as server, host() as provider:
        id_, outs = provider.create(inputs(server.url))
        provider.delete(id_, outs)
        assert error_of(provider.create_later(inputs(server.url, "new")))
        with pytest.raises(grpc.RpcError) as caught:
            provider.delete(id_, outs)
        assert "kept in the state, because other steps did not succeed" in str(caught.value)


def test_an_update_of_a_failed_job_is_one_line_and_runs_again(tmp_path: Any) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text('{"jobs": [{"times": 1}, {"outcome": "failed", "times": 1}]}')
    with emulator(*QUICK, "--faults", str(faults)) as server, host() as provider:
        id_, olds = provider.create(inputs(server.url))
        news = inputs(server.url, version="v2", since=olds["finishedAt"])
        (line,) = error_of(provider.update_later(id_, olds, news)).splitlines()
        assert line.startswith("JobFailedError: customers: load src_crm failed: ")
        assert provider.update(id_, olds, news)["attempts"] == 2
        assert len(server.posts()) == 3


def test_a_cancel_ends_waiting_updates_and_the_next_one_adopts() -> None:
    with emulator("--load", "2s", "--pending", "50ms") as server:
        with host() as provider:
            id_, olds = provider.create(inputs(server.url))
            news = inputs(server.url, version="v2", since=olds["finishedAt"])
            update = provider.update_later(id_, olds, news)
            server.wait_for_running(1)
            provider.cancel()
            assert "did not finish: interrupted" in error_of(update)
        with host() as provider:
            assert provider.update(id_, olds, news)["adopted"] is True
        assert len(server.posts()) == 2


def test_eight_creates_run_in_parallel_and_delay_no_check_or_diff() -> None:
    with emulator(*SLOW, "--slots", "20") as server, host(TAMR_SLOTS="20") as provider:
        creates = [provider.create_later(inputs(server.url, f"src_{n}")) for n in range(8)]
        server.wait_for_running(8)
        wanted = inputs(server.url)
        assert not provider.check(wanted).failures
        recorded = {**wanted, "createdAt": "2026-11-20T10:00:00Z"}
        assert provider.diff("x", recorded, wanted).changes
        provider.cancel()
        assert all("did not finish: interrupted" in error_of(create) for create in creates)


def test_the_longest_remaining_work_goes_first_in_any_order_of_creates() -> None:
    update, publish = [{"dataProductId": "dp_customers"}], [{"destinationId": "Test 123"}]
    behind = {"light": [], "heavy": [update, publish], "middling": [update]}
    with emulator(*QUICK, "--slots", "1") as server, host(TAMR_SLOTS="1") as provider:
        creates = []
        for source, then in behind.items():
            checked = provider.check(inputs(server.url, source, then=then))
            assert not checked.failures
            assert "then" not in checked.inputs
            creates.append(provider.create_later(inputs(server.url, source)))
        assert all("then" not in create.result().properties for create in creates)
        jobs = sorted(server.jobs(), key=lambda each: str(each["created"]))
    order = [job["configuration"]["load"]["sourceId"] for job in jobs]
    assert order == ["heavy", "middling", "light"]


def test_a_cancel_ends_waiting_creates_in_one_line_and_leaves_their_jobs() -> None:
    with emulator(*SLOW) as server, host() as provider:
        creates = [provider.create_later(inputs(server.url, source)) for source in ("a", "b")]
        server.wait_for_running(2)
        provider.cancel()
        for create in creates:
            (line,) = error_of(create).splitlines()
            assert line.startswith("NotFinishedError: customers: load ")
            assert line.endswith("is still running. To resume, run: pulumi up --stack dev")
        assert {job["state"] for job in server.jobs()} == {"RUNNING"}


def test_a_host_that_is_killed_loses_no_job() -> None:
    with emulator("--load", "2s", "--pending", "50ms") as server:
        with host() as provider:
            create = provider.create_later(inputs(server.url))
            server.wait_for_running(1)
            provider.process.kill()
            assert create.exception() is not None
        with host() as provider:
            _, outs = provider.create(inputs(server.url))
        assert outs["adopted"] is True
        assert len(server.posts()) == 1


def test_a_host_ends_when_its_engine_is_killed() -> None:
    engine = subprocess.Popen(
        ["sh", "-c", f'"$0" -u -m {OWN}; :', sys.executable],
        stdout=subprocess.PIPE,
        env=environment(),
    )
    assert engine.stdout is not None
    assert int(engine.stdout.readline())
    engine.kill()
    # The host holds the other end of the pipe for as long as it lives.
    assert engine.communicate(timeout=60)[0] == b""


@HOSTS
def test_a_failure_is_one_line_without_a_traceback(module: str, tmp_path: Any) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text('{"jobs": [{"outcome": "failed", "reason": "BOOM", "message": "it broke"}]}')
    with emulator(*QUICK, "--faults", str(faults)) as server, host(module) as provider:
        (line,) = error_of(provider.create_later(inputs(server.url))).splitlines()
        assert line.startswith("JobFailedError: customers: load src_crm failed: ")
        assert "BOOM: it broke" in line


@HOSTS
def test_a_missing_key_is_one_line_that_names_the_variable(module: str) -> None:
    with emulator() as server, host(module, TAMR_API_KEY="") as provider:
        (line,) = error_of(provider.create_later(inputs(server.url))).splitlines()
        assert line.startswith("InputError: no API key. Set TAMR_API_KEY (or TAMR_API_KEY_DEV)")
        assert server.record()["requests"] == []


def test_the_key_may_be_secret_config_and_the_environment_wins() -> None:
    with emulator(*QUICK, "--key", "right") as server:
        with host(config={"tamr:apiKey": "right"}, TAMR_API_KEY="") as provider:
            assert provider.create(inputs(server.url))[0]
        with host(config={"tamr:apiKey": "wrong"}, TAMR_API_KEY="right") as provider:
            assert provider.create(inputs(server.url))[0]


def test_the_hand_over_time_ends_the_waits_of_a_host() -> None:
    with emulator(*SLOW) as server, host(TAMR_HAND_OVER_AFTER="1s") as provider:
        error = error_of(provider.create_later(inputs(server.url)))
        assert "reached the time limit TAMR_HAND_OVER_AFTER" in error
        assert server.jobs()[0]["state"] == "RUNNING"


def test_no_response_of_the_host_contains_the_key() -> None:
    with emulator(*QUICK) as server, host() as provider:
        _, outs = provider.create(inputs(server.url))
        assert KEY not in str(outs)
    with emulator("--key", "another") as server, host() as provider:
        assert KEY not in error_of(provider.create_later(inputs(server.url)))


def test_one_source_in_two_resources_is_loaded_once() -> None:
    with emulator(*QUICK) as server, host() as provider, ThreadPoolExecutor() as pool:
        wanted = [inputs(server.url, product=name) for name in ("customers", "suppliers")]
        ids = {id_ for id_, _ in pool.map(provider.create, wanted)}
        assert len(ids) == len(server.posts()) == 1


def test_an_import_is_refused_in_one_line_that_says_what_to_do() -> None:
    with host() as provider, pytest.raises(grpc.RpcError) as caught:
        provider.read_unknown("job_1")
    (line,) = str(caught.value.details()).splitlines()
    assert line.startswith("a step cannot be imported. Declare it in the program")


def test_custom_timeouts_end_a_wait_and_leave_its_job() -> None:
    with emulator(*SLOW) as server, host() as provider:
        create = provider.create_later(inputs(server.url), timeout=0.5)
        (line,) = error_of(create).splitlines()
        assert line.startswith("NotFinishedError: customers: load src_crm did not finish: waited ")
        assert server.jobs()[0]["state"] in ("PENDING", "RUNNING")


def test_check_reports_wrong_properties_by_name() -> None:
    with host() as provider:
        response = provider.check(inputs("https://acme.tamr.cloud", since="tomorrow"))
        assert [failure.property for failure in response.failures] == ["since"]


def test_an_unexpected_error_is_still_a_response() -> None:
    with host() as provider, pytest.raises(grpc.RpcError):
        provider.create({"url": "x"})
