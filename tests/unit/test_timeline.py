"""A tenant's jobs as bars: finished, active and planned ones."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from support.sample_jobs import at, failed, make_job, stopped, succeeded
from tamr_provider.cli.output.page.timeline_svg import build_svg
from tamr_provider.decision.steps import ConflictScope, Step
from tamr_provider.environments.timeline import Timeline, build_timeline
from tamr_provider.models import PENDING, RUNNING, Configuration
from tamr_provider.planning.plan import Plan
from tamr_provider.planning.planned_step import ADOPT, LAUNCH, PlannedStep
from tamr_provider.tenant.durations import DurationStats

if TYPE_CHECKING:
    from tamr_provider.models import Job

NOW = at("12:00")
DAY = timedelta(hours=24)
CRM, ERP = Configuration.load("src_crm"), Configuration.load("src_erp")
USUAL = DurationStats(timedelta(minutes=60), timedelta(minutes=50), timedelta(minutes=90))


def planned(configuration: Configuration, action: str, **more: Any) -> PlannedStep:
    step = Step("customers", configuration, at("09:00"), at("09:00"), ConflictScope())
    return PlannedStep(step, action, "because", **more)


def drawn(*jobs: Job, steps: tuple[PlannedStep, ...] = ()) -> Timeline:
    plan = Plan(NOW, 5, len(jobs), steps or (planned(CRM, LAUNCH),), None)
    return build_timeline("https://acme", {"dev": plan}, jobs, DAY)


def test_a_finished_job_has_its_outcome_and_a_failure_its_reason() -> None:
    ended = (at("08:00"), at("08:30"))
    bars = drawn(
        succeeded("job_1", CRM, *ended),
        failed("job_2", ERP, *ended, "BOOM", "it broke"),
        stopped("job_3", ERP, *ended),
    ).bars
    assert [bar.state for bar in bars] == ["succeeded", "failed", "stopped"]
    assert [bar.reason for bar in bars] == ["", "BOOM: it broke", ""]


def test_only_a_job_of_a_step_is_ours() -> None:
    ended = (at("08:00"), at("08:30"))
    bars = drawn(succeeded("job_1", CRM, *ended), succeeded("job_2", ERP, *ended)).bars
    assert [bar.owners for bar in bars] == [("dev: customers",), ()]


def test_a_waiting_job_has_not_started() -> None:
    (bar,) = drawn(make_job("job_1", CRM, at("11:00"), PENDING)).bars
    assert (bar.start, bar.runs_from, bar.end) == (at("11:00"), NOW, NOW)
    assert bar.state == "pending"


def test_a_running_job_ends_after_its_typical_duration_or_now() -> None:
    job = make_job("job_1", CRM, at("11:30"), RUNNING)
    step = planned(CRM, ADOPT, job=job, usual=USUAL)
    (bar,) = drawn(job, steps=(step,)).bars
    assert bar.end == at("12:30")
    late = make_job("job_1", CRM, at("09:00"), RUNNING)
    (bar,) = drawn(late, steps=(planned(CRM, ADOPT, job=late, usual=USUAL),)).bars
    assert bar.end == NOW


def test_a_planned_job_is_a_bar_of_typical_duration() -> None:
    step = planned(CRM, LAUNCH, earliest_start=at("13:00"), usual=USUAL)
    made = drawn(steps=(step,))
    (bar,) = made.bars
    assert (bar.state, bar.start, bar.end) == ("planned", at("13:00"), at("14:00"))
    assert made.end == at("14:00")


def test_bars_before_the_span_are_omitted_or_cut() -> None:
    old = succeeded("job_1", CRM, at("08:00", 18), at("09:00", 18))
    across = succeeded("job_2", CRM, at("08:00", 19), at("13:00", 19))
    (bar,) = drawn(old, across).bars
    assert (bar.job_id, bar.start) == ("job_2", NOW - DAY)


def test_parallel_jobs_have_separate_lanes_that_are_reused() -> None:
    made = drawn(
        succeeded("job_1", CRM, at("08:00"), at("09:00")),
        succeeded("job_2", ERP, at("08:30"), at("10:00")),
        succeeded("job_3", CRM, at("09:00"), at("09:30")),
    )
    assert {bar.job_id: bar.lane for bar in made.bars} == {"job_1": 0, "job_2": 1, "job_3": 0}
    assert made.lanes == 2


def test_a_job_of_the_year_9999_does_not_break_the_board() -> None:
    end = datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc)
    late = make_job("job_2", ERP, end, PENDING)
    jobs = [succeeded("job_1", CRM, at("08:00"), end), late]
    plan = Plan(end, 5, 2, (planned(CRM, ADOPT, job=late, usual=USUAL),), None)
    made = build_timeline("https://acme", {"dev": plan}, jobs, DAY)
    assert made.end >= end
    assert build_svg(made).ticks
