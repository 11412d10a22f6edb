"""A tenant's jobs as bars: finished, active and planned ones."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from support.sample_jobs import at, failed, make_job, stopped, succeeded
from tamr_provider.cli.output.page import format_page
from tamr_provider.decision.states import State
from tamr_provider.decision.steps import ConflictScope, Step
from tamr_provider.environments.timeline import Bar, Timeline, build_timeline
from tamr_provider.models import PENDING, RUNNING, Configuration
from tamr_provider.planning.plan import Plan
from tamr_provider.planning.planned_step import ADOPT, LAUNCH, NONE, PlannedStep
from tamr_provider.tenant.durations import DurationStats

if TYPE_CHECKING:
    from tamr_provider.models import Job

NOW = at("12:00")
DAY = timedelta(hours=24)
CRM, ERP = Configuration.load("src_crm"), Configuration.load("src_erp")
USUAL = DurationStats(timedelta(minutes=60), timedelta(minutes=50), timedelta(minutes=90))


def planned(
    configuration: Configuration, action: str, product: str = "customers", **more: Any
) -> PlannedStep:
    step = Step(product, configuration, at("09:00"), at("09:00"), ConflictScope())
    return PlannedStep(step, action, "because", **more)


def timeline(*jobs: Job, steps: tuple[PlannedStep, ...] = ()) -> Timeline:
    plan = Plan(NOW, 5, len(jobs), steps or (planned(CRM, LAUNCH),), None)
    return build_timeline("https://acme", {"dev": plan}, jobs, DAY)


def draw(*jobs: Job, steps: tuple[PlannedStep, ...] = ()) -> list[Bar]:
    return [bar for lane in timeline(*jobs, steps=steps).lanes for bar in lane.bars]


def test_a_finished_job_has_its_outcome_and_a_failure_its_reason() -> None:
    ended = (at("08:00"), at("08:30"))
    bars = draw(
        succeeded("job_1", CRM, *ended),
        failed("job_2", ERP, *ended, "BOOM", "it broke"),
        stopped("job_3", ERP, *ended),
    )
    assert [bar.words for bar in bars] == ["succeeded", "failed", "stopped"]
    assert [bar.state for bar in bars] == [State.SATISFIED, State.FAILED, State.HOLD]
    assert [bar.reason for bar in bars] == ["", "BOOM: it broke", ""]


def test_each_product_has_a_lane_and_other_users_have_the_last() -> None:
    ended = (at("08:00"), at("08:30"))
    jobs = (succeeded("job_1", ERP, *ended), succeeded("job_2", CRM, *ended))
    lanes = timeline(*jobs).lanes
    assert [lane.owner for lane in lanes] == [("dev", "customers"), None]
    assert [bar.job_id for lane in lanes for bar in lane.bars] == ["job_2", "job_1"]


def test_a_shared_job_is_on_the_lane_of_each_product() -> None:
    job = succeeded("job_1", CRM, at("08:00"), at("08:30"))
    steps = (planned(CRM, NONE), planned(CRM, NONE, product="orders"))
    lanes = timeline(job, steps=steps).lanes
    assert [lane.owner.product for lane in lanes if lane.owner] == ["customers", "orders"]
    assert {bar.job_id for lane in lanes for bar in lane.bars} == {"job_1"}


def test_a_product_without_jobs_has_no_lane() -> None:
    assert timeline().lanes == ()


def test_a_waiting_job_has_not_started() -> None:
    (bar,) = draw(make_job("job_1", CRM, at("11:00"), PENDING))
    assert (bar.start, bar.runs_from, bar.end) == (at("11:00"), NOW, NOW)
    assert (bar.words, bar.state) == ("pending", State.WAITING)


def test_a_running_job_ends_after_its_typical_duration_or_now() -> None:
    job = make_job("job_1", CRM, at("11:30"), RUNNING)
    (bar,) = draw(job, steps=(planned(CRM, ADOPT, job=job, usual=USUAL),))
    assert bar.end == at("12:30")
    late = make_job("job_1", CRM, at("09:00"), RUNNING)
    (bar,) = draw(late, steps=(planned(CRM, ADOPT, job=late, usual=USUAL),))
    assert bar.end == NOW


def test_an_expected_job_is_a_bar_of_typical_duration() -> None:
    step = planned(CRM, LAUNCH, earliest_start=at("13:00"), usual=USUAL)
    (bar,) = draw(steps=(step,))
    assert (bar.words, bar.start, bar.end) == ("expected", at("13:00"), at("14:00"))


def test_bars_before_the_span_are_omitted_or_cut() -> None:
    old = succeeded("job_1", CRM, at("08:00", 18), at("09:00", 18))
    across = succeeded("job_2", CRM, at("08:00", 19), at("13:00", 19))
    (bar,) = draw(old, across)
    assert (bar.job_id, bar.start) == ("job_2", NOW - DAY)


def test_a_job_of_the_year_9999_does_not_break_the_board() -> None:
    end = datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc)
    late = make_job("job_2", ERP, end, PENDING)
    jobs = [succeeded("job_1", CRM, at("08:00"), end), late]
    plan = Plan(end, 5, 2, (planned(CRM, ADOPT, job=late, usual=USUAL),), None)
    made = build_timeline("https://acme", {"dev": plan}, jobs, DAY)
    assert max(bar.end for lane in made.lanes for bar in lane.bars) >= end
    assert "job_2" in format_page("shop", [], [made], end)
