"""The state, reason and next command of products and steps, from one function."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from support.sample_jobs import at, failed, make_job, stopped, succeeded
from tamr_provider.decision.states import State, most_urgent
from tamr_provider.models import RUNNING, Configuration, Job
from tamr_provider.planning.plan import plan_steps
from tamr_provider.planning.product_state import PinConflict, ProductState, judge_product
from tamr_provider.stackfile.parser import parse_products
from tamr_provider.tenant.durations import DurationStats
from tamr_provider.tenant.snapshot import Snapshot

if TYPE_CHECKING:
    from tamr_provider.planning.product_state import StepState

NOW = at("12:00")
CRM = Configuration.load("src_crm")
ERP = Configuration.load("src_erp")
UPDATE = Configuration.update("dp_customers")
PUBLISH = Configuration.publish("Test 123", "dp_customers")
CUSTOMERS: dict[str, Any] = {
    "version": "2026-11-20",
    "since": "2026-11-20T09:00:00Z",
    "sources": ["src_crm", "src_erp"],
    "dataProduct": "dp_customers",
    "publish": ["Test 123"],
}
RESUME = "tamr up --stack dev"
RETRY = "tamr retry customers --stack dev"
LOADED = (
    succeeded("job_1", CRM, at("09:10"), at("09:20")),
    succeeded("job_2", ERP, at("09:10"), at("09:30")),
)
TWENTY = DurationStats(timedelta(minutes=20), timedelta(minutes=16), timedelta(minutes=30))


def judge(
    *jobs: Job, slots: int = 5, gate: str = "", pin: PinConflict | None = None, **rules: Any
) -> ProductState:
    products = parse_products({"customers": {**CUSTOMERS, **rules}}, NOW)
    draft = plan_steps(Snapshot(jobs, NOW), products, slots, "dev", lambda _: gate)
    plan = draft.forecast(lambda _: TWENTY)
    return judge_product("customers", "dev", plan.steps, plan.now, RESUME, pin)


def running(job_id: str, configuration: Configuration, created: str) -> Job:
    return make_job(job_id, configuration, at(created), RUNNING)


def say(step: StepState) -> tuple[str, str, str]:
    return step.name, step.state.value, step.reason


def test_the_product_has_the_state_of_its_most_urgent_step() -> None:
    order = ["unknown", "failed", "hold", "running", "pending", "waiting", "satisfied"]
    assert [state.value for state in State] == order
    assert most_urgent([State.SATISFIED, State.PENDING, State.RUNNING]) is State.RUNNING
    assert most_urgent([]) is State.SATISFIED


def test_a_product_without_jobs_is_not_started() -> None:
    product = judge()
    assert product.state.product_words == "not started"
    assert {step.state for step in product.steps} == {State.PENDING}
    assert (product.reason, product.next_command) == ("no job for this version yet", RESUME)
    assert not product.needs_action


def test_a_deployed_product_needs_nothing_and_says_since_when() -> None:
    update = succeeded("job_3", UPDATE, at("09:40"), at("10:00"))
    product = judge(*LOADED, update, succeeded("job_4", PUBLISH, at("10:01"), at("10:05")))
    assert product.state.product_words == "deployed"
    assert product.satisfied_since == at("10:05")
    assert (product.reason, product.next_command, product.needs_action) == ("", "", False)


def test_a_step_after_a_running_one_waits_for_it_by_name() -> None:
    product = judge(LOADED[1], running("job_5", CRM, "11:48"))
    assert say(product.steps[0]) == ("load src_crm", "running", "12m of about 20m")
    assert say(product.steps[2]) == ("update dp_customers", "waiting", "after load src_crm")
    assert product.reason == "load src_crm: 12m of about 20m"


def test_a_failed_step_names_its_cause_and_the_next_run_tries_again() -> None:
    product = judge(LOADED[1], failed("job_6", CRM, at("11:00"), at("11:05"), "NO_ACCESS", "old"))
    assert say(product.steps[0]) == ("load src_crm", "failed", "NO_ACCESS: old (attempt 1 of 3)")
    assert [say(step)[1:] for step in product.steps[2:]] == [("waiting", "load src_crm failed")] * 2
    assert (product.steps[0].job_id, product.next_command) == ("job_6", RESUME)
    assert not product.needs_action


def test_used_up_attempts_are_a_hold_that_needs_a_user() -> None:
    jobs = [failed(f"job_{n}", CRM, at(f"10:0{n}"), at(f"10:1{n}"), "BOOM") for n in range(3)]
    product = judge(LOADED[1], *jobs)
    assert say(product.steps[0]) == ("load src_crm", "hold", "3 of 3 attempts failed: BOOM")
    assert say(product.steps[2])[1:] == ("waiting", "load src_crm is on hold")
    assert (product.needs_action, product.next_command) == (True, RETRY)
    assert product.reason == "load src_crm: 3 of 3 attempts failed: BOOM"


def test_a_stop_by_a_user_is_a_hold_that_needs_a_user() -> None:
    product = judge(LOADED[1], stopped("job_7", CRM, at("11:00"), at("11:05")))
    assert say(product.steps[0]) == ("load src_crm", "hold", "job_7 was stopped by a user")
    assert (product.needs_action, product.next_command) == (True, RETRY)


def test_a_freeze_is_a_hold_of_the_product_that_ends_by_itself() -> None:
    product = judge(freeze=["2026-11-19 00:00 - 2026-11-21 08:00 UTC"])
    assert product.state is State.HOLD
    assert product.reason.startswith("freeze (")
    assert product.reason.endswith("until 2026-11-21T08:00:00Z")
    assert (product.needs_action, product.next_command) == (False, RESUME)


def test_a_version_not_deployed_upstream_is_a_hold_of_the_product() -> None:
    product = judge(gate="staging does not have 2026-11-20 yet")
    assert (product.state, product.reason) == (State.HOLD, "staging does not have 2026-11-20 yet")
    assert not product.needs_action


def test_a_forgotten_run_is_a_hold_that_needs_a_user() -> None:
    product = judge(trustDays=0.1)
    assert (product.state, product.next_command) == (State.HOLD, RETRY)
    assert "trustDays" in product.reason


@pytest.mark.parametrize("failed_before", [False, True])
def test_a_step_without_a_slot_waits_unless_it_has_failed(failed_before: bool) -> None:
    jobs = [running("job_8", Configuration.load("src_other"), "11:00")]
    jobs += [failed("job_9", CRM, at("10:00"), at("10:05"))] if failed_before else []
    step = judge(LOADED[1], *jobs, slots=1).steps[0]
    assert step.state is (State.FAILED if failed_before else State.WAITING)


def test_a_buffer_says_until_when_the_product_waits() -> None:
    before = succeeded("job_0", UPDATE, at("08:00"), at("08:50"))
    product = judge(before, *LOADED, minHoursBetween=4)
    update = product.steps[2]
    assert (update.state, update.until) == (State.WAITING, at("12:50"))
    assert product.reason.endswith("minHoursBetween: 4h00m after job_0 until 2026-11-20T12:50:00Z")


PIN = PinConflict("pinned to v1 after a rollback; staging has v2", "tamr promote customers --unpin")


def test_a_pin_against_a_newer_version_needs_a_user_in_every_state() -> None:
    update = succeeded("job_3", UPDATE, at("09:40"), at("10:00"))
    publish = succeeded("job_4", PUBLISH, at("10:01"), at("10:05"))
    for product in (judge(pin=PIN), judge(*LOADED, update, publish, pin=PIN)):
        assert product.needs_action
        assert (product.reason, product.next_command) == (PIN.reason, PIN.next_command)
    assert judge(*LOADED, update, publish, pin=PIN).state is State.SATISFIED


def test_a_pinned_product_that_failed_says_that_first() -> None:
    product = judge(failed("job_6", CRM, at("11:00"), at("11:05"), "NO_ACCESS"), pin=PIN)
    assert product.needs_action
    assert product.reason == "load src_crm: NO_ACCESS (attempt 1 of 3)"
    assert product.next_command == RESUME
