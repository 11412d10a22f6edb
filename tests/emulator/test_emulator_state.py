"""A state file survives restarts, and time goes on meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from support.emulator_transport import JOBS, Caller, RealTime
from tamr_provider.emulator import Options
from tamr_provider.emulator.fault_file import parse_fault_rules
from tamr_provider.emulator.store import StoreError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def options(tmp_path: Path) -> Options:
    return Options(state=tmp_path / "tenant.json", key="k")


def test_jobs_survive_a_restart_with_all_that_is_known_of_them(options: Options) -> None:
    fault_rules = parse_fault_rules({"jobs": [{"sourceId": "src_erp", "outcome": "failed"}]})
    before = Caller(replace(options, fault_rules=fault_rules))
    before.load("src_crm")
    before.load("src_erp")
    before.wait(minutes=1)
    before.stop("job_1")
    after = Caller(options, before.time)
    assert after.emulator.record()["jobs"] == before.emulator.record()["jobs"]
    after.wait(hours=1)
    assert after.page().json() == before.page().json()
    assert after.get("job_2")["status"]["error"]["reason"] == "PLANNING_FAILED"


def test_jobs_go_on_while_the_emulator_is_down(options: Options) -> None:
    before = Caller(options)
    before.load()
    before.wait(hours=1)
    assert Caller(options, before.time).state("job_1") == "DONE"


@pytest.mark.parametrize("speed", [1, 600])
def test_emulated_time_never_goes_back_in_a_restart(options: Options, speed: float) -> None:
    before = Caller(replace(options, speed=600))
    before.load()
    before.wait(seconds=3)
    done = before.get("job_1")
    assert done["status"]["state"] == "DONE"
    shown = before.page().headers["Date"]
    after = Caller(replace(options, speed=speed), before.time)
    assert after.page().headers["Date"] == shown
    assert after.get("job_1") == done
    after.wait(seconds=60)
    after.time.moment -= timedelta(days=1)
    third = Caller(options, after.time)
    assert third.get("job_1")["statusHistory"][-1] == done["statusHistory"][-1]
    created = third.load("src_erp")["status"]["stateStartTime"]
    assert created >= done["statusHistory"][-1]["stateStartTime"]


def test_the_api_key_is_not_in_the_file(options: Options) -> None:
    caller = Caller(replace(options, key="top-secret"))
    caller.http.headers["X-API-KEY"] = "top-secret"
    caller.load()
    assert options.state is not None
    assert "secret" not in options.state.read_text()


def test_the_file_is_replaced_as_a_whole_and_leaves_no_draft(options: Options) -> None:
    Caller(options).load()
    assert options.state is not None
    assert [path.name for path in options.state.parent.iterdir()] == ["tenant.json"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        "\udcff",
        '{"version": 2, "clock": {}, "jobs": []}',
        '{"version": 1, "clock": {"real": "now", "emulated": "now", "speed": 1}, "jobs": []}',
    ],
)
def test_a_file_that_is_no_state_file_is_named_and_left_alone(options: Options, text: str) -> None:
    path = options.state
    assert path is not None
    path.write_text(text, errors="surrogateescape")
    with pytest.raises(StoreError, match=r"tenant\.json: not a state file of this emulator"):
        Caller(options)
    assert path.read_text(errors="surrogateescape") == text


def test_a_file_that_cannot_be_written_is_named_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(
        StoreError, match=r"tenant\.json: cannot write the state file: No such file"
    ):
        Caller(Options(state=tmp_path / "missing" / "tenant.json"))
    with pytest.raises(StoreError, match="cannot read the state file: Is a directory"):
        Caller(Options(state=tmp_path))


def test_a_create_that_cannot_be_kept_is_500_and_has_no_effect(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    caller = Caller(Options(state=folder / "tenant.json"))
    (folder / "tenant.json").unlink()
    folder.rmdir()
    answer = caller.http.post(JOBS, json={"configuration": {"load": {"sourceId": "src_crm"}}})
    assert answer.status_code == 500
    assert "tenant.json" in answer.json()["message"]
    assert caller.listed() == []


def test_without_a_file_a_restart_begins_with_no_jobs() -> None:
    before = Caller(time=RealTime())
    before.load()
    assert Caller(time=before.time).listed() == []
