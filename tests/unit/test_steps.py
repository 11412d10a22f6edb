"""A product's pipeline: its steps, their order, their not-before and their rules."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from support.sample_jobs import at
from tamr_provider.decision.policy import LaunchPolicy
from tamr_provider.decision.steps import (
    ConflictScope,
    pipeline_phases,
    pipeline_steps,
    with_not_before,
)
from tamr_provider.models import Configuration
from tamr_provider.stackfile.parser import parse_products

if TYPE_CHECKING:
    from tamr_provider.stackfile.product import Product

NOW = at("12:00")
WHOLE: dict[str, Any] = {
    "version": "2026-11-20",
    "since": "2026-11-20T09:00:00Z",
    "sources": ["src_crm", "src_erp"],
    "dataProduct": "dp_customers",
    "workflows": ["wf_stage", "wf_apply"],
    "publish": ["Test 123", {"destination": "dst_legacy", "legacy": True}],
}


def make_product(**keys: Any) -> Product:
    return parse_products({"customers": {"version": "2026-11-20", **keys}}, NOW)["customers"]


def whole(*parts: str) -> Product:
    """Return the whole product, or only some parts of it."""
    return make_product(**{key: WHOLE[key] for key in parts or WHOLE})


def named(product: Product) -> list[list[str]]:
    return [
        [str(step.configuration) for step in part] for part in pipeline_phases("customers", product)
    ]


def first_ones(product: Product) -> list[str]:
    steps = pipeline_steps({"customers": product})
    return [str(step.configuration) for step in steps if step.first]


def test_a_pipeline_loads_updates_runs_workflows_in_order_and_publishes() -> None:
    assert named(whole()) == [
        ["load src_crm", "load src_erp"],
        ["update dp_customers"],
        ["update wf_stage"],
        ["update wf_apply"],
        ["publish Test 123", "publish dst_legacy"],
    ]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (["sources"], [["load src_crm", "load src_erp"]]),
        (["dataProduct"], [["update dp_customers"]]),
        (["workflows"], [["update wf_stage"], ["update wf_apply"]]),
        (
            ["sources", "workflows"],
            [["load src_crm", "load src_erp"], ["update wf_stage"], ["update wf_apply"]],
        ),
        (
            ["dataProduct", "publish"],
            [["update dp_customers"], ["publish Test 123", "publish dst_legacy"]],
        ),
    ],
    ids=lambda value: " and ".join(value) if isinstance(value[0], str) else "",
)
def test_each_part_may_be_missing(parts: list[str], expected: list[list[str]]) -> None:
    assert named(whole(*parts)) == expected


def test_only_a_legacy_destination_is_sent_without_the_data_product() -> None:
    publishes = pipeline_phases("customers", whole())[-1]
    assert [step.configuration for step in publishes] == [
        Configuration.publish("Test 123", "dp_customers"),
        Configuration.publish("dst_legacy"),
    ]


def test_a_realtime_destination_is_sent_like_a_legacy_one() -> None:
    product = make_product(
        dataProduct="dp_customers", publish=[{"destination": "dst_rt", "realTime": True}]
    )
    (step,) = pipeline_phases("customers", product)[-1]
    assert step.configuration == Configuration.publish("dst_rt")
    assert step.data_product.destinations == ("dst_rt",)


@pytest.mark.parametrize(
    ("parts", "first"),
    [
        pytest.param([], ["update dp_customers"], id="its update"),
        pytest.param(["sources", "workflows"], ["update wf_stage"], id="else its first workflow"),
        pytest.param(["sources"], [], id="none where nothing touches the data product"),
    ],
)
def test_one_step_is_the_first_to_touch_the_data_product(
    parts: list[str], first: list[str]
) -> None:
    assert first_ones(whole(*parts)) == first


def test_without_an_update_all_publishes_are_first_for_the_data_product() -> None:
    legacy = [{"destination": name, "legacy": True} for name in ("dst_a", "dst_b")]
    assert first_ones(make_product(publish=legacy)) == ["publish dst_a", "publish dst_b"]


def test_every_step_counts_from_the_products_since_at_first() -> None:
    steps = pipeline_steps({"customers": whole()})
    assert {step.since for step in steps} == {at("09:00")}
    assert {step.not_before for step in steps} == {at("09:00")}


def test_a_dated_version_counts_from_midnight_in_utc() -> None:
    (step,) = pipeline_steps({"customers": make_product(sources=["src_crm"])})
    assert step.not_before == at("00:00")


def test_a_later_step_counts_from_the_latest_finish_before_it() -> None:
    step = pipeline_phases("customers", whole())[1][0]
    assert with_not_before(step, [at("09:40"), at("10:05"), at("09:50")]).not_before == at("10:05")


@pytest.mark.parametrize("finishes", [[], [at("08:00")]], ids=["no finish", "an early finish"])
def test_no_step_counts_from_before_since(finishes: list[Any]) -> None:
    step = pipeline_phases("customers", whole())[1][0]
    assert with_not_before(step, finishes).not_before == at("09:00")


def test_not_before_depends_on_the_finishes_alone_and_not_on_what_it_was() -> None:
    step = pipeline_phases("customers", whole())[1][0]
    assert with_not_before(with_not_before(step, [at("11:00")]), [at("10:00")]).not_before == at(
        "10:00"
    )


def test_moving_not_before_leaves_the_step_itself_alone() -> None:
    step = pipeline_phases("customers", whole())[1][0]
    with_not_before(step, [at("10:00")])
    assert step.not_before == at("09:00")
    with pytest.raises(FrozenInstanceError):
        step.not_before = at("10:00")  # type: ignore[misc]


def test_all_steps_keep_the_order_of_the_file() -> None:
    products = {"b": whole("sources"), "a": whole("dataProduct")}
    assert [str(step) for step in pipeline_steps(products)] == [
        "b: load src_crm",
        "b: load src_erp",
        "a: update dp_customers",
    ]


def test_rules_are_what_the_contract_says_unless_told_otherwise() -> None:
    rules = LaunchPolicy.from_rules(whole(), 5)
    assert rules.max_attempts == 3
    assert rules.timeout == timedelta(hours=12)
    assert rules.trust == timedelta(days=30)
    assert rules.buffer == timedelta(0)
    assert rules.retried_at is None
    assert rules.slots == 5


def test_rules_are_read_from_the_product() -> None:
    product = make_product(
        sources=["src_crm"],
        retriedAt="2026-11-20T10:00:00Z",
        minHoursBetween=0.5,
        maxAttempts=1,
        timeoutHours=1.5,
        trustDays=7,
    )
    rules = LaunchPolicy.from_rules(product, 8)
    assert rules.retried_at == at("10:00")
    assert rules.buffer == timedelta(minutes=30)
    assert rules.timeout == timedelta(minutes=90)
    assert rules.trust == timedelta(days=7)
    assert (rules.max_attempts, rules.slots) == (1, 8)


OWNER = ConflictScope("dp", ("wf",), ("dst",))


@pytest.mark.parametrize(
    ("configuration", "updates", "publishes"),
    [
        (Configuration.update("dp"), True, False),
        (Configuration.workflow("wf"), True, False),
        (Configuration.publish("Test 123", "dp"), False, True),
        (Configuration.publish("dst"), False, True),
        (Configuration.load("dp"), False, False),
        (Configuration.update("other"), False, False),
        (Configuration.update("wf"), False, False),
        (Configuration.workflow("dp"), False, False),
        (Configuration.publish("dst", "other"), False, False),
        (Configuration.publish("other"), False, False),
    ],
    ids=[
        "its update",
        "its workflow",
        "its publish",
        "its legacy publish",
        "a load",
        "another update",
        "an update of a data product named as its workflow",
        "a workflow named as it",
        "a publish of another data product to a destination of the same name",
        "another legacy publish",
    ],
)
def test_a_data_product_knows_what_works_on_it(
    configuration: Configuration, updates: bool, publishes: bool
) -> None:
    assert OWNER.updated_by(configuration) is updates
    assert OWNER.published_by(configuration) is publishes
    assert OWNER.touched_by(configuration) is (updates or publishes)


def test_a_data_product_without_an_id_owns_no_job_without_one() -> None:
    no_scope = ConflictScope()
    for configuration in (Configuration.workflow("wf"), Configuration.publish("dst")):
        assert not no_scope.touched_by(configuration)
