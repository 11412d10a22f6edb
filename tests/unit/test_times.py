"""Timestamps and durations in every spelling that users, Tamr and the engine write."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from tamr_provider.emulator.duration import parse_duration as parse_emulated_duration
from tamr_provider.timestamps import (
    add_duration,
    format_duration,
    format_timestamp,
    parse_day,
    parse_duration,
    parse_moment,
    parse_timestamp,
)

NINE = datetime(2026, 11, 20, 9, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20T09:00:00Z",
        "2026-11-20t09:00:00z",
        "2026-11-20 09:00:00Z",
        "2026-11-20T09:00:00.000Z",
        "2026-11-20T09:00:00.000000000Z",
        "2026-11-20T09:00:00+00:00",
        "2026-11-20T11:00:00+02:00",
        "2026-11-20T03:30:00-05:30",
        "2026-11-20 09:00:00 +0000 UTC",
        "2026-11-20 11:00:00 +0200 +0200",
        "2026-11-20 10:00:00 +0100 CET",
        "2026-11-20 14:30:00 +0530 IST",
        "2026-11-20 06:00:00 -0300 -03",
        " 2026-11-20T09:00:00Z ",
    ],
)
def test_all_spellings_of_a_timestamp_mean_the_same(text: str) -> None:
    assert parse_timestamp(text) == NINE


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("2026-11-20T09:00:00.5Z", 500000),
        ("2026-11-20T09:00:00.518Z", 518000),
        ("2026-11-20T09:00:00.518123Z", 518123),
        ("2026-11-20T09:00:00.518123999Z", 518123),
        ("2026-11-20 11:00:00.5 +0200 +0200", 500000),
        ("2026-11-20 09:00:00.518123999 +0000 UTC", 518123),
    ],
)
def test_fractions_of_a_second_are_kept_to_the_microsecond(text: str, micros: int) -> None:
    assert parse_timestamp(text) == NINE.replace(microsecond=micros)


@pytest.mark.parametrize("text", ["2026-11-20", "2026-11-20 00:00:00 +0000 UTC"])
def test_a_date_is_its_midnight_in_utc(text: str) -> None:
    assert parse_timestamp(text) == NINE.replace(hour=0)


@pytest.mark.parametrize(
    "text", ["2026-11-20T09:00:00", "2026-11-20 09:00:00", "2026-11-20 09:00:00.5"]
)
def test_a_time_without_an_offset_is_not_a_timestamp(text: str) -> None:
    assert parse_timestamp(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "now",
        "v1",
        "2026",
        "2026-11",
        "20261120",
        "5",
        "2026-13-20",
        "2026-02-30",
        "2026-11-20T25:00:00Z",
        "2026-11-20T09:60:00Z",
        "2026-11-20T09:00:60Z",
        "2026-11-20T09:00Z",
        "2026-11-20T09:00:00+99:00",
        "2026-11-20T",
        "2026-11-20Z",
        "2026-11-20T09:00:00Z and more",
        "release 2026-11-20",
        "2026-11-20-rc1",
        "0001-01-01T00:00:00+23:00",
    ],
)
def test_other_text_is_not_a_timestamp(text: str) -> None:
    assert parse_timestamp(text) is None


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (NINE, "2026-11-20T09:00:00Z"),
        (NINE.replace(microsecond=518000), "2026-11-20T09:00:00.518Z"),
        (NINE.replace(microsecond=518123), "2026-11-20T09:00:00.518123Z"),
        (NINE.astimezone(timezone(timedelta(hours=2))), "2026-11-20T09:00:00Z"),
    ],
    ids=["whole seconds", "milliseconds", "microseconds", "another zone"],
)
def test_a_timestamp_is_formatted_in_utc_with_the_digits_it_needs(
    moment: datetime, text: str
) -> None:
    assert format_timestamp(moment) == text
    assert parse_timestamp(text) == moment


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("5h30m", timedelta(hours=5, minutes=30)),
        ("4h", timedelta(hours=4)),
        ("20m", timedelta(minutes=20)),
        ("90s", timedelta(seconds=90)),
        ("1.5h", timedelta(minutes=90)),
        ("1h2m3s", timedelta(hours=1, minutes=2, seconds=3)),
        (" 5s ", timedelta(seconds=5)),
        ("0s", timedelta(0)),
        ("500ms", timedelta(milliseconds=500)),
        ("2d", timedelta(days=2)),
        ("1d12h", timedelta(days=1, hours=12)),
        ("1m500ms", timedelta(seconds=60.5)),
    ],
)
def test_a_duration_has_the_same_spellings_here_and_in_the_emulator(
    text: str, duration: timedelta
) -> None:
    """The emulator imports nothing of the package, so it has a parser of its own."""
    assert parse_duration(text) == duration
    assert parse_emulated_duration(text.strip()) == duration


@pytest.mark.parametrize("text", ["99999999999h", "9999999999999999999999h", "99999999h"])
def test_a_duration_of_more_than_100_years_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="at most 100 years, got"):
        parse_duration(text)


def test_either_end_of_the_calendar_is_formatted() -> None:
    first = datetime(1, 1, 1, tzinfo=timezone.utc)
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc)
    assert format_timestamp(first) == "0001-01-01T00:00:00Z"
    assert add_duration(last, timedelta(hours=24)) > last
    assert add_duration(NINE, timedelta(hours=1)) == NINE.replace(hour=10)


@pytest.mark.parametrize(
    "text", ["", "5", "1.5", "h", "5x", "5h 30m", "30m5h", "-5m", "five", "5H", "\u0665s"]
)
def test_a_duration_without_a_unit_or_with_another_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a duration with a unit, for example 4h or 3d"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(0), "0s"),
        (timedelta(seconds=42), "42s"),
        (timedelta(minutes=12), "12m"),
        (timedelta(hours=3, minutes=5), "3h05m"),
        (timedelta(days=2, hours=4), "2d4h"),
        (timedelta(seconds=-5), "0s"),
    ],
)
def test_a_duration_is_formatted_in_two_units_at_most(duration: timedelta, text: str) -> None:
    assert format_duration(duration) == text


BERLIN = ZoneInfo("Europe/Berlin")
# 00:30 on Saturday in Berlin, and still Friday in UTC.
AFTER_MIDNIGHT = datetime(2026, 11, 20, 23, 30, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2h", "2026-11-20T21:30:00Z"),
        ("1d12h", "2026-11-19T11:30:00Z"),
        ("today", "2026-11-20T23:00:00Z"),
        ("yesterday", "2026-11-19T23:00:00Z"),
        (" Yesterday ", "2026-11-19T23:00:00Z"),
        ("2026-11-20", "2026-11-19T23:00:00Z"),
        ("2026-07-01", "2026-06-30T22:00:00Z"),
        ("2026-11-20T09:00:00Z", "2026-11-20T09:00:00Z"),
        ("2026-11-20T09:00:00+05:30", "2026-11-20T03:30:00Z"),
    ],
)
def test_a_typed_time_is_an_age_a_day_of_the_zone_or_rfc_3339(text: str, moment: str) -> None:
    assert format_timestamp(parse_moment(text, AFTER_MIDNIGHT, BERLIN)) == moment


def test_a_day_keeps_the_offset_of_its_zone() -> None:
    assert parse_moment("2026-07-01", NINE, BERLIN).isoformat() == "2026-07-01T00:00:00+02:00"


@pytest.mark.parametrize(
    "text", ["", "soon", "2", "2026-13-01", "2026-11-20T09:00:00", "-2h", "tomorrow"]
)
def test_other_text_is_no_typed_time(text: str) -> None:
    with pytest.raises(ValueError, match="expected a time, for example 2h, 3d, yesterday, "):
        parse_moment(text, NINE, timezone(timedelta(hours=14)))


def test_a_typed_number_needs_a_unit() -> None:
    with pytest.raises(ValueError, match="A number needs a unit, for example 2h"):
        parse_moment("24", NINE)


def test_a_day_before_the_calendar_is_no_day() -> None:
    assert parse_day("0001-01-01", NINE, timezone(timedelta(hours=14))) is None
