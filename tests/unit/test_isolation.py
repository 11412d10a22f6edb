"""When the engine gets the error of a step: once no other step of the run can go on."""

from __future__ import annotations

import threading
from contextlib import ExitStack

from support.fake_clock import FakeClock
from tamr_provider.resources._isolation import QUIET_SECONDS, Isolation


def test_an_error_of_a_quiet_run_waits_for_no_step() -> None:
    clock = FakeClock()
    Isolation(clock).withhold()
    assert clock.elapsed == QUIET_SECONDS


def test_an_error_waits_for_open_calls_and_for_those_that_follow() -> None:
    clock = FakeClock()
    run = Isolation(clock)
    calls = ExitStack()
    calls.enter_context(run.open_call())
    ends = {20 * QUIET_SECONDS: calls.close}

    def follow() -> None:
        """End the open call; four seconds later, the next one starts and ends."""
        if end := ends.pop(clock.elapsed, None):
            end()
            clock.elapsed += 4
            with run.open_call():
                clock.elapsed += 60

    clock.at_wait = follow
    run.withhold()
    assert clock.elapsed == 20 * QUIET_SECONDS + 4 + 60 + QUIET_SECONDS


def test_the_end_of_a_run_releases_errors_of_now_and_later() -> None:
    clock = FakeClock()
    run = Isolation(clock)
    with run.open_call():
        clock.at_wait = run.end
        run.withhold()
        run.withhold()
    assert clock.elapsed == 0


def test_errors_that_leave_the_engine_no_slot_are_released() -> None:
    """All of them are withheld, and nothing else is open."""
    run = Isolation(FakeClock())
    threads = [threading.Thread(target=run.withhold) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
