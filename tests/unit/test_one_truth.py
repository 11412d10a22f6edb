"""One moment of a stack, as every surface tells it: the same state, reason and next command.

A situation is played on an emulated tenant. The run itself, and the plan that is made right after
it, must agree on every step; then each surface must print what they agree on.
"""

from __future__ import annotations

import html
import json
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from support.fake_clock import FakeClock
from support.fake_tenant import Tenant
from support.sample_jobs import at, succeeded
from support.stack_plans import RESUME, URL, as_stack_plan, plan_jobs
from tamr_provider.cli.output.markdown import escape
from tamr_provider.cli.output.page import format_page
from tamr_provider.cli.output.plan_json import format_plan_json
from tamr_provider.cli.output.plan_markdown import format_plan_markdown
from tamr_provider.cli.output.plan_output import format_plan_text
from tamr_provider.cli.output.reporters import LogReporter
from tamr_provider.cli.output.run_lines import format_run
from tamr_provider.cli.output.run_report import Report
from tamr_provider.cli.output.run_summary import RunEnd, format_problems
from tamr_provider.cli.output.state_text import format_step_reason
from tamr_provider.cli.output.status_details import format_details
from tamr_provider.cli.output.status_json import format_status_json
from tamr_provider.cli.output.status_markdown import format_status_markdown
from tamr_provider.cli.output.status_output import format_status_text
from tamr_provider.cli.output.styled import to_text
from tamr_provider.decision.states import State
from tamr_provider.decision.steps import pipeline_phases
from tamr_provider.emulator.fault_rules import FaultRules, JobRule
from tamr_provider.emulator.job import JobError
from tamr_provider.environments.run_progress import RunProgress
from tamr_provider.environments.status import EnvironmentStatus, ProductStatus
from tamr_provider.models import Configuration
from tamr_provider.planning.dry_run import plan_with_snapshot
from tamr_provider.planning.product_state import PinConflict, judge_product, unknown_product
from tamr_provider.reconciler.stack_run import StackRun
from tamr_provider.stackfile.parser import parse_products

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tamr_provider.environments.run_progress import RunState
    from tamr_provider.environments.stack_plan import StackPlan
    from tamr_provider.planning.product_state import ProductState, StepState

NOW = at("12:00")
RETRY = "tamr retry customers --stack dev"
CRM = Configuration.load("src_crm")
ERP = Configuration.load("src_erp")
UPDATE = Configuration.update("dp_customers")
CUSTOMERS: dict[str, Any] = {
    "version": "2026-11-20",
    "since": "2026-11-20T09:00:00Z",
    "sources": ["src_crm", "src_erp"],
    "dataProduct": "dp_customers",
    "publish": ["Test 123"],
}
LOAD = {key: CUSTOMERS[key] for key in ("version", "since")} | {"sources": ["src_crm"]}
FAILS = JobRule(type="load", outcome="failed", error=JobError("NO_ACCESS", "old password"))
FREEZE = {"freeze": ["2026-11-19 00:00 - 2026-11-21 08:00 UTC: quarter end"]}


@dataclass(frozen=True)
class Situation:
    """What is on the tenant, how long runs of `products` go on, and what all must tell of them.

    `before` acts on the tenant as another user. A run takes `passes` polls, or all that it needs.
    """

    state: State
    reason: str
    command: str = RESUME
    needs_action: bool = False
    products: dict[str, Any] = field(default_factory=lambda: {"customers": CUSTOMERS})
    before: Callable[[Tenant], object] = lambda _: None
    options: dict[str, Any] = field(default_factory=dict)
    gate: str = ""
    passes: int | None = None
    runs: int = 1


def start(*configurations: Configuration) -> Callable[[Tenant], object]:
    return lambda tenant: [tenant.start(configuration) for configuration in configurations]


def start_and_stop(tenant: Tenant) -> None:
    tenant.stop(tenant.start(CRM))
    tenant.clock.elapsed += 60


def run_before(tenant: Tenant) -> None:
    """Update the data product as an earlier run: its job is older than the version."""
    tenant.start(UPDATE)
    tenant.clock.elapsed += 5 * 3600


def start_early(tenant: Tenant) -> None:
    """Load a source before the version counts."""
    tenant.start(CRM)
    tenant.clock.elapsed += 600


def failing(times: int) -> dict[str, Any]:
    return {"fault_rules": FaultRules(jobs=[JobRule(**{**FAILS.__dict__, "times": times})])}


FAILED_ONCE = "NO_ACCESS: old password (attempt 1 of 3)"
SITUATIONS = {
    "running": Situation(State.RUNNING, "load src_crm: 2s", passes=2),
    "adopted": Situation(State.RUNNING, "load src_crm: 0s", before=start(CRM, ERP), passes=1),
    "queued": Situation(
        State.WAITING,
        "load src_crm: 1 of 1 slots in use; queue position 1",
        products={"customers": LOAD},
        before=start(Configuration.load("src_other")),
        options={"slots": 1},
        passes=1,
    ),
    "shared load": Situation(
        State.RUNNING,
        "load src_crm: 2s",
        products={"customers": LOAD, "contacts": {**LOAD, "dataProduct": "dp_contacts"}},
        passes=2,
    ),
    "failed once": Situation(
        State.FAILED,
        f"load src_crm: {FAILED_ONCE}",
        products={"customers": {**CUSTOMERS, "sources": ["src_crm"]}},
        options=failing(1),
    ),
    "one of two loads failed": Situation(
        State.FAILED, f"load src_crm: {FAILED_ONCE}", options=failing(1)
    ),
    "out of attempts": Situation(
        State.HOLD,
        "load src_crm: 3 of 3 attempts failed: NO_ACCESS: old password",
        RETRY,
        needs_action=True,
        products={"customers": {**CUSTOMERS, "sources": ["src_crm"]}},
        options=failing(3),
        runs=3,
    ),
    "out of attempts before": Situation(
        State.HOLD,
        "load src_crm: 3 of 3 attempts failed: NO_ACCESS: old password",
        RETRY,
        needs_action=True,
        products={"customers": {**CUSTOMERS, "sources": ["src_crm"]}},
        options=failing(3),
        runs=4,
    ),
    "stopped by a user": Situation(
        State.HOLD,
        "load src_crm: job_1 was stopped by a user",
        RETRY,
        needs_action=True,
        before=start_and_stop,
    ),
    "freeze": Situation(
        State.HOLD,
        "freeze (2026-11-19 00:00 - 2026-11-21 08:00 UTC: quarter end)",
        products={"customers": {**CUSTOMERS, **FREEZE}},
    ),
    "promoteFrom": Situation(
        State.HOLD,
        "staging does not have 2026-11-20 yet",
        products={"customers": {**CUSTOMERS, "promoteFrom": "staging"}},
        gate="staging does not have 2026-11-20 yet",
    ),
    "buffer": Situation(
        State.WAITING,
        "update dp_customers: minHoursBetween: 8h00m after job_1",
        products={
            "customers": {
                "version": "v2",
                "since": "2026-11-20T16:30:00Z",
                "dataProduct": "dp_customers",
                "minHoursBetween": 8,
            }
        },
        before=run_before,
        passes=1,
    ),
    "an older equal job in the way": Situation(
        State.WAITING,
        "load src_crm: job_1 has the same configuration but was created before",
        products={"customers": {**LOAD, "version": "v2", "since": "2026-11-20T12:05:00Z"}},
        before=start_early,
        options={"durations": {"load": timedelta(hours=2)}},
        passes=1,
    ),
    "forgotten": Situation(
        State.HOLD,
        "load src_crm: no job is listed for the last 3h00m",
        RETRY,
        needs_action=True,
        products={"customers": {**CUSTOMERS, "trustDays": 0.1}},
    ),
    "a version too far ahead": Situation(
        State.HOLD,
        "load src_crm: customers: the version counts from 2026-11-20T13:00:00Z",
        "",
        needs_action=True,
        products={"customers": {**LOAD, "since": "2026-11-20T13:00:00Z"}},
    ),
    "deployed": Situation(State.SATISFIED, "", ""),
    "deployed before": Situation(State.SATISFIED, "", "", runs=2),
}


@dataclass
class Moment:
    """How the last run of a situation ended, what it logged, and the plan right after it."""

    run: StackRun
    state: RunState
    log: list[str]
    plan: StackPlan


@cache
def play(name: str) -> Moment:
    situation = SITUATIONS[name]
    tenant = Tenant(FakeClock(), **situation.options)
    situation.before(tenant)
    products = parse_products(situation.products, tenant.clock.true_now())
    phases = {name: pipeline_phases(name, products[name], "dev") for name in products}
    slots = situation.options.get("slots", 5)
    for _ in range(situation.runs):
        progress, log = RunProgress(phases, "dev", RESUME), list[str]()
        reporter = LogReporter(progress, tenant.clock, log.append)
        runner = tenant.runner(reporter)
        run = StackRun(runner, products, slots, "dev", lambda _: situation.gate)
        run.start()
        if situation.passes is None:
            runner.run()
        for number in range(situation.passes or 0):
            tenant.clock.elapsed += 2 * bool(number)
            runner.reconcile_once()
        reporter.flush()
    made, _ = plan_with_snapshot(
        tenant.client(), tenant.clock, products, slots, "dev", lambda _: situation.gate
    )
    return Moment(run, progress.state(), log, as_stack_plan(made))


every_situation = pytest.mark.parametrize("name", SITUATIONS)


def told(product: ProductState) -> list[tuple[Any, ...]]:
    """Return all that surfaces say of the steps of a product."""
    return [
        (step.name, step.state, step.reason, step.until, step.next_command, step.needs_action)
        for step in product.steps
    ]


@every_situation
def test_the_state_is_the_one_that_users_are_promised(name: str) -> None:
    situation, product = SITUATIONS[name], play(name).plan.products[0].progress
    assert product.state is situation.state
    assert product.reason.startswith(situation.reason)
    assert (product.next_command, product.needs_action) == (
        situation.command,
        situation.needs_action,
    )


@every_situation
def test_a_run_ends_as_the_plan_after_it_says(name: str) -> None:
    moment = play(name)
    planned = [product.progress for product in moment.plan.products]
    assert list(map(told, moment.state.products)) == list(map(told, planned))


@every_situation
def test_the_exit_code_agrees_with_the_state(name: str) -> None:
    moment, situation = play(name), SITUATIONS[name]
    if situation.passes is not None:
        return  # The run was not finished.
    expected = 1 if situation.needs_action or situation.state is State.FAILED else 75
    if name == "a version too far ahead":
        expected = 2
    assert moment.run.exit_code == (0 if situation.state is State.SATISFIED else expected)


def find_urgent(moment: Moment) -> list[StepState]:
    return [
        step
        for product in moment.plan.products
        for step in product.progress.steps
        if step.state in (State.FAILED, State.HOLD, State.RUNNING)
    ]


def show_plan_text(moment: Moment) -> str:
    return to_text(format_plan_text(moment.plan))


def show_live(moment: Moment) -> str:
    size = 400, 60
    return to_text(format_run(moment.state, "dev", timedelta(0), size, ascii_only=False))


def end_of(moment: Moment) -> RunEnd:
    return RunEnd(moment.run, moment.state, "dev", URL, RESUME, timedelta(0))


@every_situation
def test_texts_have_the_symbol_the_reason_and_the_command(name: str) -> None:
    moment = play(name)
    now = moment.plan.plan.now
    surfaces = {"plan": show_plan_text(moment), "live": show_live(moment)}
    for step in find_urgent(moment):
        reason = format_step_reason(step, now)
        for surface, text in surfaces.items():
            assert reason in text, surface
            assert step.state.symbol in text, surface
        problems = to_text(format_problems(end_of(moment), None))
        if step.state is not State.RUNNING:
            assert f"{step.state.step_words}: {reason}" in problems
            assert step.next_command in problems
        if step.needs_action:
            assert step.next_command in surfaces["plan"]


@every_situation
def test_a_log_tells_the_reason_when_it_happens(name: str) -> None:
    moment = play(name)
    log = "\n".join(moment.log)
    for step in find_urgent(moment):
        if step.state is State.RUNNING:
            assert f"{step.planned.step}  running 0s" in log
        else:
            assert f"{step.planned.step}  {step.state.step_words}: {step.reason}" in log


@every_situation
def test_errors_have_the_state_and_the_command(name: str) -> None:
    moment = play(name)
    errors = {
        (step.product, str(step.configuration)): str(e) for step, e in moment.run.errors.items()
    }
    for step in find_urgent(moment):
        if step.state is State.RUNNING or name == "a version too far ahead":
            continue
        text = errors[step.planned.step.product, step.name]
        words = {State.FAILED: "failed: ", State.HOLD: "is on hold: "}[step.state]
        assert f"{words}{step.reason}" in text
        assert step.planned.ends_by_itself or step.next_command in text


@every_situation
def test_markdown_has_the_state_and_the_reason(name: str, tmp_path: Path) -> None:
    moment = play(name)
    path = tmp_path / "report.md"
    Report(path, "dev").end(end_of(moment), NOW, NOW)
    surfaces = {
        "comment": format_plan_markdown(moment.plan),
        "job summary": path.read_text("utf-8"),
    }
    for surface, text in surfaces.items():
        for step in find_urgent(moment):
            row = f"| {step.name} | {step.state.step_words} | {escape(step.full_reason)} |"
            assert row in text, surface
        for product in moment.plan.products:
            if product.progress.needs_action and product.progress.next_command:
                assert f"`{product.progress.next_command}`" in text, surface


def as_environment(name: str) -> EnvironmentStatus:
    moment = play(name)
    read = parse_products(SITUATIONS[name].products, NOW)
    products = (
        ProductStatus(read[product.name], product.progress) for product in moment.plan.products
    )
    return EnvironmentStatus("dev", URL, tuple(products))


@every_situation
def test_json_has_the_same_words(name: str) -> None:
    moment = play(name)
    plan = json.loads(format_plan_json(moment.plan))
    status = json.loads(format_status_json("shop", NOW, [as_environment(name)]))
    steps = [step for product in status["products"] for step in product["steps"]]
    assert [(step["step"], step["reason"]) for step in plan["steps"]] == [
        (step["step"], step["reason"]) for step in steps
    ]
    for step, action in zip(steps, (step["action"] for step in plan["steps"]), strict=True):
        assert action in _ACTIONS[step["state"]]
    assert [product["needsAction"] for product in status["products"]] == [
        product.progress.needs_action for product in moment.plan.products
    ]
    assert moment.plan.needs_action == any(product["needsAction"] for product in status["products"])


def show_many(environment: EnvironmentStatus) -> dict[str, str]:
    """Return what the surfaces about many environments show."""
    names = [product.name for product in environment.products]
    now = environment.products[0].progress.now
    return {
        "status": to_text(format_status_text([environment], 400)),
        "details": to_text(format_details([environment], names, 400)),
        "after the merge": format_status_markdown([environment]),
        "board": html.unescape(format_page("shop", [environment], [], now)),
    }


@every_situation
def test_status_and_board_have_the_symbol_the_reason_and_the_command(name: str) -> None:
    environment = as_environment(name)
    surfaces = show_many(environment)
    for product in environment.products:
        progress = product.progress
        for surface, text in surfaces.items():
            assert progress.state.symbol in text, surface
            if progress.needs_action or progress.state is State.FAILED:
                assert progress.urgent_step is not None
                reason = progress.urgent_step.reason
                is_markdown = surface == "after the merge"
                assert (escape(reason).rstrip(".") if is_markdown else reason) in text, surface
                assert progress.next_command in text, surface


PINNED = PinConflict("pinned to v1 after a rollback; staging has v2", "tamr promote c --unpin")
OF_MANY: dict[str, tuple[State, bool, dict[str, Any]]] = {
    "stale": (State.SATISFIED, False, {"deployed_version": "v1", "deployed_since": at("09:00")}),
    "pinned": (State.SATISFIED, True, {"deployed_version": "v1", "deployed_since": at("11:59")}),
    "not started": (State.PENDING, False, {}),
    "unreachable": (State.UNKNOWN, False, {}),
}


def make_environment(name: str) -> EnvironmentStatus:
    """Return a situation that no run is in."""
    more = OF_MANY[name][2]
    products = parse_products({"customers": {**LOAD, "version": "v1", "maxAgeHours": 2}}, NOW)
    jobs = [succeeded("job_1", CRM, at("09:01"), at("09:02"))] if more else []
    plan = plan_jobs({"customers": LOAD}, jobs, NOW).plan
    pin = PINNED if name == "pinned" else None
    progress = judge_product("customers", "dev", plan.steps, NOW, RESUME, pin)
    error = ""
    if name == "unreachable":
        error = f"{URL} cannot be reached"
        steps = [step.planned.step for step in progress.steps]
        progress = unknown_product("customers", "dev", steps, NOW, error)
    status = ProductStatus(products["customers"], progress, **more)
    return EnvironmentStatus("dev", URL, (status,), error=error)


@pytest.mark.parametrize("name", OF_MANY)
def test_a_situation_of_no_run_is_told_alike(name: str) -> None:
    state, needs_action, _ = OF_MANY[name]
    environment = make_environment(name)
    (product,) = json.loads(format_status_json("shop", NOW, [environment]))["products"]
    assert (product["state"], product["needsAction"]) == (state.value, needs_action)
    assert product["stale"] == (name == "stale")
    for surface, text in show_many(environment).items():
        assert state.symbol in text, surface
        if name == "stale":
            assert "stale" in text, surface
        if needs_action:
            assert PINNED.next_command in text, surface
        if environment.error:
            assert environment.error in text, surface


_ACTIONS = {
    "satisfied": ["none"],
    "running": ["adopt"],
    "hold": ["hold"],
    "failed": ["launch"],
    "pending": ["launch", "adopt"],
    "waiting": ["wait", "launch"],
}
