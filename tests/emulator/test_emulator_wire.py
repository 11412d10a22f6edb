"""The emulator's answers have the shapes of tests/wire, written from the API's documentation."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.emulator_transport import RealTime, emulator_transport
from tamr_provider.emulator import Emulator, Options
from tamr_provider.emulator.fault_rules import FaultRules, JobRule
from tamr_provider.emulator.job import JobError

WIRE = Path(__file__).parents[1] / "wire"


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


FRESH = moment("2026-01-05T09:00:00.123Z")
CREATED = moment("2026-01-05T10:11:04.640Z")
STARTED = moment("2026-01-05T10:11:10.771Z")
STOPPED = moment("2026-01-05T10:30:58.002Z")
STOP_ENDS = moment("2026-01-05T10:31:04.518Z")
RUN_ENDS = moment("2026-01-05T10:31:10.771Z")
USUAL = Options(
    pending=STARTED - CREATED,
    stopping=STOP_ENDS - STOPPED,
    durations=dict.fromkeys(("load", "update", "publish"), RUN_ENDS - STARTED),
)
PLANNING = JobError("PLANNING_FAILED", "Something went wrong while planning the job")


def script(**rule: Any) -> Options:
    return replace(USUAL, fault_rules=FaultRules(jobs=[JobRule(**rule)]))


@dataclass(frozen=True)
class Situation:
    """What happened before the sample's answer: a create, perhaps a stop, then a look."""

    created: datetime = CREATED
    stop: datetime | None = None
    look: datetime | None = None
    options: Options = USUAL


FAILED = script(outcome="failed", error=PLANNING)
FAILED_PLANNING = script(outcome="failed", error=PLANNING, duration=timedelta())
LATE_STOP = script(duration=STOP_ENDS - STARTED)
WITHOUT_MESSAGE = script(outcome="failed", error=JobError("OUT_OF_MEMORY", ""))
NULL, EMPTY = replace(USUAL, unset="null"), replace(USUAL, unset="empty")
SITUATIONS = {
    "create_load_pending_absent": Situation(FRESH),
    "create_load_pending_null": Situation(FRESH, options=NULL),
    "create_load_pending_empty": Situation(FRESH, options=EMPTY),
    "create_update_empty_workflow_id": Situation(FRESH, options=EMPTY),
    "create_workflow_update": Situation(FRESH),
    "create_workflow_update_empty_ids": Situation(FRESH, options=EMPTY),
    "create_publish_legacy": Situation(FRESH),
    "create_publish_realtime_empty_ids": Situation(FRESH, options=EMPTY),
    "create_publish_non_ascii_name": Situation(FRESH),
    "get_running": Situation(look=STARTED),
    "get_stopping": Situation(stop=STOPPED, look=STOPPED),
    "get_done_succeeded_error_absent": Situation(look=RUN_ENDS),
    "get_done_stopped": Situation(stop=STOPPED, look=RUN_ENDS),
    "get_done_stopped_while_pending": Situation(
        stop=moment("2026-01-05T10:11:07.000Z"), look=RUN_ENDS
    ),
    "get_done_succeeded_after_stop": Situation(stop=STOPPED, look=RUN_ENDS, options=LATE_STOP),
    "get_done_failed_planning": Situation(look=RUN_ENDS, options=FAILED),
    "get_done_failed_planning_never_ran": Situation(look=RUN_ENDS, options=FAILED_PLANNING),
}


def sample(name: str) -> Any:
    return json.loads((WIRE / f"{name}.json").read_text(encoding="utf-8"))


def opened(options: Options, time: RealTime, job_id: str) -> httpx.Client:
    emulator = Emulator(options, now=time.now, new_id=lambda: job_id)
    return httpx.Client(
        base_url="http://tenant/api/v1beta1",
        headers={"X-API-KEY": "k"},
        transport=emulator_transport(emulator),
    )


@pytest.mark.parametrize("name", SITUATIONS)
def test_the_emulator_in_the_same_situation_gives_the_same_answer(name: str) -> None:
    situation, expected = SITUATIONS[name], sample(name)
    time, means = RealTime(situation.created), expected["means"]
    http = opened(situation.options, time, means["jobId"])
    body = {"configuration": {means["type"]: means["ids"]}}
    answer = http.post("/jobs", json=body)
    if situation.stop:
        time.moment = situation.stop
        assert http.post(f"/jobs/{means['jobId']}:stop", json={}).json() == sample("stop")["body"]
    if situation.look:
        time.moment = situation.look
        answer = http.get(f"/jobs/{means['jobId']}")
    assert (answer.status_code, answer.json()) == (200, expected["body"])


def test_an_empty_message_is_an_unset_field() -> None:
    time = RealTime(CREATED)
    http = opened(replace(WITHOUT_MESSAGE, unset="empty"), time, "job_x8")
    http.post("/jobs", json={"configuration": {"update": {"dataProductId": "dp-abc"}}})
    time.moment = RUN_ENDS
    error = sample("get_done_failed_unknown_reason_no_message")["body"]["status"]["error"]
    assert http.get("/jobs/job_x8").json()["status"]["error"] == error


@pytest.mark.parametrize("unset", ["absent", "null", "empty"])
def test_a_list_without_jobs_is_written_in_the_style_of_unset_fields(unset: Any) -> None:
    http = opened(Options(unset=unset), RealTime(), "")
    assert http.get("/jobs").json() == sample(f"list_no_jobs_{unset}")["body"]


@pytest.mark.parametrize("unset", ["absent", "null", "empty"])
def test_the_last_page_has_its_token_in_the_style_of_unset_fields(unset: Any) -> None:
    """Two jobs: a load that runs, and a publish that does not run yet and so comes first."""
    time, ids = RealTime(CREATED), iter(["job_x3", "job_x1"])
    emulator = Emulator(replace(USUAL, unset=unset), now=time.now, new_id=lambda: next(ids))
    http = httpx.Client(
        base_url="http://tenant/api/v1beta1",
        headers={"X-API-KEY": "k"},
        transport=emulator_transport(emulator),
    )
    http.post("/jobs", json={"configuration": {"load": {"sourceId": "src-1"}}})
    time.moment = moment("2026-01-05T10:30:00.000Z")
    publish = {"destinationId": "Test 123", "dataProductId": "dp-abc"}
    http.post("/jobs", json={"configuration": {"publish": publish}})
    expected = sample(f"list_last_page_token_{unset}")["body"]
    assert http.get("/jobs", params={"pageSize": 30}).json() == expected


def test_errors_have_the_documented_form() -> None:
    answer = opened(Options(), RealTime(), "").get("/jobs/job_none")
    expected = sample("error_documented_form")
    assert answer.status_code == expected["status"]
    assert answer.json().keys() == expected["body"].keys()
    assert answer.json()["statusCode"] == expected["body"]["statusCode"]


@pytest.mark.parametrize("path", sorted(WIRE.glob("*.json")), ids=lambda path: path.stem)
def test_a_sample_names_its_source_and_its_meaning(path: Path) -> None:
    data = json.loads(path.read_text(encoding="utf-8"))
    assert data["source"].startswith("the API's documentation, section ")
    assert set(data) <= {"source", "request", "status", "body", "raw", "means"}
    assert {"request", "status", "means"} <= set(data)
    assert ("body" in data) != ("raw" in data)
