"""Freeze windows: when one is on, and when it opens."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tamr_provider.stackfile.freeze_window import FreezeWindow, format_local, parse_window

WEEKEND = "Fri 16:00 - Mon 08:00 Europe/Berlin"
BERLIN = ZoneInfo("Europe/Berlin")


def ends_at(text: str, now: str) -> str | None:
    moment = datetime.fromisoformat(now).replace(tzinfo=BERLIN)
    found = parse_window(text).ends_at(moment.astimezone(timezone.utc))
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
def test_a_weekly_window_covers_its_start_but_not_its_end(now: str, expected: str | None) -> None:
    assert ends_at(WEEKEND, now) == expected


def test_a_window_may_be_in_one_day_or_cross_midnight() -> None:
    assert ends_at("Mon 09:00 - Mon 17:00 Europe/Berlin", "2026-11-23 10:00") is not None
    assert ends_at("Mon 09:00 - Mon 17:00 Europe/Berlin", "2026-11-24 10:00") is None
    assert ends_at("Sun 22:00 - Mon 06:00 Europe/Berlin", "2026-11-23 01:00") is not None
    assert ends_at("Mon 17:00 - Mon 09:00 Europe/Berlin", "2026-11-23 12:00") is None


def test_a_dated_window_covers_its_dates_once() -> None:
    window = "2026-12-18 16:00 - 2027-01-04 08:00 Europe/Berlin"
    assert ends_at(window, "2026-12-24 00:00") == "Mon 2027-01-04 08:00 Europe/Berlin"
    assert ends_at(window, "2027-12-24 00:00") is None


def test_daylight_saving_time_does_not_move_the_end() -> None:
    found = parse_window(WEEKEND).ends_at(datetime(2026, 10, 24, 12, tzinfo=timezone.utc))
    assert found is not None
    assert found.astimezone(timezone.utc) == datetime(2026, 10, 26, 7, tzinfo=timezone.utc)


def test_a_window_ends_after_now_in_an_hour_that_comes_twice() -> None:
    window = parse_window("Sat 22:00 - Sun 02:30 Europe/Berlin")
    for hour in (0, 1):  # 02:15 in daylight saving time, then in standard time.
        now = datetime(2026, 10, 25, hour, 15, tzinfo=timezone.utc)
        found = window.ends_at(now)
        assert found is not None
        assert found.astimezone(timezone.utc) == now + timedelta(minutes=15)


def test_a_reason_follows_a_colon() -> None:
    assert parse_window(f"{WEEKEND}: no on-call staff").reason == "no on-call staff"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("weekends", 'expected "Fri 16:00'),
        ("Fri 16:00 - Mon 08:00", 'expected "Fri 16:00'),
        (
            "Fri 16:00 - Mon 08:00 Mars/Olympus",
            "an IANA time zone such as Europe/Berlin, got Mars/Olympus",
        ),
        ("Fri 16:00 - Mon 08:00 ../../etc/passwd", 'expected "Fri 16:00'),
        ("Foo 16:00 - Mon 08:00 UTC", "one of mon, tue, wed, thu, fri, sat, sun, got foo"),
        ("Fri 24:00 - Mon 08:00 UTC", "a time of day as HH:MM, got 24:00"),
        ("Fri 16:00 - 2027-01-04 08:00 UTC", "two weekdays or two dates"),
        ("Fri 16:00 - Fri 16:00 UTC", "starts before it ends"),
        ("2027-01-04 08:00 - 2026-12-18 16:00 UTC", "starts before it ends"),
        ("2026-02-30 08:00 - 2026-12-18 16:00 UTC", "a date of the calendar, got 2026-02-30"),
    ],
)
def test_an_invalid_window_names_what_is_expected(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words.replace(".", r"\.")):
        parse_window(text)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)))  # noqa: DTZ001 - Hypothesis takes naive times.
def test_a_window_ends_within_its_length(moment: datetime) -> None:
    window: FreezeWindow = parse_window(WEEKEND)
    now = moment.replace(tzinfo=timezone.utc)
    found = window.ends_at(now)
    if found is not None:
        assert timedelta(0) < found - now <= timedelta(hours=65)
        assert window.ends_at(found) is None


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles"])
def test_no_window_covers_either_end_of_the_calendar(zone: str) -> None:
    window = parse_window(f"2026-12-18 16:00 - 2027-01-04 08:00 {zone}")
    moments = [datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59)]  # noqa: DTZ001 - The zone is added below.
    for moment in moments:
        assert window.ends_at(moment.replace(tzinfo=timezone.utc)) is None
