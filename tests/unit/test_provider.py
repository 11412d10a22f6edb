"""The dynamic provider's check and diff, and its outputs."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import dill
import pytest
from pulumi.dynamic import Config, ConfigureRequest
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.output import UNKNOWN

from tamr_provider.decision.policy import LaunchPolicy
from tamr_provider.models import Configuration, Job, JobStatus
from tamr_provider.reconciler.pending import Origin, StepResult
from tamr_provider.resources import Load, PipelineSpec, Publish, Update
from tamr_provider.resources._declared_step import parse_step
from tamr_provider.resources._properties import make_outputs
from tamr_provider.resources.provider import JobProvider
from tamr_provider.stackfile.product import Product

INPUTS: dict[str, Any] = {
    "dataProductId": "dp_customers",
    "url": "https://acme.tamr.cloud",
    "version": "2026-11-20",
    "since": "2026-11-20T09:00:00Z",
    "after": ["2026-11-20T10:00:00.5Z"],
    "product": "customers",
    "stack": "dev",
}
RECORDED = {
    **INPUTS,
    "jobId": "job_1",
    "outcome": "succeeded",
    "createdAt": "2026-11-20T10:00:01Z",
    "finishedAt": "2026-11-20T11:00:00Z",
}


def check(news: dict[str, Any], olds: dict[str, Any] | None = None) -> list[tuple[str, str]]:
    result = JobProvider().check(olds or {}, news)
    return [(failure.property, failure.reason) for failure in result.failures]


def diff(**changes: Any) -> tuple[bool, list[str]]:
    """Return whether anything changes, and the properties that replace the resource."""
    news = {key: value for key, value in {**INPUTS, **changes}.items() if value is not None}
    result = JobProvider().diff("job_1", RECORDED, news)
    assert result.delete_before_replace is None
    return bool(result.changes), list(result.replaces or [])


def test_nothing_changed_is_no_change() -> None:
    assert diff() == (False, [])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"dataProductId": "dp_other"}, ["dataProductId"]),
        ({"dataProductId": None, "workflowId": "wf"}, ["dataProductId", "workflowId"]),
        ({"url": "https://other.tamr.cloud"}, ["url"]),
        ({"url": "https://other.tamr.cloud", "version": "2026-11-21"}, ["url"]),
        ({"dataProductId": UNKNOWN}, ["dataProductId"]),
    ],
    ids=[
        "another data product",
        "a workflow instead of a data product",
        "another tenant",
        "another tenant and version",
        "an unknown data product",
    ],
)
def test_a_replacement_follows_from(changes: dict[str, Any], expected: list[str]) -> None:
    assert diff(**changes) == (True, expected)


@pytest.mark.parametrize(
    "changes",
    [
        {"version": "2026-11-21"},
        {"since": "2026-11-20T10:00:02Z"},
        {"after": ["2026-11-20T10:30:00Z"]},
        {"after": ["2026-11-20T09:30:00Z", UNKNOWN]},
        {"after": UNKNOWN},
        {"version": UNKNOWN},
        {"since": UNKNOWN},
    ],
    ids=[
        "another version",
        "a since later than the recorded job's creation",
        "an earlier step that finished after its creation",
        "an unknown finish",
        "all finishes unknown",
        "an unknown version",
        "an unknown since",
    ],
)
def test_an_update_in_place_follows_from(changes: dict[str, Any]) -> None:
    assert diff(**changes) == (True, [])


@pytest.mark.parametrize(
    "changes",
    [
        {"since": "2026-11-20T09:30:00Z"},
        {"after": ["2026-11-20T10:00:01Z"]},
        {"version": "2026-11-20 00:00:00 +0000 UTC"},
        {"since": "2026-11-20 09:00:00 +0000 UTC"},
        {"maxAttempts": 5.0, "minHoursBetween": 4.0, "timeoutHours": 1.0, "trustDays": 60.0},
        {"retriedAt": "2026-11-20T12:00:00Z"},
        {"then": [[{"destinationId": "Test 123"}]]},
    ],
    ids=[
        "a since before the recorded job's creation",
        "a finish at the time of its creation",
        "the engine's spelling of the same version",
        "the engine's spelling of the same since",
        "rules",
        "a retry of a satisfied step",
        "another later step",
    ],
)
def test_no_change_is_made_by(changes: dict[str, Any]) -> None:
    assert diff(**changes) == (False, [])


def test_check_reports_all_wrong_properties_together() -> None:
    wrong = check({"version": True, "since": "yesterday", "maxAttempts": 0.0, "trustDays": "x"})
    assert {name for name, _ in wrong} == {
        "sourceId",
        "version",
        "since",
        "maxAttempts",
        "trustDays",
    }


UPDATE, WORKFLOW = {"dataProductId": "dp"}, {"workflowId": "wf"}


def declared(**changes: Any) -> dict[str, Any]:
    """Return the inputs of a load that a program declares itself, numbers as the engine sends."""
    load = {"sourceId": "src", "url": INPUTS["url"], "version": "v1", "since": INPUTS["since"]}
    return {key: value for key, value in {**load, **changes}.items() if value is not None}


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("maxAttempts", 0.5, "expected a whole number, 1 or more"),
        ("maxAttempts", 1.5, "expected a whole number"),
        ("maxAttempts", "3", "expected a number"),
        ("maxAttempts", True, "expected a number"),
        ("minHoursBetween", -1.0, "expected hours, 0 or more"),
        ("minHoursBetween", 1e300, "expected hours"),
        ("timeoutHours", float("inf"), "expected a number"),
        ("timeoutHours", float("nan"), "expected a number"),
        ("timeoutHours", 1e300, "at most 100000"),
        ("trustDays", 1e12, "at most 100000"),
        ("freeze", ["nonsense"], '[0]: expected "Fri 16:00'),
        ("freeze", [5.0], '[0]: expected "Fri 16:00'),
        ("freeze", "Fri 16:00 - Mon 08:00 UTC", "expected a list with at least one entry"),
        ("sourceId", 5.0, "expected an ID as text"),
        ("sourceId", ["a", "b"], "expected an ID as text"),
        ("sourceId", "", "expected an ID as text"),
        ("sourceId", "a\nb", "expected text without control characters"),
        ("after", ["nonsense"], "[0]: expected a time with its UTC offset"),
        ("after", ["2026-11-20T10:00:00"], "[0]: expected a time"),
        ("after", "2026-11-20T10:00:00Z", "expected a list of times"),
        ("url", "nonsense", "expected the tenant's URL"),
        ("url", "", "expected the tenant's URL"),
        ("workflows", [7.0], "[0]: expected an ID as text"),
        ("promoteFrom", 5.0, "expected an ID as text"),
        ("workflows", "wf", "expected a list of IDs"),
        ("destinations", "dst", "expected a list of IDs"),
        ("then", "load x", "expected a list of phases, each a list of steps by their IDs, got 'l"),
        ("then", [["x"]], "[0][0]: expected a list of phases"),
        ("then", [[{}]], "[0][0]: expected one of sourceId, destinationId"),
        ("then", [[{"sourceId": 5.0}]], "[0][0].sourceId: expected an ID"),
        (
            "then",
            [[{"sourceId": "s", "x": "y"}]],
            "[0][0].x: unknown key, expected one of sourceId",
        ),
        (
            "then",
            [[{**UPDATE, **WORKFLOW}]],
            "[0][0]: expected one of dataProductId and workflowId",
        ),
        ("since", "yesterday", "expected a time with its UTC offset"),
        ("retriedAt", 5.0, "expected a time with its UTC offset"),
        ("version", " ", "expected a label"),
        ("version", None, "expected the desired dataset version"),
        ("since", None, "expected a time with its UTC offset"),
    ],
)
def test_a_wrong_declared_property_has_one_reason_at_preview(
    name: str, value: object, words: str
) -> None:
    ((found, reason),) = check(declared(**{name: value}))
    assert found == name
    assert words in reason
    assert "unknown key" in reason or ", got " in reason


def test_an_update_of_a_data_product_and_a_workflow_is_refused() -> None:
    assert check({**INPUTS, "workflowId": "wf"}) == [
        ("workflowId", "expected one of dataProductId and workflowId, got both")
    ]
    publish = declared(sourceId=None, destinationId="dst", dataProductId="dp")
    assert check(publish) == []
    ((name, reason),) = check({**publish, "sourceId": "src"})
    assert name == "dataProductId"
    assert reason == "expected one of sourceId and destinationId and dataProductId, got all"


def test_later_phases_may_be_unknown() -> None:
    phases = [[{"destinationId": "Test 123", **UPDATE}], [{"workflowId": UNKNOWN}]]
    assert check(declared(then=phases)) == []


def test_a_declared_dated_version_is_its_own_since() -> None:
    inputs = JobProvider().check({}, declared(version="2026-11-20", since=None)).inputs
    assert inputs["since"] == "2026-11-20T00:00:00Z"


def test_a_wrong_entry_next_to_an_unknown_one_is_reported() -> None:
    ((name, reason),) = check(declared(after=[UNKNOWN, "soon"], version=UNKNOWN))
    assert (name, reason.partition(", got ")[2]) == ("after", "'soon'")


@pytest.mark.parametrize("slots", ["-1", "0", "0.5", "many", "nan", "1e400", "9" * 20])
def test_slots_that_are_not_a_count_are_refused_at_preview(slots: str) -> None:
    provider = JobProvider()
    provider.configure(ConfigureRequest(Config({"p:tamr:slots": slots, "tamr:slots": slots}, "p")))
    ((reason,),) = ([failure.reason for failure in provider.check({}, INPUTS).failures],)
    assert reason.startswith("tamr:slots: expected a ")
    assert ", got " in reason


def after_steps(finishes: list[Any], **changes: Any) -> list[tuple[str, str]]:
    names = [f"load src_{number}" for number in range(len(finishes))]
    news = {**INPUTS, "after": finishes, "afterSteps": names, "sinceFrom": "committed", **changes}
    result = JobProvider().check({}, news)
    assert "afterSteps" not in result.inputs
    return [(failure.property, failure.reason) for failure in result.failures]


OLD, NEW = "2026-11-20T08:59:59Z", "2026-11-20T09:00:00Z"


def test_predecessors_that_did_not_run_are_named() -> None:
    """With `pulumi up --target` they are as the last version left them."""
    assert after_steps([OLD, NEW]) == [
        (
            "after",
            (
                "products.customers: load src_0 did not run for version 2026-11-20 yet. Target "
                "them too, or run without --target."
            ),
        )
    ]
    ((_, reason),) = after_steps([OLD, OLD])
    assert "load src_0, load src_1 did not run" in reason


@pytest.mark.parametrize(
    ("finishes", "changes"),
    [
        ([NEW], {}),
        ([UNKNOWN, NEW], {}),
        ([UNKNOWN], {}),
        ([OLD], {"since": UNKNOWN}),
        ([OLD], {"after": UNKNOWN}),
        ([OLD], {"afterSteps": None}),
    ],
    ids=["run", "one unknown", "all unknown", "since unknown", "list unknown", "no names"],
)
def test_finishes_that_are_late_unknown_or_unnamed_are_accepted(
    finishes: list[Any], changes: dict[str, Any]
) -> None:
    assert after_steps(finishes, **changes) == []


def test_check_accepts_unknown_values() -> None:
    assert check({**INPUTS, "after": [UNKNOWN], "dataProductId": UNKNOWN}) == []


def test_check_returns_versions_and_times_in_canonical_spelling() -> None:
    news = {
        **INPUTS,
        "version": "2026-11-20 00:00:00 +0000 UTC",
        "since": "2026-11-20 10:00:00 +0100 CET",
    }
    inputs = JobProvider().check({}, news).inputs
    assert (inputs["version"], inputs["since"]) == ("2026-11-20", "2026-11-20T09:00:00Z")


def test_a_since_in_the_future_is_refused() -> None:
    ahead = datetime.now(timezone.utc) + timedelta(days=1, hours=1)
    ((name, reason),) = check({**INPUTS, "since": ahead.isoformat()})
    assert name == "since"
    assert "in the future" in reason


@pytest.mark.parametrize("since", ["2026-11-20T09:00:00Z", "2026-11-19T09:00:00Z"])
def test_another_declared_version_needs_a_later_since(since: str) -> None:
    ((name, reason),) = check({**INPUTS, "version": "2026-11-21", "since": since}, INPUTS)
    assert name == "since"
    assert reason == (
        f"expected a time after 2026-11-20T09:00:00Z, the since of version 2026-11-20, got {since}"
    )


def test_the_same_versions_since_may_go_back() -> None:
    assert check({**INPUTS, "since": "2026-11-19T09:00:00Z"}, INPUTS) == []


def checked(origin: str, olds: dict[str, Any], **changes: Any) -> Any:
    news = {**INPUTS, "sinceFrom": origin, **changes}
    result = JobProvider().check(olds, {k: v for k, v in news.items() if v is not None})
    reasons = [failure.reason for failure in result.failures]
    assert "sinceFrom" not in result.inputs
    return reasons or result.inputs["since"]


EARLIER = "2026-11-20T08:00:00Z"
LATER = "2026-11-20T09:30:00Z"


@pytest.mark.parametrize("origin", ["cut off", "no git"])
def test_without_history_the_same_version_keeps_its_since(origin: str) -> None:
    for since in (None, EARLIER):
        assert checked(origin, INPUTS, since=since) == INPUTS["since"]
    assert checked(origin, INPUTS, since=LATER) == LATER


@pytest.mark.parametrize("origin", ["cut off", "no git"])
def test_without_history_another_version_needs_a_later_since(origin: str) -> None:
    assert checked(origin, INPUTS, version="v2", since=LATER) == LATER
    for since in (None, EARLIER, INPUTS["since"]):
        (reason,) = checked(origin, INPUTS, version="v2", since=since)
        assert reason.startswith("version v2 is not 2026-11-20, the last one that ran, and ")


def test_a_first_version_in_a_shallow_clone_is_refused_with_the_setting() -> None:
    for since in (None, LATER):
        (reason,) = checked("cut off", {}, since=since)
        assert "fetch-depth: 0" in reason


def test_a_first_version_without_git_counts_from_its_since() -> None:
    assert checked("no git", {}, since=LATER) == LATER
    (reason,) = checked("no git", {}, since=None, version="v1")
    assert "no git repository" in reason


def test_another_version_of_an_uncommitted_product_needs_a_later_since() -> None:
    assert checked("new", {}) == INPUTS["since"]
    assert checked("new", INPUTS, since=EARLIER) == EARLIER
    assert checked("new", INPUTS, version="v2", since=LATER) == LATER
    (reason,) = checked("new", INPUTS, version="v2")
    assert reason == (
        "version v2 is not 2026-11-20, the last one that ran, and no commit has the product yet. "
        "To give it a since, run: tamr bump customers v2 --stack dev"
    )


def test_a_since_from_git_may_go_back() -> None:
    assert checked("committed", INPUTS, version="v2", since=EARLIER) == EARLIER


def by_hand(**changes: Any) -> dict[str, Any]:
    """Return the inputs of a step that a program declares itself, without a product."""
    return {key: value for key, value in {**INPUTS, **changes}.items() if key != "product"}


def diff_by_hand(**changes: Any) -> None:
    recorded = {key: value for key, value in RECORDED.items() if key != "product"}
    JobProvider().diff("job_1", recorded, by_hand(**changes))


@pytest.mark.parametrize("since", ["2026-11-20T09:30:00Z", "2026-11-20T10:00:01Z"])
def test_a_declared_version_needs_a_since_after_the_last_job(since: str) -> None:
    """Otherwise the job of the last version would satisfy the new one."""
    with pytest.raises(Exception, match="^since: expected a time after") as caught:
        diff_by_hand(version="2026-11-21", since=since)
    assert type(caught.value).__name__ == "InputError"
    assert str(caught.value) == (
        "since: expected a time after the creation of job_1, the job of version 2026-11-20, at "
        f"2026-11-20T10:00:01Z, got {since}"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"since": "2026-11-20T09:30:00Z"},
        {"version": "2026-11-21", "since": "2026-11-20T10:00:02Z"},
        {"version": "2026-11-21", "since": UNKNOWN},
        {"version": "2026-11-21", "dataProductId": "dp_other"},
        {"version": "2026-11-21", "url": "https://other.tamr.cloud"},
    ],
    ids=["the same version", "a later since", "unknown", "another id", "another tenant"],
)
def test_a_declared_step_may_change_with(changes: dict[str, Any]) -> None:
    diff_by_hand(**changes)


@pytest.mark.parametrize(
    "news",
    [
        {"version": "2026-11-21", "since": "2026-11-20T09:00:01Z"},
        {"version": "2026-11-20 00:00:00 +0000 UTC"},
        {"version": "2026-11-21", "url": "https://other.tamr.cloud"},
    ],
    ids=["both moved", "the engine's spelling", "on another tenant"],
)
def test_a_change_of_version_is_accepted_with(news: dict[str, Any]) -> None:
    assert check({**INPUTS, **news}, INPUTS) == []


def test_the_type_of_a_spec_has_the_keys_of_the_stack_file() -> None:
    optional = PipelineSpec.__optional_keys__ | PipelineSpec.__required_keys__
    assert optional == {field.alias for field in Product.model_fields.values()}


def test_the_names_in_every_state_are_fixed() -> None:
    assert Load._resource_type_name == "dynamic/tamr:Load"
    assert Update._resource_type_name == "dynamic/tamr:Update"
    assert Publish._resource_type_name == "dynamic/tamr:Publish"
    pickled = base64.b64decode(serialize_provider(JobProvider()))
    assert b"tamr_provider.resources.provider" in pickled
    assert b"JobProvider" in pickled
    assert type(dill.loads(pickled)) is JobProvider


def test_the_state_has_the_provider_by_reference() -> None:
    assert len(serialize_provider(JobProvider())) < 150


def test_the_outputs_repeat_the_inputs_in_under_600_bytes() -> None:
    moment = datetime(2026, 11, 20, 10, 0, 1, 123000, timezone.utc)
    job = Job(
        id="job_0123456789abcdef0123456789abcdef",
        configuration=Configuration.update("dp_customers"),
        status=JobStatus("DONE", moment),
        created_at=moment,
        started_at=moment,
        finished_at=moment,
    )
    scope = {"workflows": ["wf_apply_changes"], "destinations": ["dst"], "first": True}
    rules = {"minHoursBetween": 4.0, "retriedAt": "2026-11-20T12:00:00Z"}
    outs = make_outputs({**INPUTS, **scope, **rules}, StepResult(job, Origin.LAUNCHED, 1))
    repeated = {key: INPUTS[key] for key in INPUTS if key not in ("product", "stack")}
    assert {key: outs[key] for key in (*repeated, *rules)} == {**repeated, **rules}
    assert not {*scope, "product", "stack"} & {*outs}
    assert outs["adopted"] is False
    assert outs["createdAt"] == "2026-11-20T10:00:01.123Z"
    assert len(json.dumps(outs)) < 600


def test_read_returns_the_recorded_outputs() -> None:
    result = JobProvider().read("job_1", RECORDED)
    assert (result.id, result.outs) == ("job_1", RECORDED)


def test_properties_are_parsed_to_the_declared_step_and_rules() -> None:
    declared = {**INPUTS, "maxAttempts": 5.0, "minHoursBetween": 0.5, "first": True}
    parsed = parse_step(declared)
    assert parsed is not None
    step, policy = parsed.to_step(), LaunchPolicy.from_rules(parsed, slots=7)
    assert step.configuration == Configuration.update("dp_customers")
    assert step.not_before == datetime(2026, 11, 20, 10, 0, 0, 500000, timezone.utc)
    assert step.data_product.id == "dp_customers"
    assert step.first
    assert (policy.max_attempts, policy.slots, policy.trust) == (5, 7, timedelta(days=30))
    assert policy.buffer == timedelta(minutes=30)
