"""Answers that go wrong, and jobs that do."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from support.emulator_transport import JOBS, Caller
from tamr_provider.emulator import Options
from tamr_provider.emulator.fault_file import parse_fault_rules


def scripted(*answers: dict[str, Any], jobs: list[dict[str, Any]] | None = None) -> Caller:
    fault_rules = parse_fault_rules({"answers": list(answers), "jobs": jobs or []})
    return Caller(Options(fault_rules=fault_rules))


def outcomes(caller: Caller, calls: int) -> str:
    """List some times: x where the answer was lost, . where it came."""
    found = ""
    for _ in range(calls):
        try:
            caller.page()
            found += "."
        except httpx.ReadError:
            found += "x"
    return found


def jobs_of(caller: Caller) -> list[str]:
    return [job["jobId"] for job in caller.emulator.record()["jobs"]]


def last(caller: Caller) -> Any:
    return caller.emulator.record()["requests"][-1]


def test_a_request_lost_before_has_no_effect() -> None:
    caller = scripted({"call": "create", "fault": "lost-before"})
    with pytest.raises(httpx.ReadError):
        caller.load()
    assert jobs_of(caller) == []
    assert last(caller) == {
        "at": "2026-01-05T09:00:00.000Z",
        "method": "POST",
        "path": JOBS,
        "query": {},
        "status": None,
        "fault": "lost-before",
    }


def test_an_answer_lost_after_its_effect_leaves_a_job_behind() -> None:
    caller = scripted({"call": "create", "fault": "lost-after"})
    with pytest.raises(httpx.ReadError):
        caller.load()
    assert jobs_of(caller) == ["job_1"]
    assert (last(caller)["status"], last(caller)["jobId"]) == (None, "job_1")
    assert caller.log == ["09:00:00 POST load src_crm -> no response job_1 (lost-after)"]


def test_a_delayed_request_is_carried_out_after_the_delay() -> None:
    caller = scripted({"call": "create", "fault": "delayed", "seconds": 3})
    assert caller.load()["status"]["stateStartTime"] == "2026-01-05T09:00:03.000Z"
    assert caller.time.slept == [3]


def test_a_delay_beyond_the_callers_timeout_still_takes_effect() -> None:
    caller = scripted({"call": "create", "fault": "delayed", "seconds": 30})
    with pytest.raises(httpx.ReadTimeout):
        caller.load()
    assert jobs_of(caller) == ["job_1"]


@pytest.mark.parametrize("status", [429, 500, 503, "503"])
@pytest.mark.parametrize("after", [False, True])
def test_an_error_answer_comes_with_or_without_effect(status: int | str, after: bool) -> None:
    caller = scripted({"call": "create", "fault": status, "after": after, "retryAfter": 7})
    answer = caller.create(load={"sourceId": "src_crm"})
    assert answer.status_code == answer.json()["statusCode"] == int(status)
    assert answer.headers["Retry-After"] == "7"
    assert jobs_of(caller) == (["job_1"] if after else [])


def test_an_error_has_no_retry_after_unless_the_script_sets_one() -> None:
    answer = scripted({"fault": 503}).page()
    assert "Retry-After" not in answer.headers


@pytest.mark.parametrize("status", [200, 502])
def test_an_html_page_comes_with_either_status(status: int) -> None:
    answer = scripted({"fault": "html", "status": status}).page()
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "<html>" in answer.text


def test_garbage_is_not_json_and_not_text() -> None:
    caller = scripted({"call": "create", "fault": "garbage", "after": True})
    answer = caller.create(load={"sourceId": "src_crm"})
    assert answer.status_code == 200
    with pytest.raises(UnicodeDecodeError):
        answer.content.decode()
    assert jobs_of(caller) == ["job_1"]


def test_a_cut_body_breaks_off_after_its_effect() -> None:
    caller = scripted({"call": "create", "fault": "cut"})
    with pytest.raises(httpx.RemoteProtocolError):
        caller.load()
    assert jobs_of(caller) == ["job_1"]


def test_a_rule_hits_only_the_requests_it_matches() -> None:
    caller = scripted(
        {"method": "DELETE", "fault": 500},
        {"path": "/api/*/jobs/job_?", "fault": 503},
        {"call": "stop", "fault": 429},
    )
    caller.load()
    assert caller.page().status_code == 200
    assert caller.http.get(f"{JOBS}/job_1").status_code == 503
    assert caller.stop("job_1").status_code == 429
    assert caller.http.delete(JOBS).status_code == 500


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({}, "xxxxxx"),
        ({"times": 2}, "xx...."),
        ({"nth": 3}, "..x..."),
        ({"nth": 3, "times": 2}, "..xx.."),
        ({"probability": 0}, "......"),
        ({"probability": 1, "times": 1}, "x....."),
    ],
)
def test_a_rule_hits_as_often_as_it_says(rule: dict[str, Any], expected: str) -> None:
    assert outcomes(scripted({"fault": "lost-before", **rule}), 6) == expected


def test_chance_is_the_same_with_the_same_seed() -> None:
    rule = {"fault": "lost-before", "probability": 0.5}
    first, again, other = (outcomes(scripted({**rule, "seed": seed}), 40) for seed in (1, 1, 2))
    assert first == again != other
    assert {"x", "."} == set(first)


def test_the_first_rule_that_hits_wins_and_the_others_count_all_the_same() -> None:
    caller = scripted({"fault": 500, "times": 1}, {"fault": 503, "nth": 2})
    assert [caller.page().status_code for _ in range(3)] == [500, 503, 200]


def test_a_fault_comes_before_the_key_is_looked_at() -> None:
    assert scripted({"fault": 503}).http.get(JOBS, headers={"X-API-KEY": ""}).status_code == 503


def test_the_record_is_never_spoiled() -> None:
    caller = scripted({"fault": "lost-before"})
    assert caller.http.get("/_emulator/record").status_code == 200


def test_the_first_matching_job_rule_decides() -> None:
    caller = scripted(
        jobs=[
            {"type": "load", "sourceId": "src_erp", "outcome": "failed", "reason": "NO_ACCESS"},
            {"type": "load", "times": 1, "outcome": "failed", "message": "No such source."},
            {"duration": "1m", "pending": "0s"},
        ]
    )
    for source in ("src_erp", "src_crm", "src_crm"):
        caller.load(source)
    caller.wait(minutes=1)
    assert caller.state("job_3") == "DONE"
    caller.wait(hours=1)
    assert [caller.get(f"job_{number}")["status"].get("error") for number in (1, 2, 3)] == [
        {"reason": "NO_ACCESS", "message": "The job failed."},
        {"reason": "PLANNING_FAILED", "message": "No such source."},
        None,
    ]


def test_a_job_rule_may_refuse_the_create() -> None:
    caller = scripted(jobs=[{"sourceId": "src_gone", "refuse": 404, "message": "no such source"}])
    answer = caller.create(load={"sourceId": "src_gone"})
    assert (answer.status_code, answer.json()["message"]) == (404, "no such source")
    caller.load("src_crm")


def test_a_create_without_a_free_slot_uses_up_no_job_rule() -> None:
    fault_rules = parse_fault_rules({"jobs": [{"outcome": "failed", "times": 1}]})
    caller = Caller(Options(slots=0, fault_rules=fault_rules))
    assert caller.create(load={"sourceId": "src_crm"}).status_code == 429
    roomy = Caller(Options(slots=1, fault_rules=fault_rules))
    roomy.load()
    roomy.wait(hours=1)
    assert roomy.get("job_1")["status"]["error"]["reason"] == "PLANNING_FAILED"
