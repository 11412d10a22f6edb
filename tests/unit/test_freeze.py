"""Freeze windows: when one is on, and when it opens."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tamr_provider.stackfile.freeze_window import FreezeWindow, format_local, read_window

WEEKEND = "Fri 16:00 - Mon 08:00 Europe/Berlin"
BERLIN = ZoneInfo("Europe/Berlin")


def ends_at(text: str, now: str) -> str | None:
    moment = datetime.fromisoformat(now).replace(tzinfo=BERLIN)
    found = read_window(text).ends_at(moment.astimezone(timezone.utc))
    return format_local(found) if found else None


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-20 15:59", None),  # a Friday
        ("2026-11-20 16:00", "Mon 2026-11-23 08:00 Europe/Berlin"),
        ("2026-11-22 12:00", "Mon 2026-11-23 08:00 Europe/Berlin"),
        ("2026-11-23 07:59", "Mon 2026-11-23 08:00 Europe/Berlin"),
        ("2026-11-23 08:00", None),
    ],
)
def test_a_weekly_window_is_on_from_its_start_up_to_its_end(now: str, expected: str | None) -> None:
    assert ends_at(WEEKEND, now) == expected


def test_a_window_within_one_day_and_one_across_midnight() -> None:
    assert ends_at("Mon 09:00 - Mon 17:00 Europe/Berlin", "2026-11-23 10:00") is not None
    assert ends_at("Mon 09:00 - Mon 17:00 Europe/Berlin", "2026-11-24 10:00") is None
    assert ends_at("Sun 22:00 - Mon 06:00 Europe/Berlin", "2026-11-23 01:00") is not None
    assert ends_at("Mon 17:00 - Mon 09:00 Europe/Berlin", "2026-11-23 12:00") is None


def test_a_dated_window_is_on_once() -> None:
    window = "2026-12-18 16:00 - 2027-01-04 08:00 Europe/Berlin"
    assert ends_at(window, "2026-12-24 00:00") == "Mon 2027-01-04 08:00 Europe/Berlin"
    assert ends_at(window, "2027-12-24 00:00") is None


def test_a_change_to_winter_time_keeps_the_hour_of_the_wall_clock() -> None:
    found = read_window(WEEKEND).ends_at(datetime(2026, 10, 24, 12, tzinfo=timezone.utc))
    assert found is not None
    assert found.astimezone(timezone.utc) == datetime(2026, 10, 26, 7, tzinfo=timezone.utc)


def test_in_an_hour_that_comes_twice_a_window_opens_after_now() -> None:
    window = read_window("Sat 22:00 - Sun 02:30 Europe/Berlin")
    for hour in (0, 1):  # 02:15 in summer time, then in winter time
        now = datetime(2026, 10, 25, hour, 15, tzinfo=timezone.utc)
        found = window.ends_at(now)
        assert found is not None
        assert found.astimezone(timezone.utc) == now + timedelta(minutes=15)


def test_a_reason_may_follow_after_a_colon() -> None:
    assert read_window(f"{WEEKEND}: nobody is on call").reason == "nobody is on call"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("weekends", "allowed: "),
        ("Fri 16:00 - Mon 08:00", "allowed: "),
        ("Fri 16:00 - Mon 08:00 Mars/Olympus", "Mars/Olympus is no time zone"),
        ("Fri 16:00 - Mon 08:00 ../../etc/passwd", "allowed: "),
        ("Foo 16:00 - Mon 08:00 UTC", "Foo is no weekday"),
        ("Fri 24:00 - Mon 08:00 UTC", "24:00 is no time of day"),
        ("Fri 16:00 - 2027-01-04 08:00 UTC", "not one of each"),
        ("Fri 16:00 - Fri 16:00 UTC", "ends before it begins"),
        ("2027-01-04 08:00 - 2026-12-18 16:00 UTC", "ends before it begins"),
        ("2026-02-30 08:00 - 2026-12-18 16:00 UTC", "day"),
    ],
)
def test_what_is_wrong_with_a_window_is_said(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words.replace(".", r"\.")):
        read_window(text)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)))  # noqa: DTZ001 - naive by contract
def test_a_window_opens_within_its_length_and_is_off_from_then_on(moment: datetime) -> None:
    window: FreezeWindow = read_window(WEEKEND)
    now = moment.replace(tzinfo=timezone.utc)
    found = window.ends_at(now)
    if found is not None:
        assert timedelta(0) < found - now <= timedelta(hours=65)
        assert window.ends_at(found) is None


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles"])
def test_no_window_is_open_at_either_end_of_the_calendar(zone: str) -> None:
    window = read_window(f"2026-12-18 16:00 - 2027-01-04 08:00 {zone}")
    moments = [datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59)]  # noqa: DTZ001 - below
    for moment in moments:
        assert window.ends_at(moment.replace(tzinfo=timezone.utc)) is None
