"""The plan: what a run would do for every step, and how long it would take."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from support.sample_jobs import at, failed, make_job, stopped, succeeded
from support.stack_plans import URL, as_stack_plan, usually
from tamr_provider.cli.output.plan_json import format_plan_json
from tamr_provider.cli.output.plan_markdown import format_plan_markdown
from tamr_provider.cli.output.plan_output import format_plan_text
from tamr_provider.cli.output.styled import to_text
from tamr_provider.models import RUNNING, Configuration, Job
from tamr_provider.planning.plan import Plan, plan_steps, query_for
from tamr_provider.stackfile.parser import parse_products
from tamr_provider.tenant.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tamr_provider.planning.planned_step import PlannedStep
    from tamr_provider.stackfile.product import Product
    from tamr_provider.tenant.durations import DurationStats

NOW = at("12:00")
CRM = Configuration.load("src_crm")
ERP = Configuration.load("src_erp")
UPDATE = Configuration.update("dp_customers")
PUBLISH = Configuration.publish("Test 123", "dp_customers")
FOREIGN = Configuration.load("src_foreign")

CUSTOMERS = {
    "version": "2026-11-20",
    "since": "2026-11-20T09:00:00Z",
    "sources": ["src_crm", "src_erp"],
    "dataProduct": "dp_customers",
    "publish": ["Test 123"],
}
SUPPLIERS = {
    "version": "2026-11-20",
    "since": "2026-11-20T09:00:00Z",
    "sources": ["src_erp"],
    "dataProduct": "dp_suppliers",
}


def unknown(_: Configuration) -> DurationStats | None:
    return None


def read(now: datetime = NOW, **products: Any) -> Mapping[str, Product]:
    return parse_products(products or {"customers": CUSTOMERS}, now)


def plan(
    *jobs: Job, slots: int = 5, now: datetime = NOW, usual: Any = usually, **products: Any
) -> Plan:
    return plan_steps(Snapshot(jobs, now), read(now, **products), slots).forecast(usual)


def find(made: Plan, name: str) -> PlannedStep:
    """Return the planned step of that name: `customers: load src_crm`."""
    return next(step for step in made.steps if str(step.step) == name)


def actions(made: Plan) -> list[str]:
    return [step.action for step in made.steps]


LOADED = (
    succeeded("job_crm", CRM, at("09:10"), at("09:40")),
    succeeded("job_erp", ERP, at("09:10"), at("09:50")),
)
UPDATED = succeeded("job_update", UPDATE, at("10:00"), at("10:45"))
PUBLISHED = succeeded("job_publish", PUBLISH, at("11:00"), at("11:10"))


# What to do


def test_on_an_empty_tenant_everything_is_launched() -> None:
    made = plan()
    assert [str(step.step) for step in made.steps] == [
        "customers: load src_crm",
        "customers: load src_erp",
        "customers: update dp_customers",
        "customers: publish Test 123",
    ]
    assert actions(made) == ["launch"] * 4
    assert made.launches == 4


def test_a_step_counts_from_since_and_its_dependents_from_unknown_times() -> None:
    made = plan()
    assert [step.not_before for step in made.steps] == [at("09:00"), at("09:00"), None, None]


def test_where_all_is_satisfied_there_is_nothing_to_do() -> None:
    made = plan(*LOADED, UPDATED, PUBLISHED)
    assert actions(made) == ["none"] * 4
    assert [step.job_id for step in made.steps] == [
        "job_crm",
        "job_erp",
        "job_update",
        "job_publish",
    ]
    assert made.launches == 0
    assert made.expected == timedelta(0)


def test_a_step_counts_from_the_latest_finish_before_it() -> None:
    made = plan(*LOADED, UPDATED)
    assert [step.not_before for step in made.steps] == [
        at("09:00"),
        at("09:00"),
        at("09:50"),
        at("10:45"),
    ]
    assert actions(made) == ["none", "none", "none", "launch"]


def test_an_update_older_than_its_loads_runs_again_with_later_steps() -> None:
    early = succeeded("job_update", UPDATE, at("09:45"), at("09:49"))
    made = plan(*LOADED, early, PUBLISHED)
    assert actions(made) == ["none", "none", "launch", "launch"]
    assert find(made, "customers: publish Test 123").not_before is None


def test_a_running_job_is_adopted_and_what_follows_is_launched() -> None:
    made = plan(LOADED[0], make_job("job_erp", ERP, at("11:50")))
    assert actions(made) == ["none", "adopt", "launch", "launch"]
    assert find(made, "customers: load src_erp").job_id == "job_erp"
    assert find(made, "customers: update dp_customers").not_before is None
    assert made.launches == 2


def test_a_step_that_has_to_wait_says_for_what_and_still_launches_a_job() -> None:
    made = plan(*LOADED, make_job("job_old", UPDATE, at("09:45")))
    waiting = find(made, "customers: update dp_customers")
    assert (waiting.action, waiting.job_id) == ("wait", "job_old")
    assert "job_old" in waiting.reason
    assert made.launches == 2


def test_a_buffer_shows_as_the_earliest_start() -> None:
    product = {**CUSTOMERS, "minHoursBetween": 4}
    made = plan(*LOADED, succeeded("job_1", UPDATE, at("08:00"), at("08:50")), customers=product)
    waiting = find(made, "customers: update dp_customers")
    assert waiting.action == "wait"
    assert waiting.earliest_start == at("12:50")


def test_what_is_behind_a_held_step_launches_nothing_and_names_it() -> None:
    made = plan(stopped("job_1", CRM, at("10:00"), at("10:10")))
    held = find(made, "customers: load src_crm")
    assert (held.action, held.job_id) == ("hold", "job_1")
    for name in ("customers: update dp_customers", "customers: publish Test 123"):
        behind = find(made, name)
        assert behind.not_before is None
        assert "customers: load src_crm" in behind.reason
        assert not behind.launches_job
    assert made.launches == 1


def test_a_held_step_holds_neither_its_neighbours_nor_other_products() -> None:
    made = plan(
        stopped("job_1", CRM, at("10:00"), at("10:10")), customers=CUSTOMERS, suppliers=SUPPLIERS
    )
    assert find(made, "customers: load src_erp").action == "launch"
    assert find(made, "suppliers: update dp_suppliers").action == "launch"


def test_only_what_follows_a_held_step_is_behind_it() -> None:
    failures = [failed(f"job_{n}", UPDATE, at(f"10:{n}0"), at(f"10:{n}5")) for n in range(3)]
    made = plan(*LOADED, *failures)
    assert actions(made)[:3] == ["none", "none", "hold"]
    assert made.launches == 0


# Shared sources


def test_a_source_of_two_products_is_launched_once() -> None:
    made = plan(customers=CUSTOMERS, suppliers=SUPPLIERS)
    shared = find(made, "suppliers: load src_erp")
    assert not shared.launches_job
    assert "customers: load src_erp" in shared.reason
    assert made.launches == 5
    assert find(made, "suppliers: update dp_suppliers").earliest_start == at("12:20")


def test_a_job_recent_enough_for_one_product_only_is_not_shared() -> None:
    early = {**CUSTOMERS, "since": "2026-11-20T08:00:00Z"}
    made = plan(
        succeeded("job_erp", ERP, at("08:10"), at("08:30")), customers=early, suppliers=SUPPLIERS
    )
    assert find(made, "customers: load src_erp").action == "none"
    assert find(made, "suppliers: load src_erp").action == "launch"
    assert made.launches == 5


def test_a_running_job_too_old_for_the_second_product_is_not_shared() -> None:
    early = {**CUSTOMERS, "since": "2026-11-20T08:00:00Z"}
    made = plan(make_job("job_erp", ERP, at("08:30")), customers=early, suppliers=SUPPLIERS)
    assert find(made, "customers: load src_erp").action == "adopt"
    second = find(made, "suppliers: load src_erp")
    assert (second.action, second.job_id) == ("wait", "job_erp")
    assert second.launches_job


def test_a_launch_now_is_not_shared_with_a_product_whose_since_is_ahead() -> None:
    """A since may be ten minutes ahead; a job launched now would be too old for it."""
    later = {**SUPPLIERS, "since": "2026-11-20T12:05:00Z"}
    made = plan(customers=CUSTOMERS, suppliers=later)
    assert find(made, "customers: load src_erp").action == "launch"
    second = find(made, "suppliers: load src_erp")
    assert second.action == "wait"
    assert second.launches_job


def test_a_running_job_that_serves_two_products_is_adopted_by_both() -> None:
    made = plan(make_job("job_erp", ERP, at("11:50")), customers=CUSTOMERS, suppliers=SUPPLIERS)
    for product in ("customers", "suppliers"):
        shared = find(made, f"{product}: load src_erp")
        assert (shared.action, shared.job_id) == ("adopt", "job_erp")


def test_a_running_job_that_serves_two_products_frees_one_slot() -> None:
    """One slot: the load ends at 12:10, then two updates of 45 minutes, one after the other."""
    one = {**SUPPLIERS, "dataProduct": "dp_one"}
    two = {**SUPPLIERS, "dataProduct": "dp_two"}
    made = plan(make_job("job_erp", ERP, at("11:50")), slots=1, one=one, two=two)
    assert made.expected == timedelta(minutes=100)


# How long it takes


def test_side_by_side_steps_cost_the_time_of_one() -> None:
    """Loads of 20 side by side, update of 45, publish of 10."""
    made = plan()
    assert made.expected == timedelta(minutes=75)
    assert [step.earliest_start for step in made.steps] == [NOW, NOW, at("12:20"), at("13:05")]


def test_one_slot_costs_the_time_of_all() -> None:
    assert plan(slots=1).expected == timedelta(minutes=95)


def test_a_slot_in_use_by_somebody_else_is_not_counted_on() -> None:
    made = plan(make_job("job_x", FOREIGN, at("11:00")), slots=2)
    assert made.expected == timedelta(minutes=95)
    assert (made.slots, made.active) == (2, 1)


def test_where_others_hold_every_slot_the_time_is_not_known() -> None:
    assert plan(make_job("job_x", FOREIGN, at("11:00")), slots=1).expected is None


def test_a_running_job_costs_the_rest_of_its_time() -> None:
    """The load has run 15 of 20 minutes; then 45 and 10."""
    made = plan(LOADED[0], make_job("job_erp", ERP, at("11:45")))
    assert made.expected == timedelta(minutes=60)


def test_two_products_share_the_slots() -> None:
    """Two slots: both loads; 12:20 both updates; 13:05 the publish."""
    made = plan(slots=2, customers=CUSTOMERS, suppliers=SUPPLIERS)
    assert made.expected == timedelta(minutes=75)


def test_without_a_usual_duration_the_time_is_not_known() -> None:
    made = plan(usual=unknown)
    assert made.expected is None
    assert {step.usual for step in made.steps} == {None}


def test_one_unknown_duration_makes_the_time_unknown() -> None:
    assert plan(usual=lambda job: None if job == PUBLISH else usually(job)).expected is None


def test_an_unknown_duration_of_a_step_with_nothing_to_do_does_no_harm() -> None:
    made = plan(*LOADED, usual=lambda job: None if job == CRM else usually(job))
    assert made.expected == timedelta(minutes=55)


def test_every_active_job_counts_as_a_slot_in_use() -> None:
    jobs = [
        make_job("job_1", FOREIGN, at("08:00"), "STOPPING"),
        make_job("job_2", FOREIGN, at("08:00"), "NEW_STATE"),
        make_job("job_3", FOREIGN, at("08:00"), RUNNING),
        succeeded("job_4", FOREIGN, at("08:00"), at("08:10")),
    ]
    assert plan(*jobs).active == 3


def test_a_run_soon_after_the_last_one_is_warned_of_where_no_buffer_is_set() -> None:
    before = succeeded("job_0", UPDATE, at("08:00"), at("11:30"))
    made = plan(before, customers={**CUSTOMERS, "sources": ["src_crm"]})
    (warning,) = made.warnings
    assert warning == (
        "customers: this run starts 50m after the previous one finished (job_0). Tamr recommends "
        "several hours between two runs of a data product. Set minHoursBetween: 3"
    )
    text = to_text(format_plan_text(as_stack_plan(made)))
    assert text.count("warning: customers: this run starts 50m") == 1
    assert "> **Warning:** customers" in format_plan_markdown(as_stack_plan(made))


@pytest.mark.parametrize(("ended", "count"), [("09:01", 1), ("09:00", 0), ("12:00", 1)])
def test_a_run_is_too_close_for_three_hours(ended: str, count: int) -> None:
    before = succeeded("job_0", UPDATE, at("08:00"), at(ended))
    spec = {key: CUSTOMERS[key] for key in ("version", "since", "dataProduct")}
    assert len(plan(before, customers=spec).warnings) == count


def test_a_second_attempt_of_the_same_run_is_no_second_run() -> None:
    """No buffer would delay it, so no buffer is advised."""
    before = failed("job_0", UPDATE, at("11:00"), at("11:30"))
    spec = {key: CUSTOMERS[key] for key in ("version", "since", "dataProduct")}
    made = plan(before, customers=spec)
    assert (made.launches, made.warnings) == (1, ())


@pytest.mark.parametrize("more", [{"minHoursBetween": 0.5}, {"since": "2026-11-20T07:00:00Z"}])
def test_with_a_buffer_or_nothing_to_launch_nothing_is_warned_of(more: dict[str, Any]) -> None:
    jobs = [
        succeeded("job_0", CRM, at("07:10"), at("07:30")),
        succeeded("job_1", UPDATE, at("08:00"), at("11:30")),
    ]
    spec = {"version": "v", "since": "2026-11-20T09:00:00Z", "sources": ["src_crm"], **more}
    assert plan(*jobs, customers={**spec, "dataProduct": "dp_customers"}).warnings == ()


# What it asks and how it is written


def test_a_plan_asks_for_jobs_since_the_oldest_since() -> None:
    products = read(customers=CUSTOMERS, old={**SUPPLIERS, "since": "2026-11-19T00:00:00Z"})
    query = query_for(products, NOW)
    assert query.created_after == at("00:00", day=19)
    assert query.ended_after == at("09:00")  # three hours, to warn of close runs
    assert {CRM, ERP, UPDATE, PUBLISH} < query.configurations


def test_a_plan_with_a_buffer_asks_for_what_ended_within_it() -> None:
    products = read(customers={**CUSTOMERS, "minHoursBetween": 4}, suppliers=SUPPLIERS)
    assert query_for(products, NOW).ended_after == at("08:00")


def test_the_json_has_the_names_of_the_contract() -> None:
    made = plan(LOADED[0], make_job("job_erp", ERP, at("11:45")))
    document = json.loads(format_plan_json(as_stack_plan(made)))
    steps = document.pop("steps")
    assert document == {
        "stack": "dev",
        "url": URL,
        "now": "2026-11-20T12:00:00Z",
        "slots": {"limit": 5, "active": 1},
        "launches": 2,
        "expectedSeconds": 3600,
    }
    reason = steps[3].pop("reason")
    assert reason
    assert steps[3] == {
        "product": "customers",
        "step": "publish Test 123",
        "configuration": {
            "publish": {"destinationId": "Test 123", "dataProductId": "dp_customers"}
        },
        "action": "launch",
        "jobId": None,
        "notBefore": None,
        "earliestStart": "2026-11-20T12:50:00Z",
        "usualSeconds": 600,
    }
    assert steps[1]["jobId"] == "job_erp"
    assert steps[1]["notBefore"] == "2026-11-20T09:00:00Z"


@pytest.mark.parametrize(
    ("jobs", "action"),
    [
        ((LOADED[0],), "none"),
        ((make_job("job_1", CRM, at("10:00")),), "adopt"),
        ((make_job("job_1", CRM, at("08:00")),), "wait"),
        ((), "launch"),
        ((stopped("job_1", CRM, at("10:00"), at("10:10")),), "hold"),
    ],
    ids=["none", "adopt", "wait", "launch", "hold"],
)
def test_an_action_is_one_of_five_words(jobs: tuple[Job, ...], action: str) -> None:
    document = json.loads(format_plan_json(as_stack_plan(plan(*jobs))))
    assert document["steps"][0]["action"] == action


def test_a_version_far_ahead_of_the_tenants_clock_is_planned_as_a_hold() -> None:
    made = plan(customers={**CUSTOMERS, "since": "2026-11-20T12:11:00Z"})
    assert actions(made) == ["hold", "hold", "wait", "wait"]
    assert "more than 10 minutes ahead of the tenant's clock" in made.steps[0].reason


def test_a_version_of_this_very_second_is_planned_as_a_launch() -> None:
    made = plan(now=at("08:59"))
    assert actions(made) == ["launch"] * 4
    assert made.steps[0].earliest_start == at("09:00")
