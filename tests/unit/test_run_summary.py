"""The last lines of a run: calm if it was interrupted, exact if something needs the reader."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from support.sample_jobs import at, succeeded
from tamr_provider.cli.output.run_summary import (
    RunEnd,
    describe_stop,
    format_record,
    list_problems,
    summarize_run,
)
from tamr_provider.cli.output.styled import line_width, to_text
from tamr_provider.decision.steps import Step, pipeline_phases
from tamr_provider.decision.table import Action, Decision
from tamr_provider.environments.run_progress import RunProgress
from tamr_provider.errors import HeldError, NotFinishedError, TamrError
from tamr_provider.reconciler.pending import Origin, StepResult
from tamr_provider.reconciler.progress import StepStatus
from tamr_provider.reconciler.reconciler import TIME_LIMIT_REACHED
from tamr_provider.stackfile.parser import parse_products

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = at("12:00")
URL = "https://acme-staging.tamr.cloud"
RESUME = "tamr up --stack staging"
DATED = {"version": "2026-11-20", "since": "2026-11-20T09:00:00Z"}
PRODUCTS = parse_products(
    {"customers": {**DATED, "sources": ["src_crm", "src_erp", "src_web"]}}, NOW
)
PHASES = {"customers": pipeline_phases("customers", PRODUCTS["customers"], "staging")}
CRM, ERP, WEB = PHASES["customers"][0]


@dataclass
class _Run:
    errors: Mapping[Step, TamrError] = field(default_factory=dict)
    results: Mapping[Step, StepResult] = field(default_factory=dict)
    total: int = 3

    @property
    def satisfied(self) -> int:
        return len(self.results)

    def counts(self) -> dict[str, int]:
        origins = [result.origin for result in self.results.values()]
        return {origin.value: origins.count(origin) for origin in Origin}


def end(
    errors: Mapping[Step, TamrError], results: Mapping[Step, StepResult] | None = None
) -> RunEnd:
    progress = RunProgress(PHASES, "staging", RESUME)
    outcomes: dict[Step, Any] = {**errors, **(results or {})}
    for step, outcome in outcomes.items():
        progress.end(step, outcome, StepStatus(Decision(Action.WAIT, "queued"), NOW, (), 5))
    run: Any = _Run(errors, results or {})
    elapsed = timedelta(minutes=112)
    return RunEnd(run, progress.state(), "staging", URL, RESUME, elapsed)


def unfinished(reason: str, job_id: str = "") -> NotFinishedError:
    return NotFinishedError("a long text", job_id, reason=reason)


def result(step: Step, origin: Origin) -> StepResult:
    job = succeeded(f"job_{step.configuration}", step.configuration, at("09:00"), at("09:20"))
    return StepResult(job, origin, 1)


def test_an_interrupt_is_one_line_and_the_command() -> None:
    errors = {step: unfinished("interrupted", f"job_{n}") for n, step in enumerate((CRM, ERP))}
    sentence, command = describe_stop(end({**errors, WEB: unfinished("interrupted")}))
    assert sentence == (
        "Interrupted. 2 jobs are still running on acme-staging.tamr.cloud (1 queued step was not "
        "started)."
    )
    assert command == "To resume, run: tamr up --stack staging"


def test_two_steps_that_share_a_job_count_as_one_job() -> None:
    errors = {step: unfinished("interrupted", "job_1") for step in (CRM, ERP)}
    assert "1 job is still running on" in describe_stop(end(errors))[0]


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (TIME_LIMIT_REACHED, "Handed over after 1h52m (TAMR_HAND_OVER_AFTER). No jobs are"),
        ("waited 12 hours (timeoutHours)", "Stopped waiting: customers: load src_crm: waited 12"),
        ("Tamr did not respond", "Stopped waiting: customers: load src_crm: Tamr did not respond."),
    ],
)
def test_other_reasons_to_stop_say_what_they_are(reason: str, words: str) -> None:
    assert describe_stop(end({CRM: unfinished(reason)}))[0].startswith(words)


def test_a_stop_before_the_first_poll_claims_nothing_about_jobs() -> None:
    progress = RunProgress(PHASES, "staging", RESUME)
    run: Any = _Run({CRM: unfinished("interrupted")})
    made = RunEnd(run, progress.state(), "staging", URL, RESUME, timedelta(0))
    assert describe_stop(made)[0] == "Interrupted. The tenant's jobs were not read."


def test_the_totals_name_who_launched_the_jobs() -> None:
    results = {
        CRM: result(CRM, Origin.LAUNCHED),
        ERP: result(ERP, Origin.ADOPTED),
        WEB: result(WEB, Origin.EXISTING),
    }
    made = end({}, results)
    assert describe_stop(made) == []
    assert (
        summarize_run(made) == "3 of 3 steps satisfied (1 launched, 1 adopted, 1 already). 1h52m."
    )


def test_a_rule_for_the_whole_product_is_one_problem() -> None:
    errors = {
        step: HeldError(f"{step} is on hold: freeze", reason="freeze", ends_by_itself=True)
        for step in (CRM, ERP)
    }
    assert [step for step, _ in list_problems(end(errors).run)] == [CRM]


def test_an_unfinished_step_is_no_problem() -> None:
    assert list_problems(end({CRM: unfinished("interrupted")}).run) == []


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_the_record_has_the_jobs_of_this_run_and_fits(width: int) -> None:
    results = {CRM: result(CRM, Origin.LAUNCHED), ERP: result(ERP, Origin.EXISTING)}
    lines = format_record(end({}, results), width)
    assert max(map(line_width, lines)) <= width
    assert len(lines) == 2  # And an empty one.
    if width >= 60:
        assert to_text(lines[:1]) == "✓ customers  load src_crm     20m  job_load src_crm"
