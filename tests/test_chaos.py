"""Exactly once, in a quick form: a sample of what `make chaos` plays in full.

A tally's verdict comes from the tenant's own record: for every configuration exactly one job
succeeded, none was forgotten, none ran beside its equal where only one runner was at work, and
no step started before what it depends on had finished.
"""

from __future__ import annotations

import schedules
from schedules import Tally


def sound(tally: Tally, at_least: int) -> None:
    assert tally.wrong == []
    assert tally.schedules >= at_least


def test_a_runner_killed_at_any_request_runs_no_job_twice_and_loses_none() -> None:
    sound(schedules.every_kill(stride=9), 40)


def test_a_runner_killed_twice_runs_no_job_twice_and_loses_none() -> None:
    sound(schedules.every_pair_of_kills(stride=331), 100)


def test_no_single_spoiled_answer_runs_a_job_twice_or_loses_one() -> None:
    sound(schedules.every_answer(stride=37), 70)


def test_a_request_that_arrives_late_leaves_one_job() -> None:
    sound(schedules.late_requests(stride=2), 30)


def test_random_faults_on_a_third_of_all_requests_change_nothing() -> None:
    sound(schedules.random_faults(seeds=25), 25)


def test_two_three_and_eight_runners_at_once_end_with_one_job_each() -> None:
    for runners, seeds in ((2, 15), (3, 10), (8, 2)):
        sound(schedules.races(runners, seeds), seeds)


def test_runners_that_race_and_are_killed_end_with_one_job_each() -> None:
    sound(schedules.races(3, seeds=20, kills=1), 15)
    sound(schedules.races(3, seeds=15, kills=2), 10)


def test_runners_that_race_among_faults_and_kills_end_with_one_job_each() -> None:
    sound(schedules.races(3, seeds=25, kills=1, share=0.2), 15)


def test_clocks_that_are_ten_minutes_apart_change_nothing() -> None:
    sound(schedules.skewed_clocks(), 4)


def test_an_outage_and_hours_without_a_slot_end_with_everything_satisfied() -> None:
    tally = schedules.starvation()
    sound(tally, 3)
    assert tally.extra_requests < 1200  # six hours at three a minute
