"""How long a watched job may be left alone: 6 %, 20 % until its 10th percentile, 5 minutes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from support.sample_jobs import at, make_job
from tamr_provider.models import RUNNING, Configuration
from tamr_provider.reconciler.polling import poll_delay
from tamr_provider.tenant.durations import DurationStats

CREATED = at("09:00")
JOB = make_job("job_1", Configuration.load("src_crm"), CREATED, RUNNING)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def delay(age: timedelta, tenth: timedelta | None = None) -> timedelta:
    return poll_delay(JOB, CREATED + age, usual(tenth) if tenth is not None else None)


def usual(tenth: timedelta) -> DurationStats:
    return DurationStats(2 * tenth, tenth, 3 * tenth)


@pytest.mark.parametrize(
    ("age", "wait"),
    [(0, 0), (10, 0.6), (50, 3), (60, 3.6)],
    ids=["just created", "ten minutes", "fifty minutes", "an hour"],
)
def test_a_job_is_looked_at_within_six_percent_of_its_age(age: float, wait: float) -> None:
    assert delay(minutes(age)) == minutes(wait)


@pytest.mark.parametrize("age", [minutes(84), timedelta(hours=12), timedelta(days=9)], ids=str)
def test_a_job_is_looked_at_after_five_minutes_at_most(age: timedelta) -> None:
    assert delay(age) == minutes(5)
    assert delay(age, tenth=timedelta(days=30)) == minutes(5)


@pytest.mark.parametrize(
    ("age", "wait"), [(1, 0.2), (10, 2), (20, 4)], ids=["a minute", "ten", "twenty"]
)
def test_a_job_far_from_its_usual_end_is_looked_at_within_twenty_percent(
    age: float, wait: float
) -> None:
    assert delay(minutes(age), tenth=minutes(60)) == minutes(wait)


@pytest.mark.parametrize("age", [20, 21, 40], ids=["at the percentile", "just after", "long after"])
def test_from_its_tenth_percentile_on_it_is_six_percent_again(age: float) -> None:
    assert delay(minutes(age), tenth=minutes(20)) == minutes(age) * 0.06


def test_a_long_look_does_not_pass_over_the_earliest_usual_end() -> None:
    """At 15 minutes, 20 % would be 3 minutes; the first jobs have ended after 16."""
    earliest = usual(minutes(22)).earliest
    assert minutes(16) < earliest < minutes(17)
    assert delay(minutes(15), tenth=minutes(22)) == earliest - minutes(15)


def test_from_where_one_in_a_hundred_has_ended_it_is_six_percent() -> None:
    """Or the one in ten that ends before the tenth percentile would be noticed late."""
    assert delay(minutes(17), tenth=minutes(22)) == minutes(17) * 0.06


@pytest.mark.parametrize("age", [0.5, 3, 11, 17, 24.9, 25, 26, 100])
@pytest.mark.parametrize("tenth", [10, 25, 200])
def test_no_look_is_later_than_allowed(age: float, tenth: float) -> None:
    share = 0.2 if age < tenth else 0.06
    assert delay(minutes(age), minutes(tenth)) <= min(minutes(age) * share, minutes(5))


def test_a_job_whose_clock_is_ahead_of_ours_is_looked_at_at_once() -> None:
    assert delay(minutes(-3)) == timedelta(0)


def test_a_job_of_unknown_age_is_looked_at_at_once() -> None:
    unknown = make_job("job_1", Configuration.load("src_crm"), None)
    assert poll_delay(unknown, CREATED, None) == timedelta(0)
