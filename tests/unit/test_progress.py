"""How far a waited-for job is, in words: elapsed, usual, and when it will probably end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from support.sample_jobs import at, make_job
from tamr_provider.decision.table import Action, Decision
from tamr_provider.models import RUNNING, Configuration
from tamr_provider.reconciler.progress import JobProgress, StepStatus
from tamr_provider.tenant.durations import DurationStats
from tamr_provider.timestamps import format_local_time

CREATED = at("09:00")
JOB = make_job("job_1", Configuration.load("src_crm"), CREATED, RUNNING)
USUAL = DurationStats(timedelta(minutes=45), timedelta(minutes=30), timedelta(minutes=70))


def waited(minutes: float, usual: DurationStats | None = USUAL) -> JobProgress:
    return JobProgress(JOB, CREATED, usual).after(timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (12, f"12m, typically 45m, ends about {format_local_time(at('09:45'), CREATED)}"),
        (
            50,
            f"50m, typically 45m, 9 in 10 end by {format_local_time(at('10:10'), CREATED)}",
        ),
        (75, "1h15m, typically 45m, longer than 9 in 10"),
    ],
)
def test_a_wait_tells_when_it_will_probably_be_over(minutes: float, words: str) -> None:
    assert str(waited(minutes)) == words


def test_fewer_than_three_earlier_jobs_are_told_as_unknown() -> None:
    assert str(waited(12, None)) == "12m, typical duration unknown"
    assert waited(12, None).share is None


def test_a_wait_is_overdue_only_after_the_90th_percentile() -> None:
    assert [waited(minutes).is_overdue for minutes in (50, 71)] == [False, True]
    assert waited(90).share == 2


def test_an_end_on_another_day_has_its_day() -> None:
    assert format_local_time(at("09:00") + timedelta(days=2), CREATED).startswith("Nov 2")
    assert ", " not in format_local_time(CREATED, CREATED)


def test_a_status_names_the_job_and_every_used_slot() -> None:
    other = make_job("job_2", Configuration.load("src_erp"), CREATED, RUNNING)
    decision = Decision(Action.ADOPT, "it runs", JOB)
    status = StepStatus(decision, CREATED + timedelta(minutes=12), (JOB, other), 5)
    assert str(status) == "RUNNING 12m, typical duration unknown (job_1, 2 of 5 slots)"
