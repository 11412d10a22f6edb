"""What Tamr sends, in every spelling that its documentation leaves open."""

from __future__ import annotations

from datetime import datetime, timezone
from itertools import permutations
from typing import Any

import pytest

from tamr_provider.errors import InvalidResponseError
from tamr_provider.models import DONE, PENDING, RUNNING, STOPPING, Configuration, Job, JobStatus


def moment(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-01-05T{clock}+00:00")


PAST = [
    {"state": "STOPPING", "stateStartTime": "2026-01-05T10:30:58.002Z"},
    {"state": "RUNNING", "stateStartTime": "2026-01-05T10:11:10.771Z"},
    {"state": "PENDING", "stateStartTime": "2026-01-05T10:11:04.640Z"},
]


def body(**changes: Any) -> dict[str, Any]:
    return {
        "jobId": "job_x2",
        "configuration": {"load": {"sourceId": "src-1"}},
        "status": {"state": "DONE", "stateStartTime": "2026-01-05T10:31:04.518Z"},
        "statusHistory": PAST,
        **changes,
    }


def with_status(**status: Any) -> Job:
    since = "2026-01-05T10:31:04.518Z"
    return Job.from_wire(body(status={"state": "DONE", "stateStartTime": since, **status}))


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in body().items() if key != name}


# A whole job


def test_a_job_is_parsed_with_all_its_times() -> None:
    job = Job.from_wire(body())
    assert job.id == "job_x2"
    assert job.configuration == Configuration.load("src-1")
    assert job.state == DONE
    assert job.created_at == moment("10:11:04.640000")
    assert job.started_at == moment("10:11:10.771000")
    assert job.finished_at == moment("10:31:04.518000")


def test_a_fresh_pending_job_was_created_when_it_became_pending() -> None:
    status = {"state": "PENDING", "stateStartTime": "2026-01-05T09:00:00.123Z"}
    job = Job.from_wire(body(status=status, statusHistory=[]))
    assert job.created_at == moment("09:00:00.123000")
    assert (job.started_at, job.finished_at) == (None, None)


@pytest.mark.parametrize("state", [RUNNING, STOPPING, DONE, "NEW_STATE"])
@pytest.mark.parametrize("history", [[], None, ""], ids=["empty", "null", "empty text"])
def test_a_later_state_without_history_has_no_creation_time(state: str, history: object) -> None:
    status = {"state": state, "stateStartTime": "2026-01-05T09:00:00Z"}
    assert Job.from_wire(body(status=status, statusHistory=history)).created_at is None


def test_a_missing_history_counts_as_empty() -> None:
    assert Job.from_wire(without("statusHistory")).created_at is None


@pytest.mark.parametrize("history", list(permutations(PAST)), ids=lambda past: past[0]["state"])
def test_the_history_may_come_in_any_order(history: tuple[dict[str, str], ...]) -> None:
    assert Job.from_wire(body(statusHistory=list(history))) == Job.from_wire(body())


def test_the_history_may_repeat_entries_and_the_current_status() -> None:
    current = {"state": "DONE", "stateStartTime": "2026-01-05T10:31:04.518Z"}
    history = [current, *PAST, *PAST]
    assert Job.from_wire(body(statusHistory=history)) == Job.from_wire(body())


def test_a_job_started_when_it_first_ran() -> None:
    again = {"state": "RUNNING", "stateStartTime": "2026-01-05T10:20:00Z"}
    job = Job.from_wire(body(statusHistory=[again, *PAST]))
    assert job.started_at == moment("10:11:10.771000")


def test_the_current_status_of_a_running_job_has_its_start() -> None:
    status = {"state": "RUNNING", "stateStartTime": "2026-01-05T10:11:10.771Z"}
    job = Job.from_wire(body(status=status, statusHistory=PAST[2:]))
    assert job.started_at == moment("10:11:10.771000")
    assert job.finished_at is None


# Unset and unknown


@pytest.mark.parametrize("unset", [None, "", [], {}], ids=["null", "text", "list", "mapping"])
@pytest.mark.parametrize("name", ["configuration", "status", "statusHistory"])
def test_null_and_empty_are_the_same_as_absent(name: str, unset: object) -> None:
    assert Job.from_wire(body(**{name: unset})) == Job.from_wire(without(name))


@pytest.mark.parametrize("unset", [None, ""], ids=["null", "empty"])
def test_an_unset_state_or_time_is_the_same_as_an_absent_one(unset: object) -> None:
    assert JobStatus.from_wire({"state": unset, "stateStartTime": unset}) == (
        JobStatus.from_wire({})
    )


def test_unknown_fields_are_ignored() -> None:
    more = body(
        name="My job",
        progress={"percent": 5},
        configuration={"load": {"sourceId": "src-1", "sourceDisplayName": "CRM"}, "priority": 1},
    )
    more["status"] = {**more["status"], "queue": ["x"], "error": None}
    assert Job.from_wire(more) == Job.from_wire(body())


@pytest.mark.parametrize("state", ["PAUSED", "STATE_UNSPECIFIED", "", "done"])
def test_an_unknown_state_keeps_its_text_and_counts_as_active(state: str) -> None:
    job = with_status(state=state)
    assert job.state == state
    assert job.is_active
    assert job.outcome == ""
    assert job.finished_at is None


@pytest.mark.parametrize(
    "garbage",
    [None, [], "job_1", 5, {}, {"jobId": None}, {"jobId": ""}, {"jobId": 5}],
    ids=repr,
)
def test_a_body_without_a_job_id_is_not_a_job(garbage: object) -> None:
    with pytest.raises(InvalidResponseError, match=r"job"):
        Job.from_wire(garbage)


# Times


@pytest.mark.parametrize(
    ("digits", "micros"),
    [
        pytest.param("", 0, id="none"),
        pytest.param(".518", 518000, id="three"),
        pytest.param(".518123", 518123, id="six"),
        pytest.param(".518123999", 518123, id="nine"),
    ],
)
def test_a_time_has_no_three_six_or_nine_fractional_digits(digits: str, micros: int) -> None:
    job = with_status(stateStartTime=f"2026-01-05T10:31:04{digits}Z")
    assert job.finished_at == datetime(2026, 1, 5, 10, 31, 4, micros, tzinfo=timezone.utc)


# Outcome


@pytest.mark.parametrize("error", [None, "", {}, []], ids=["null", "text", "mapping", "list"])
def test_a_job_that_is_done_without_an_error_succeeded(error: object) -> None:
    assert with_status().outcome == "succeeded"
    assert with_status(error=error).outcome == "succeeded"


@pytest.mark.parametrize(
    "error",
    [{"reason": "", "message": ""}, {"reason": None, "message": None}, {"reason": "", "more": []}],
    ids=["empty", "null", "with another field"],
)
def test_an_empty_error_is_not_an_error(error: object) -> None:
    assert with_status(error=error).outcome == "succeeded"


def test_a_job_that_a_user_stopped_is_stopped() -> None:
    job = with_status(error={"reason": "STOPPED_BY_USER", "message": "The job was stopped."})
    assert job.outcome == "stopped"


@pytest.mark.parametrize(
    ("error", "reason", "message"),
    [
        pytest.param({"reason": "PLANNING_FAILED"}, "PLANNING_FAILED", "", id="a known reason"),
        pytest.param({"reason": "NEW", "message": "why"}, "NEW", "why", id="an unknown reason"),
        pytest.param({"message": "why"}, "", "why", id="a message alone"),
        pytest.param({"reason": None, "message": "why"}, "", "why", id="a reason that is null"),
        pytest.param({"code": 13}, "", "", id="neither"),
        pytest.param("it broke", "", "it broke", id="a text"),
    ],
)
def test_a_job_that_is_done_with_any_other_error_failed(
    error: object, reason: str, message: str
) -> None:
    job = with_status(error=error)
    assert job.outcome == "failed"
    assert (job.status.reason, job.status.message) == (reason, message)


@pytest.mark.parametrize("error", [["it broke"], 13, True], ids=["a list", "a number", "true"])
def test_an_error_of_any_other_kind_is_still_a_failure(error: object) -> None:
    assert with_status(error=error).outcome == "failed"


@pytest.mark.parametrize("state", [PENDING, RUNNING, STOPPING])
def test_a_job_that_is_not_done_has_no_outcome(state: str) -> None:
    assert with_status(state=state, error={"reason": "STOPPED_BY_USER"}).outcome == ""


# Configuration


@pytest.mark.parametrize(
    ("configuration", "wire"),
    [
        (Configuration.load("src"), {"load": {"sourceId": "src"}}),
        (Configuration.update("dp"), {"update": {"dataProductId": "dp"}}),
        (Configuration.workflow("wf"), {"update": {"workflowId": "wf"}}),
        (
            Configuration.publish("Test 123", "dp"),
            {"publish": {"destinationId": "Test 123", "dataProductId": "dp"}},
        ),
        (Configuration.publish("dst"), {"publish": {"destinationId": "dst"}}),
    ],
    ids=["load", "update", "workflow", "publish", "legacy publish"],
)
def test_a_configuration_is_sent_with_only_its_ids(
    configuration: Configuration, wire: dict[str, dict[str, str]]
) -> None:
    assert configuration.to_wire() == wire
    assert Configuration.from_wire(wire) == configuration


@pytest.mark.parametrize("unset", [None, ""], ids=["null", "empty"])
@pytest.mark.parametrize(
    ("wire", "same"),
    [
        ({"update": {"dataProductId": "dp", "workflowId": ...}}, Configuration.update("dp")),
        ({"update": {"dataProductId": ..., "workflowId": "wf"}}, Configuration.workflow("wf")),
        (
            {"publish": {"destinationId": "dst", "dataProductId": ...}},
            Configuration.publish("dst"),
        ),
        (
            {
                "load": {"sourceId": "src"},
                "update": {"dataProductId": ..., "workflowId": ...},
                "publish": ...,
            },
            Configuration.load("src"),
        ),
    ],
    ids=["an update of a data product", "an update of a workflow", "a publish", "the other types"],
)
def test_empty_ids_do_not_count_when_configurations_are_compared(
    wire: dict[str, Any], same: Configuration, unset: object
) -> None:
    assert Configuration.from_wire(_fill(wire, unset)) == same


def _fill(value: Any, unset: object) -> Any:
    if isinstance(value, dict):
        return {key: _fill(each, unset) for key, each in value.items()}
    return unset if value is ... else value


def test_the_order_of_the_ids_does_not_count() -> None:
    wire = {"publish": {"dataProductId": "dp", "destinationId": "dst"}}
    assert Configuration.from_wire(wire) == Configuration.publish("dst", "dp")


def test_a_data_product_and_a_workflow_of_the_same_id_are_not_equal() -> None:
    assert Configuration.update("x") != Configuration.workflow("x")


def test_an_unknown_type_equals_only_itself() -> None:
    new = Configuration.from_wire({"export": {"datasetId": "ds"}})
    assert new == Configuration.from_wire({"export": {"datasetId": "ds", "more": ""}})
    assert new != Configuration.from_wire({"export": {"datasetId": "other"}})
    assert new.type == "export"


@pytest.mark.parametrize("wire", [None, {}, [], "load", {"load": None}, {"load": {}}], ids=repr)
def test_a_configuration_without_ids_equals_no_launched_one(wire: object) -> None:
    found = Configuration.from_wire(wire)
    assert found.ids == ()
    assert found != Configuration.load("src")


def test_a_configuration_is_formatted_for_messages() -> None:
    assert str(Configuration.publish("Test 123", "dp")) == "publish Test 123"
    assert str(Configuration.load("src_crm")) == "load src_crm"
