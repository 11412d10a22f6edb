"""What a run shows on a terminal of any size, and in a log."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from support.fake_clock import FakeClock
from support.sample_jobs import at, failed, make_job, succeeded
from support.stack_plans import RESUME, usually
from tamr_provider.cli.output.reporters import LogReporter
from tamr_provider.cli.output.run_lines import format_run
from tamr_provider.cli.output.styled import line_width, to_text
from tamr_provider.decision.failure import Failure
from tamr_provider.decision.steps import pipeline_phases
from tamr_provider.decision.table import Action, Decision
from tamr_provider.environments.run_progress import RunProgress
from tamr_provider.errors import JobFailedError, NotFinishedError
from tamr_provider.models import RUNNING, Job
from tamr_provider.reconciler.pending import Origin, StepResult
from tamr_provider.reconciler.progress import StepStatus
from tamr_provider.stackfile.parser import parse_products

if TYPE_CHECKING:
    from tamr_provider.decision.steps import Step

CREATED = at("09:00")
NOW = at("09:12")
DATED = {"version": "2026-11-20", "since": "2026-11-20T08:00:00Z"}
PRODUCTS = {
    "customers": {**DATED, "sources": ["src_crm"], "dataProduct": "dp_customers"},
    "orders": {**DATED, "sources": ["src_orders"], "dataProduct": "dp_orders", "publish": ["Hub"]},
    "sites": {**DATED, "sources": ["src_sites"]},
    "maps": {**DATED, "sources": ["src_maps"]},
}
CAUSE = "credentials of connection 'erp-db' expired"


class Run:
    """A run of PRODUCTS, with what its polls report."""

    def __init__(self, products: dict[str, Any] = PRODUCTS) -> None:
        read = parse_products(products, NOW)
        phases = {name: pipeline_phases(name, read[name], "dev") for name in read}
        self.steps = {str(step): step for parts in phases.values() for p in parts for step in p}
        self.progress = RunProgress(phases, "dev", RESUME)
        self.observer: Any = self

    def status(self, step: Step, status: StepStatus) -> None:
        self.progress.update(step, status)

    def ended(self, step: Step, outcome: Any, status: StepStatus | None = None) -> None:
        self.progress.end(step, outcome, status)

    def decide(self, name: str, decision: Decision, now: datetime = NOW) -> None:
        self.observer.status(self.steps[name], self._status(name, decision, now))

    def end(self, name: str, outcome: Any, decision: Decision | None = None) -> None:
        status = self._status(name, decision, NOW) if decision else None
        self.observer.ended(self.steps[name], outcome, status)

    def _status(self, name: str, decision: Decision, now: datetime) -> StepStatus:
        active = tuple(job for job in [decision.job] if job is not None and job.is_active)
        configuration = self.steps[name].configuration
        return StepStatus(decision, now, active, 5, usually(configuration), usually)

    def run(self, name: str, now: datetime = NOW) -> Job:
        job = make_job(f"job_{name[-3:]}", self.steps[name].configuration, CREATED, RUNNING)
        self.decide(name, Decision(Action.ADOPT, "it runs", job), now)
        return job

    def queue(self, name: str, position: int = 1) -> None:
        self.decide(name, Decision(Action.WAIT, f"5 of 5 slots in use; queue position {position}"))

    def fail(self, name: str, attempt: int = 1) -> None:
        job = failed("job_f", self.steps[name].configuration, CREATED, NOW, "NO_ACCESS", CAUSE)
        failure = Failure(job, attempt, 3)
        action = Action.HOLD if failure.is_last else Action.LAUNCH
        decision = Decision(action, str(failure), failure=failure, fix="fix" * failure.is_last)
        self.end(name, JobFailedError("long text", job.id, reason=str(failure)), decision)

    def satisfy(self, name: str, origin: Origin = Origin.EXISTING) -> None:
        job = succeeded("job_s", self.steps[name].configuration, CREATED, NOW)
        decision = Decision(Action.SATISFIED, "job_s succeeded", job)
        self.end(name, StepResult(job, origin, 1), decision)

    def lines(self, width: int = 80, height: int = 24) -> list[str]:
        state = self.progress.state()
        made = format_run(state, "dev", timedelta(minutes=12), (width, height), ascii_only=False)
        assert len(made) <= height
        assert max(map(line_width, made)) <= width
        return to_text(made).splitlines()


def busy() -> Run:
    run = Run()
    run.run("customers: load src_crm")
    run.fail("orders: load src_orders")
    run.satisfy("sites: load src_sites")
    run.satisfy("maps: load src_maps")
    return run


def test_before_the_first_poll_no_state_is_claimed() -> None:
    assert Run().lines() == ["dev · 12m elapsed", "", "reading the tenant's jobs"]


def test_the_headline_counts_and_says_when_the_run_is_done() -> None:
    end = at("10:05").astimezone()
    assert busy().lines(120)[0] == (
        f"dev · 2 of 7 steps · 1 failed · 12m elapsed, done by about {end:%H:%M} · "
        "slots ▱▱▱▱▱ 0 of 5"
    )


@pytest.mark.parametrize("width", [20, 40, 60, 80])
def test_a_narrow_headline_keeps_the_counts(width: int) -> None:
    assert busy().lines(width)[0].startswith("dev · 2 of 7 steps"[: width - 1])


def test_a_run_shows_what_runs_what_failed_and_what_is_skipped() -> None:
    assert busy().lines(80)[2:] == [
        "▶ customers  load src_crm         ▰▰▰▰▰▰▱▱▱▱  12m of about 20m",
        "✗ orders     load src_orders      NO_ACCESS: credentials of connection 'erp-db'…",
        "             2 steps behind it are skipped in this run",
        "✓ sites, maps",
    ]


def test_a_reason_loses_its_details_in_parentheses_first() -> None:
    (row,) = [line for line in busy().lines(90) if line.startswith("✗")]
    assert row.endswith("NO_ACCESS: credentials of connection 'erp-db' expired")


def test_a_queued_step_shows_its_position_and_later_ones_nothing() -> None:
    run = busy()
    run.satisfy("customers: load src_crm")
    run.queue("customers: update dp_customers", 2)
    assert run.lines()[2] == (
        "… customers  update dp_customers  5 of 5 slots in use; queue position 2"
    )


def test_used_up_attempts_are_a_row_on_hold() -> None:
    run = busy()
    run.fail("orders: load src_orders", attempt=3)
    assert any(line.startswith("‖ orders     load src_orders") for line in run.lines())
    assert " · 1 on hold · " in run.lines()[0]


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120])
@pytest.mark.parametrize("height", [10, 24, 60])
def test_rows_fit_every_terminal_and_what_runs_stays(width: int, height: int) -> None:
    run = Run({f"p{n:02}": {**DATED, "sources": [f"src_{n}"]} for n in range(60)})
    for n in range(60):
        name = f"p{n:02}: load src_{n}"
        if n % 12 == 5:
            run.run(name)
        elif n % 12 == 6:
            run.fail(name)
        else:
            run.queue(name, n)
    lines = run.lines(width, height)
    assert sum(line.startswith("▶") for line in lines) == 5
    if height < 60:
        assert lines[-1].startswith("… and "[:width])


def test_columns_do_not_move_as_steps_come_and_go() -> None:
    run = busy()
    before = run.lines()[2].index("load")
    run.satisfy("customers: load src_crm")
    run.run("customers: update dp_customers")
    assert run.lines()[2].index("update") == before


def test_a_step_of_the_run_that_is_not_finished_keeps_its_state() -> None:
    run = busy()
    run.end("customers: load src_crm", NotFinishedError("long", "job_crm", reason="interrupted"))
    state = run.progress.state()
    assert state.unfinished == {("customers", "load src_crm"): "interrupted"}
    assert state.steps[0].state.value == "running"


# Without a terminal


def log() -> tuple[Run, list[str], FakeClock]:
    run, printed, clock = Run(), list[str](), FakeClock()
    run.observer = LogReporter(run.progress, clock, lambda text: printed.append(text[10:]))
    return run, printed, clock


def test_a_log_has_a_line_for_each_event_of_a_job() -> None:
    run, printed, _ = log()
    run.run("customers: load src_crm")
    run.run("customers: load src_crm")
    run.satisfy("customers: load src_crm", Origin.LAUNCHED)
    assert printed == [
        "customers: load src_crm  running 12m of about 20m (job_crm)",
        "customers: load src_crm  satisfied: job_s succeeded after 12m",
    ]


def test_a_log_repeats_an_active_job_after_five_minutes() -> None:
    run, printed, clock = log()
    run.run("customers: load src_crm")
    clock.elapsed += 299
    run.run("customers: load src_crm", NOW + timedelta(seconds=299))
    assert len(printed) == 1
    clock.elapsed += 1
    run.run("customers: load src_crm", NOW + timedelta(seconds=300))
    assert printed[1] == "customers: load src_crm  running 17m of about 20m (job_crm)"


def test_a_log_shows_a_failure_with_its_reason_when_it_happens() -> None:
    run, printed, _ = log()
    run.fail("orders: load src_orders")
    assert printed == [
        f"orders: load src_orders  failed: NO_ACCESS: {CAUSE} (attempt 1 of 3) (job_f)"
    ]


def test_a_log_counts_what_was_satisfied_before_in_one_line() -> None:
    run, printed, _ = log()
    run.satisfy("sites: load src_sites")
    run.fail("orders: load src_orders")
    run.satisfy("maps: load src_maps")
    run.run("customers: load src_crm")
    assert printed[1] == "2 steps already satisfied"


def test_a_log_only_counts_queued_steps_and_only_when_it_is_silent() -> None:
    run, printed, clock = log()
    run.queue("customers: load src_crm")
    run.queue("customers: load src_crm", 3)
    assert printed == []
    clock.elapsed += 300
    run.queue("customers: load src_crm", 2)
    assert printed == ["0 of 7 steps satisfied: 2 waiting, 0 of 5 slots in use"]
