"""Create, get, stop, and the states between."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from support.emulator_transport import JOBS, Caller, RealTime
from tamr_provider.emulator import Options
from tamr_provider.emulator.assumptions import ASSUMPTIONS
from tamr_provider.emulator.fault_rules import FaultRules, JobRule


def with_rule(**rule: Any) -> Caller:
    return Caller(Options(fault_rules=FaultRules(jobs=[JobRule(**rule)])))


def test_a_job_goes_from_pending_to_running_to_done() -> None:
    caller = Caller()
    assert caller.load()["status"] == {
        "state": "PENDING",
        "stateStartTime": "2026-01-05T09:00:00.000Z",
    }
    caller.wait(seconds=5)
    assert caller.state("job_1") == "RUNNING"
    caller.wait(minutes=20)
    assert caller.get("job_1")["status"] == {
        "state": "DONE",
        "stateStartTime": "2026-01-05T09:20:05.000Z",
    }


def test_a_state_that_nobody_looked_at_is_in_the_history_all_the_same() -> None:
    caller = Caller()
    caller.load()
    caller.wait(hours=9)
    states = [status["state"] for status in caller.get("job_1")["statusHistory"]]
    assert states == ["RUNNING", "PENDING"]


def test_an_unknown_job_is_404_for_get_and_stop() -> None:
    caller = Caller()
    assert caller.http.get(f"{JOBS}/job_none").status_code == 404
    assert caller.stop("job_none").status_code == 404


def test_stopping_a_pending_job_ends_it_at_once() -> None:
    caller = Caller()
    caller.load()
    assert caller.stop("job_1").json() == {}
    job = caller.get("job_1")
    assert job["status"]["state"] == "DONE"
    assert job["status"]["error"]["reason"] == "STOPPED_BY_USER"
    assert [status["state"] for status in job["statusHistory"]] == ["PENDING"]


def stopped_while_running(caller: Caller) -> Caller:
    caller.load()
    caller.wait(minutes=1)
    caller.stop("job_1")
    return caller


def test_stopping_a_running_job_takes_two_seconds() -> None:
    caller = stopped_while_running(Caller())
    caller.wait(seconds=1.999)
    assert caller.state("job_1") == "STOPPING"
    caller.wait(seconds=0.001)
    assert caller.get("job_1")["status"]["error"]["reason"] == "STOPPED_BY_USER"


def test_a_second_stop_changes_nothing() -> None:
    caller = stopped_while_running(Caller())
    caller.wait(seconds=1)
    before = caller.get("job_1")
    assert caller.stop("job_1").json() == {}
    assert caller.get("job_1") == before


def test_stopping_a_job_that_is_done_has_no_effect() -> None:
    caller = Caller()
    caller.load()
    caller.wait(hours=1)
    before = caller.get("job_1")
    assert caller.stop("job_1").status_code == 200
    assert caller.get("job_1") == before


def test_a_job_that_is_due_before_its_stop_completes_succeeds() -> None:
    caller = Caller()
    caller.load()
    caller.wait(minutes=20, seconds=4)
    caller.stop("job_1")
    assert caller.state("job_1") == "STOPPING"
    caller.wait(seconds=2)
    assert "error" not in caller.get("job_1")["status"]


def test_a_stop_that_comes_too_late_lasts_until_the_jobs_own_end() -> None:
    caller = stopped_while_running(with_rule(stops_too_late=True))
    caller.wait(minutes=19)
    assert caller.state("job_1") == "STOPPING"
    caller.wait(seconds=5)
    assert "error" not in caller.get("job_1")["status"]


def test_a_scripted_stop_looks_like_a_person_s() -> None:
    caller = with_rule(outcome="stopped", duration=timedelta(minutes=3))
    caller.load()
    caller.wait(minutes=5)
    job = caller.get("job_1")
    assert job["status"]["error"]["reason"] == "STOPPED_BY_USER"
    states = [status["state"] for status in job["statusHistory"]]
    assert states == ["STOPPING", "RUNNING", "PENDING"]


def test_a_sixth_active_job_is_429_and_a_finished_one_frees_its_slot() -> None:
    caller = Caller()
    for number in range(5):
        caller.load(f"src_{number}")
    refused = caller.create(load={"sourceId": "src_5"})
    assert (refused.status_code, refused.json()["statusCode"]) == (429, 429)
    caller.stop("job_1")
    caller.load("src_5")


def test_a_stopping_job_still_holds_its_slot() -> None:
    caller = Caller(Options(slots=1))
    caller.load()
    caller.wait(minutes=1)
    caller.stop("job_1")
    assert caller.create(load={"sourceId": "src_erp"}).status_code == 429
    caller.wait(seconds=2)
    assert caller.create(load={"sourceId": "src_erp"}).status_code == 200


def test_hidden_jobs_hold_slots_and_are_not_listed() -> None:
    caller = Caller(Options(slots=2, fault_rules=FaultRules(hidden=1)))
    caller.load()
    assert caller.create(load={"sourceId": "src_erp"}).status_code == 429
    assert caller.listed() == ["job_1"]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "object"),
        (b"{}", "configuration"),
        (b'{"job": {"configuration": {"load": {"sourceId": "s"}}}}', "configuration"),
        (b'{"configuration": {}}', "got none"),
        (b'{"configuration": {"load": null}}', "got none"),
        (b'{"configuration": {"load": {"sourceId": "s"}, "update": {}}}', "load and update"),
        (b'{"configuration": {"load": {}}}', "sourceId"),
        (b'{"configuration": {"load": {"source_id": "s"}}}', "sourceId"),
        (b'{"configuration": {"load": {"sourceId": 5}}}', "load.sourceId"),
        (b'{"configuration": {"load": "s"}}', "configuration.load"),
        (b'{"configuration": {"update": {"dataProductId": "", "workflowId": null}}}', "no id"),
        (
            b'{"configuration": {"update": {"dataProductId": "d", "workflowId": "w"}}}',
            "got dataProductId and workflowId",
        ),
        (b'{"configuration": {"publish": {"dataProductId": "d"}}}', "destinationId"),
    ],
)
def test_a_create_that_makes_no_sense_is_400_and_says_why(body: bytes, named: str) -> None:
    caller = Caller()
    answer = caller.http.post(JOBS, content=body)
    assert answer.status_code == 400
    assert named in answer.json()["message"]
    assert caller.listed() == []


def test_empty_ids_and_unknown_fields_of_a_create_are_not_kept() -> None:
    caller = Caller()
    update = {"dataProductId": "dp_customers", "workflowId": "", "note": "x"}
    assert caller.create(update=update).json()["configuration"] == {
        "update": {"dataProductId": "dp_customers"}
    }


def test_a_missing_key_is_401_and_any_key_will_do_where_none_is_set() -> None:
    caller = Caller()
    assert caller.http.get(JOBS, headers={"X-API-KEY": ""}).status_code == 401
    assert caller.http.get(JOBS, headers={"x-api-key": "whatever"}).status_code == 200


def test_a_wrong_key_is_401_where_one_is_set() -> None:
    caller = Caller(Options(key="right"))
    assert caller.http.get(JOBS).status_code == 401
    assert caller.http.get(JOBS, headers={"X-API-KEY": "right"}).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/api/v1beta1/job"),
        ("GET", f"{JOBS}/"),
        ("DELETE", f"{JOBS}/job_1"),
        ("POST", f"{JOBS}/job_1"),
        ("GET", f"{JOBS}/job_1:stop"),
        ("PUT", JOBS),
    ],
)
def test_anything_else_is_404(method: str, path: str) -> None:
    caller = Caller()
    caller.load()
    assert caller.http.request(method, path).status_code == 404


def test_a_stop_with_a_broken_body_is_400() -> None:
    caller = Caller()
    caller.load()
    assert caller.http.post(f"{JOBS}/job_1:stop", content=b"{").status_code == 400
    assert caller.state("job_1") == "PENDING"


def test_the_colon_of_a_stop_may_be_percent_encoded() -> None:
    caller = Caller()
    caller.load()
    assert caller.http.post(f"{JOBS}/job_1%3Astop").json() == {}
    assert caller.state("job_1") == "DONE"


def test_every_answer_has_the_emulated_time_as_its_date() -> None:
    caller = Caller(Options(speed=600))
    caller.wait(seconds=6)
    answer = caller.http.get(JOBS)
    assert answer.headers["Date"] == "Mon, 05 Jan 2026 10:00:00 GMT"
    assert caller.http.get("/nowhere").headers["Date"] == answer.headers["Date"]


def test_at_speed_600_twenty_minutes_pass_in_two_seconds() -> None:
    caller = Caller(Options(speed=600, pending=timedelta()))
    caller.load()
    caller.wait(seconds=1.999)
    assert caller.state("job_1") == "RUNNING"
    caller.wait(seconds=0.001)
    assert caller.state("job_1") == "DONE"


def test_emulated_time_does_not_follow_a_clock_that_is_set_back() -> None:
    time = RealTime()
    caller = Caller(time=time)
    caller.load()
    caller.wait(minutes=10)
    assert caller.state("job_1") == "RUNNING"
    caller.wait(hours=-3)
    assert caller.state("job_1") == "RUNNING"


def test_ids_are_random_and_begin_as_the_documentation_shows() -> None:
    from tamr_provider.emulator import Emulator  # noqa: PLC0415

    emulator = Emulator()
    body = b'{"configuration": {"load": {"sourceId": "s"}}}'
    ids = {emulator.handle("POST", JOBS, {"x-api-key": "k"}, body).body[:20] for _ in range(3)}
    assert len(ids) == 3
    assert all(job_id.startswith(b'{"jobId": "job_') for job_id in ids)


def test_the_record_tells_requests_and_exact_times_and_never_a_key() -> None:
    caller = Caller(Options(key="top-secret"))
    caller.http.headers["X-API-KEY"] = "top-secret"
    caller.load()
    caller.wait(minutes=1)
    caller.page(filter="configuration:load")
    caller.http.get(JOBS, headers={"X-API-KEY": "other-secret"})
    answer = caller.http.get("/_emulator/record", headers={"X-API-KEY": ""})
    assert answer.json() == {
        "requests": [
            {
                "at": "2026-01-05T09:00:00.000Z",
                "method": "POST",
                "path": JOBS,
                "query": {},
                "status": 200,
                "jobId": "job_1",
            },
            {
                "at": "2026-01-05T09:01:00.000Z",
                "method": "GET",
                "path": JOBS,
                "query": {"filter": "configuration:load"},
                "status": 200,
            },
            {
                "at": "2026-01-05T09:01:00.000Z",
                "method": "GET",
                "path": JOBS,
                "query": {},
                "status": 401,
            },
        ],
        "jobs": [
            {
                "jobId": "job_1",
                "configuration": {"load": {"sourceId": "src_crm"}},
                "state": "RUNNING",
                "outcome": None,
                "created": "2026-01-05T09:00:00.000Z",
                "started": "2026-01-05T09:00:05.000Z",
                "stopping": None,
                "finished": None,
                "stopAsked": None,
            }
        ],
    }
    assert "secret" not in answer.text + " ".join(caller.log) + repr(Options(key="top-secret"))


def test_the_log_has_a_line_for_each_thing_that_changed() -> None:
    caller = Caller(Options(slots=1))
    caller.load()
    caller.create(load={"sourceId": "src_erp"})
    caller.listed()
    caller.wait(hours=1)
    caller.create(publish={"destinationId": "Test 123"})
    caller.stop("job_2")
    assert caller.log == [
        "09:00:00 POST load src_crm -> 200 job_1",
        "09:00:00 POST load src_erp -> 429 1 of 1 concurrent jobs are in use",
        "09:20:05 job_1 load src_crm succeeded",
        "10:00:00 POST publish Test 123 -> 200 job_2",
        "10:00:00 job_2 publish Test 123 stopped",
        "10:00:00 POST stop job_2 -> 200 job_2",
    ]


def test_every_assumption_says_something() -> None:
    assert {f"U{number}" for number in range(1, 15)} <= ASSUMPTIONS.keys()
    assert all(text.endswith(".") for text in ASSUMPTIONS.values())


def test_time_stands_still_at_the_end_of_the_calendar() -> None:
    caller = Caller(Options(speed=100_000))
    caller.wait(days=365)
    job = caller.load()
    assert job["status"]["stateStartTime"] == "9999-12-31T23:59:59.999Z"
    caller.stop(job["jobId"])
    assert caller.state(job["jobId"]) == "DONE"
