"""The progress table on terminals of every kind."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from rich.console import Console

from support.fake_clock import FakeClock
from support.sample_jobs import at, make_job
from tamr_provider.cli.output.progress_table import Table
from tamr_provider.decision.steps import ConflictScope, Step
from tamr_provider.decision.table import Action, Decision
from tamr_provider.errors import HeldError
from tamr_provider.models import PENDING, RUNNING, Configuration
from tamr_provider.reconciler.pending import Origin, StepResult
from tamr_provider.reconciler.progress import JobProgress, StepStatus
from tamr_provider.tenant.durations import DurationStats

CREATED = at("09:00")
NOW = CREATED + timedelta(minutes=20)
USUAL = DurationStats(timedelta(minutes=40), timedelta(minutes=30), timedelta(minutes=70))


def step(product: str, source: str) -> Step:
    return Step(product, Configuration.load(source), CREATED, CREATED, ConflictScope())


CRM, ERP = step("customers", "src_crm"), step("suppliers", "src_erp")
JOB = make_job("job_1", CRM.configuration, CREATED, RUNNING)
OTHER = make_job("job_9", Configuration.update("dp_theirs"), CREATED, PENDING)


def running(*others: Any, usual: DurationStats | None = USUAL) -> StepStatus:
    return StepStatus(Decision(Action.ADOPT, "it runs", JOB), NOW, (JOB, *others), 5, usual)


def drawn(table: Table, width: int = 110, height: int = 40) -> list[str]:
    console = Console(file=io.StringIO(), width=width, height=height, color_system=None)
    with console.capture() as captured:
        console.print(table)
    return [line.rstrip() for line in captured.get().splitlines()]


def table(*steps: Step) -> Table:
    return Table(steps or (CRM, ERP), FakeClock())


def test_a_running_step_has_a_bar_and_its_expected_end() -> None:
    made = table()
    made.status(CRM, running())
    row = drawn(made)[1]
    assert "RUNNING" in row
    assert "━" * 10 + "┄" * 10 in row
    assert "20m, typically 40m, ends about" in row
    assert row.endswith("(job_1)")


def test_a_bar_grows_between_two_polls() -> None:
    clock = FakeClock()
    made = Table([CRM], clock)
    made.status(CRM, running())
    clock.elapsed += 600
    assert "30m, typically 40m" in drawn(made)[1]


def test_a_job_of_unknown_typical_duration_has_no_bar() -> None:
    made = table()
    made.status(CRM, running(usual=None))
    row = drawn(made)[1]
    assert "20m, typical duration unknown" in row
    assert "━" not in row


def test_a_warning_stays_below_the_table() -> None:
    made = table()
    made.warn(CRM, "customers: too close")
    made.warn(ERP, "suppliers: too close")
    made.note("a later note")
    assert "warning: customers: too close (and 1 more)" in drawn(made)
    made.is_closed = True
    assert {"warning: customers: too close", "warning: suppliers: too close"} < {*drawn(made)}


def test_other_users_jobs_are_rows_and_slots_are_counted() -> None:
    made = table()
    made.status(CRM, running(OTHER))
    lines = drawn(made)
    assert lines[3].startswith("others     update dp_theirs  PENDING")
    assert lines[4] == "2 of 5 slots in use: 1 by this run, 1 by others"


def test_no_reason_is_shown_before_the_first_poll() -> None:
    assert drawn(table())[1:] == [
        "customers  load src_crm",
        "suppliers  load src_erp",
        "reading jobs from the tenant",
    ]


def test_a_queued_step_shows_its_position() -> None:
    made = table()
    reason = "5 of 5 slots in use; queue position 2"
    made.status(ERP, StepStatus(Decision(Action.WAIT, reason), NOW, (JOB, OTHER), 5))
    assert drawn(made)[2].endswith(f"wait     {reason}")


@pytest.mark.parametrize("width", [20, 45, 60, 80, 100, 200])
def test_no_line_is_wider_than_the_terminal_and_no_fact_is_missing(width: int) -> None:
    made = table()
    made.status(CRM, running(OTHER))
    lines = drawn(made, width)
    assert max(len(line) for line in lines) <= width
    words = " ".join(" ".join(lines).split())
    for fact in ("customers", "src_crm", "RUNNING", "20m, typically 40m", "2 of 5 slots"):
        assert fact in words


def test_omitted_rows_are_counted_and_running_steps_stay() -> None:
    steps = [step("customers", f"src_{number}") for number in range(50)]
    made = table(*steps, CRM)
    done = make_job("job_3", CRM.configuration, CREATED, RUNNING)
    for step_ in steps[:20]:
        made.ended(step_, StepResult(done, Origin.LAUNCHED, 1))
    for step_ in steps[20:40]:
        made.ended(step_, StepResult(done, Origin.EXISTING, 1))
    made.status(CRM, running())
    lines = drawn(made, height=15)
    assert len(lines) <= 15
    assert any("RUNNING" in line for line in lines)
    assert "… and 20 already satisfied, 20 satisfied, 10 waiting" in lines


def test_the_final_table_has_every_launched_step_and_no_slots() -> None:
    steps = [step("customers", f"src_{number}") for number in range(50)]
    made = table(*steps, CRM)
    done = make_job("job_3", CRM.configuration, CREATED, RUNNING)
    for step_ in steps:
        made.ended(step_, StepResult(done, Origin.LAUNCHED, 1))
    made.status(CRM, running())
    made.ended(CRM, HeldError("customers: load src_crm is on hold"))
    made.is_closed = True
    lines = drawn(made, height=15)
    assert len(lines) == 1 + 51
    assert lines[-1].split() == ["customers", "load", "src_crm", "on", "hold"]


def test_markup_in_a_name_is_text() -> None:
    made = table(step("[red]x[/red]", "src"))
    assert any("[red]x[/red]" in line for line in drawn(made))


def test_a_watched_job_is_a_row() -> None:
    made = Table([], FakeClock())
    made.wait(JobProgress(JOB, NOW, USUAL))
    assert "20m, typically 40m" in drawn(made)[1]
