"""A plan as text and as a pull request comment: what moves, what is on hold, the totals."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from support.sample_jobs import at, failed, make_job, stopped, succeeded
from support.stack_plans import plan_jobs
from tamr_provider.cli.output.plan_markdown import format_plan_markdown
from tamr_provider.cli.output.plan_output import format_plan_text
from tamr_provider.cli.output.styled import line_width, to_text
from tamr_provider.models import Configuration, Job
from tamr_provider.planning.product_state import PinConflict

if TYPE_CHECKING:
    from tamr_provider.environments.stack_plan import StackPlan

NOW = at("12:00")
DATED = {"version": "2026-11-20", "since": "2026-11-20T09:00:00Z"}
PRODUCTS = {
    "customers": {
        **DATED,
        "sources": ["src_crm", "src_erp"],
        "dataProduct": "dp_customers",
        "publish": ["Salesforce", "Customer export"],
    },
    "orders": {**DATED, "sources": ["src_orders"], "dataProduct": "dp_orders"},
    "sites": {**DATED, "sources": ["src_sites"]},
}
FREEZE = {"freeze": ["2026-11-19 00:00 - 2026-11-21 08:00 UTC: quarter end"]}
CAUSE = ("NO_ACCESS", "credentials of connection 'erp-db' expired")
SITES = succeeded("job_sites", Configuration.load("src_sites"), at("09:10"), at("09:20"))
ORDERS = Configuration.load("src_orders")


def spent(count: int = 3) -> list[Job]:
    """Return failed loads of orders."""
    return [
        failed(f"job_{n}", ORDERS, at(f"10:0{n}"), at(f"10:1{n}"), *CAUSE) for n in range(count)
    ]


def plan(*jobs: Job, products: dict[str, Any] = PRODUCTS, **more: Any) -> StackPlan:
    return plan_jobs(products, [SITES, *jobs], NOW, before={"customers": "2026-11-13"}, **more)


def text(made: StackPlan, width: int | None = 80, **more: Any) -> str:
    return to_text(format_plan_text(made, width, **more))


def local(clock: str) -> str:
    """Return a time as a text shows it: tests run in any zone."""
    return f"{at(clock).astimezone():%H:%M}"


def test_the_headline_has_the_stack_its_tenant_and_the_slots() -> None:
    made = plan(make_job("job_x", Configuration.load("src_other"), at("11:00")))
    assert text(made).splitlines()[0] == "dev · acme-staging.tamr.cloud · 1 of 5 slots in use"


def test_a_product_that_moves_shows_versions_jobs_and_its_end() -> None:
    head = text(plan(*spent())).splitlines()[2]
    assert re.split(" {2,}", head) == [
        "+ customers",
        "2026-11-13 → 2026-11-20",
        "5 jobs",
        "1h15m",
        f"done by {local('13:15')}",
    ]


def test_a_step_shows_its_usual_duration_and_what_it_comes_after() -> None:
    lines = [re.split(" {2,}", line.strip()) for line in text(plan(*spent())).splitlines()[3:9]]
    assert lines == [
        ["since 09:00, in the file"],
        ["+ load src_crm", "20m"],
        ["+ load src_erp", "20m"],
        ["+ update dp_customers", "45m", "after the loads"],
        ["+ publish Salesforce", "10m", "after update dp_customers"],
        ["+ publish Customer export", "10m"],
    ]


def test_a_product_on_hold_has_its_reason_and_command_once() -> None:
    shown = text(plan(*spent()), None)
    assert (
        "    load src_orders: 3 of 3 attempts failed: NO_ACCESS: credentials of connection "
        "'erp-db' expired\n    To retry, run: tamr retry orders --stack dev\n"
    ) in shown
    assert shown.count("on hold") == 2  # The product, and the total.
    assert "update dp_orders" not in shown


def test_a_freeze_is_said_once_for_a_product_and_how_to_launch_anyway() -> None:
    products = {"customers": {**PRODUCTS["customers"], **FREEZE}}
    shown = text(plan_jobs(products, [], NOW), None)
    assert shown.count("quarter end") == 1
    assert shown.count("add an `override` with this version and a reason to customers") == 1
    assert shown.splitlines()[-1] == "Plan: no jobs to launch, 1 product on hold."


def test_a_failed_step_has_its_whole_cause_and_attempt() -> None:
    shown = text(plan(*spent(1)), None)
    assert f"load src_orders: {': '.join(CAUSE)} (attempt 1 of 3)" in shown
    assert re.search("… update dp_orders +45m   load src_orders failed\n", shown)


def test_deployed_products_share_a_line_and_all_shows_them() -> None:
    assert "✓ 1 product is deployed (--all shows them)" in text(plan())
    shown = text(plan(), shows_all=True)
    assert "✓ load src_sites" in shown
    assert f"deployed at {local('09:20')}" in shown


def test_the_last_lines_have_the_totals_and_the_command() -> None:
    assert text(plan(*spent())).splitlines()[-2:] == [
        f"Plan: 5 jobs to launch, 1 product on hold. Done by about {local('13:15')}.",
        "To run it: tamr up --stack dev",
    ]


def test_with_nothing_to_do_there_is_no_command() -> None:
    made = plan_jobs({"sites": PRODUCTS["sites"]}, [SITES], NOW)
    assert text(made).splitlines()[2:] == [
        "✓ 1 product is deployed (--all shows them)",
        "",
        "Plan: no jobs to launch.",
    ]


def test_an_unknown_duration_leaves_the_times_out() -> None:
    shown = text(plan(usual=lambda _: None))
    assert "done by" not in shown.lower()
    assert "5 jobs" in shown


def test_a_pinned_product_is_shown_with_its_command_although_it_is_deployed() -> None:
    made = plan_jobs({"sites": PRODUCTS["sites"]}, [SITES], NOW)
    (product,) = made.products
    command = "tamr promote sites --from staging --to dev --unpin"
    pin = PinConflict("pinned to 2026-11-13 after a rollback; staging has 2026-11-20", command)
    pinned = replace(product, progress=replace(product.progress, pin=pin))
    made = replace(made, products=(pinned,))
    shown = text(made, None)
    assert f"    {pin.reason}\n    To promote the newer version, run: {command}\n" in shown
    assert shown.endswith("Plan: no jobs to launch, 1 product pinned.")
    assert f"> **Pinned: sites.** {pin.reason}. `{command}`" in format_plan_markdown(made)
    assert made.needs_action


@pytest.mark.parametrize("width", [50, 60, 80, 120])
@pytest.mark.parametrize("shows_all", [False, True])
def test_no_line_is_wider_than_the_terminal(width: int, shows_all: bool) -> None:
    made = plan(*spent(), stopped("job_s", Configuration.load("src_crm"), at("10:00"), at("10:01")))
    lines = format_plan_text(made, width, shows_all=shows_all)
    commands = [line for line in lines if "run" in to_text([line])]  # Copied, so never cut.
    assert max(line_width(line) for line in lines if line not in commands) <= width


def test_the_comment_starts_with_the_change_and_when_it_would_be_done() -> None:
    lines = format_plan_markdown(plan(*spent())).splitlines()
    assert lines[0] == "### dev: customers 2026-11-13 → 2026-11-20"
    assert lines[2] == (
        "5 jobs · about 1h15m · would be done by 13:15 UTC if merged now · 0 of 5 slots in use"
    )


def test_the_comment_warns_once_of_each_product_on_hold() -> None:
    (hold,) = [
        line for line in format_plan_markdown(plan(*spent())).splitlines() if line.startswith(">")
    ]
    assert hold == (
        "> **On hold: orders.** load src_orders: 3 of 3 attempts failed: NO_ACCESS: credentials "
        "of connection 'erp-db' expired. `tamr retry orders --stack dev`"
    )


def test_the_comment_groups_steps_and_folds_all_of_them() -> None:
    shown, folded = format_plan_markdown(plan(*spent())).split("<details>", 1)
    assert "| + | load src_crm, load src_erp | 20m |" in shown
    assert "src_orders |" not in shown
    assert folded.startswith("<summary>All 8 steps</summary>")
    assert "| ‖ | orders | load src_orders | on hold | 3 of 3 attempts failed" in folded


def test_with_a_base_only_changed_products_stand_above_the_fold() -> None:
    made = plan()
    products = tuple(
        replace(product, is_changed=product.name == "sites") for product in made.products
    )
    lines = format_plan_markdown(replace(made, products=products), has_base=True).splitlines()
    assert lines[0] == "### dev: sites 2026-11-20"
    assert lines[2] == (
        "**No jobs would run** · 7 jobs of products that this change does not touch · "
        "0 of 5 slots in use"
    )


def test_a_change_without_a_version_says_so() -> None:
    made = plan()
    products = tuple(replace(product, is_changed=False) for product in made.products)
    shown = format_plan_markdown(replace(made, products=products), has_base=True)
    assert shown.startswith("### dev: no version changes\n\n**No jobs would run**")
