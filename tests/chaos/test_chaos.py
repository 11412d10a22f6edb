"""Exactly once, in a quick form: a sample of what `make chaos` plays in full.

A tally's verdict comes from the tenant's own record: for every configuration exactly one job
succeeded, none was forgotten, none ran beside its equal where only one runner was at work, and
no step started before what it depends on had finished.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from support import concurrent_runs, degraded_tenant, schedules

if TYPE_CHECKING:
    from pathlib import Path

    from support.schedules import Tally


def sound(tally: Tally, at_least: int) -> None:
    assert tally.wrong == []
    assert tally.schedules >= at_least


def test_a_runner_killed_at_any_request_runs_no_job_twice_and_loses_none() -> None:
    sound(schedules.every_kill(stride=9), 40)


def test_a_runner_killed_twice_runs_no_job_twice_and_loses_none() -> None:
    sound(schedules.every_pair_of_kills(stride=37), 100)


def test_no_single_spoiled_answer_runs_a_job_twice_or_loses_one() -> None:
    sound(schedules.every_answer(stride=37), 70)


def test_a_request_that_arrives_late_wastes_one_job_at_most() -> None:
    tally = schedules.late_requests(stride=2)
    sound(tally, 30)
    assert tally.duplicates < tally.schedules / 2


def test_random_faults_on_a_third_of_all_requests_change_nothing() -> None:
    sound(schedules.random_faults(seeds=25), 25)


def test_two_three_and_eight_runners_at_once_end_with_one_job_each() -> None:
    for runners, seeds in ((2, 15), (3, 10), (8, 2)):
        sound(concurrent_runs.races(runners, seeds), seeds)


def test_runners_that_race_and_are_killed_end_with_one_job_each() -> None:
    sound(concurrent_runs.races(3, seeds=20, kills=1), 15)
    sound(concurrent_runs.races(3, seeds=15, kills=2), 10)


def test_runners_that_race_among_faults_and_kills_end_with_one_job_each() -> None:
    sound(concurrent_runs.races(3, seeds=25, kills=1, share=0.2), 15)


def test_clocks_that_are_ten_minutes_apart_change_nothing() -> None:
    sound(schedules.skewed_clocks(), 4)


def test_an_outage_and_hours_without_a_slot_end_with_everything_satisfied() -> None:
    tally = degraded_tenant.starvation()
    sound(tally, 5)
    assert tally.extra_requests < 1200  # six hours at three a minute


def test_stacks_that_share_a_source_load_it_once_however_they_race() -> None:
    sound(concurrent_runs.overlapping_stacks(seeds=8), 8)


def test_a_user_who_starts_the_same_job_in_the_same_second_is_a_rival() -> None:
    sound(concurrent_runs.beside_a_person(seeds=30), 30)


def test_a_job_stopped_by_a_user_stays_stopped_until_a_retry() -> None:
    sound(concurrent_runs.stopped_by_a_person(1, seeds=8), 5)
    sound(concurrent_runs.stopped_by_a_person(2, seeds=8), 5)
    sound(concurrent_runs.stopped_by_a_person(2, seeds=8, kills=1), 4)


def test_a_list_that_lags_behind_by_less_than_a_job_takes_changes_nothing() -> None:
    for seconds in (5, 30, 100):
        sound(degraded_tenant.lag_of_the_list(seconds, stride=40), 15)


def test_a_long_history_costs_no_request_more(tmp_path: Path) -> None:
    tally = degraded_tenant.long_history(2_000, tmp_path)
    sound(tally, 1)
    assert tally.extra_requests <= 0
