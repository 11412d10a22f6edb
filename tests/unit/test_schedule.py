"""When jobs would start and end under the slot limit, computed by hand."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from support.sample_jobs import at
from tamr_provider.planning.forecast import Schedule, Task, forecast

NOW = at("12:00")


def task(
    minutes: float | None,
    *after: int,
    not_before: datetime = NOW,
    runs_since: datetime | None = None,
) -> Task:
    length = timedelta(minutes=minutes) if minutes is not None else None
    return Task(not_before, length, after, runs_since)


def schedule(*tasks: Task, slots: int = 5) -> Schedule:
    return forecast(tasks, NOW, slots)


def test_nothing_to_do_is_done_now() -> None:
    assert schedule() == Schedule((), NOW)


def test_jobs_run_side_by_side_where_slots_are_free() -> None:
    assert schedule(task(20), task(45), slots=2) == Schedule((NOW, NOW), at("12:45"))


def test_jobs_run_one_after_the_other_in_one_slot() -> None:
    assert schedule(task(20), task(20), slots=1).end == at("12:40")


def test_the_longest_goes_first() -> None:
    """A of 10, B of 30, one slot: B runs 12:00 to 12:30, A 12:30 to 12:40."""
    found = schedule(task(10), task(30), slots=1)
    assert found == Schedule((at("12:30"), NOW), at("12:40"))


def test_the_longest_remaining_work_goes_first() -> None:
    """A of 5 with 60 after it goes before B of 30."""
    found = schedule(task(30), task(5), task(60, 1), slots=1)
    assert found.starts[1] == NOW
    assert found.end == at("13:35")


def test_three_jobs_in_two_slots() -> None:
    """30, 20 and 20 minutes: the third starts when the first of the two slots is free."""
    found = schedule(task(30), task(20), task(20), slots=2)
    assert found == Schedule((NOW, NOW, at("12:20")), at("12:40"))


def test_a_job_starts_when_all_before_it_have_ended() -> None:
    found = schedule(task(20), task(30), task(45, 0, 1), task(10, 2))
    assert found == Schedule((NOW, NOW, at("12:30"), at("13:15")), at("13:25"))


def test_a_job_does_not_start_before_its_time() -> None:
    found = schedule(task(20, not_before=at("12:50")))
    assert found == Schedule((at("12:50"),), at("13:10"))


def test_a_job_that_may_not_start_yet_holds_no_slot() -> None:
    found = schedule(task(60, not_before=at("12:50")), task(20), slots=1)
    assert found == Schedule((at("12:50"), NOW), at("13:50"))


def test_a_running_job_needs_only_the_rest_of_its_time() -> None:
    found = schedule(task(20, runs_since=at("11:50")), task(45, 0))
    assert found == Schedule((at("11:50"), at("12:10")), at("12:55"))


def test_a_running_job_that_takes_longer_than_usual_is_expected_to_end_now() -> None:
    late = task(20, runs_since=at("11:00"))
    assert schedule(late).end == NOW
    assert schedule(late, task(45, 0)).end == at("12:45")


def test_a_running_job_frees_its_slot_when_it_ends() -> None:
    """No slot is free: the only one is held by a job that ends at 12:10."""
    found = schedule(task(20, runs_since=at("11:50")), task(5), slots=0)
    assert found == Schedule((at("11:50"), at("12:10")), at("12:15"))


def test_a_tenant_over_its_limit_frees_a_slot_after_enough_jobs_end() -> None:
    found = schedule(
        task(20, runs_since=at("11:50")), task(30, runs_since=at("11:50")), task(5), slots=-1
    )
    assert found.starts[2] == at("12:20")


def test_where_no_slot_comes_free_the_end_is_not_known() -> None:
    found = schedule(task(20), slots=0)
    assert found == Schedule((None,), None)


@pytest.mark.parametrize("unknown", [0, 1, 2], ids=["the first", "the second", "the last"])
def test_where_a_length_is_unknown_the_end_is_not_known(unknown: int) -> None:
    lengths: list[float | None] = [20, 45, 10]
    lengths[unknown] = None
    found = schedule(task(lengths[0]), task(lengths[1], 0), task(lengths[2], 1))
    assert found.end is None
    assert found.starts == (NOW, None, None)
