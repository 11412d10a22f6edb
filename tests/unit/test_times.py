"""Every spelling of a moment or a length that reaches us."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from tamr_provider.timestamps import (
    format_duration,
    format_timestamp,
    later,
    parse_duration,
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
def test_all_spellings_of_one_moment_are_one_moment(text: str) -> None:
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
def test_a_date_alone_is_its_midnight_in_utc(text: str) -> None:
    assert parse_timestamp(text) == NINE.replace(hour=0)


@pytest.mark.parametrize(
    "text", ["2026-11-20T09:00:00", "2026-11-20 09:00:00", "2026-11-20 09:00:00.5"]
)
def test_a_time_without_a_zone_is_no_moment(text: str) -> None:
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
def test_rubbish_is_no_moment(text: str) -> None:
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
def test_a_moment_is_written_in_utc_with_the_digits_it_needs(moment: datetime, text: str) -> None:
    assert format_timestamp(moment) == text
    assert parse_timestamp(text) == moment


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("5h30m", timedelta(hours=5, minutes=30)),
        ("4h", timedelta(hours=4)),
        ("20m", timedelta(minutes=20)),
        ("90s", timedelta(seconds=90)),
        ("1.5h", timedelta(minutes=90)),
        ("1h2m3s", timedelta(hours=1, minutes=2, seconds=3)),
        (" 5s ", timedelta(seconds=5)),
        ("0s", timedelta(0)),
    ],
)
def test_a_length_is_hours_minutes_and_seconds(text: str, length: timedelta) -> None:
    assert parse_duration(text) == length


@pytest.mark.parametrize("text", ["99999999999h", "9999999999999999999999h", "99999999h"])
def test_a_length_beyond_a_century_is_none(text: str) -> None:
    assert parse_duration(text) is None


def test_the_first_and_last_moments_are_said_like_others() -> None:
    first = datetime(1, 1, 1, tzinfo=timezone.utc)
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc)
    assert format_timestamp(first) == "0001-01-01T00:00:00Z"
    assert later(last, timedelta(hours=24)) > last
    assert later(NINE, timedelta(hours=1)) == NINE.replace(hour=10)


@pytest.mark.parametrize("text", ["", "5", "h", "5x", "5h 30m", "30m5h", "-5m", "five", "1d", "5H"])
def test_rubbish_is_no_length(text: str) -> None:
    assert parse_duration(text) is None


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(0), "0s"),
        (timedelta(seconds=42), "42s"),
        (timedelta(minutes=12), "12m"),
        (timedelta(hours=3, minutes=5), "3h05m"),
        (timedelta(days=2, hours=4), "2d4h"),
        (timedelta(seconds=-5), "0s"),
    ],
)
def test_a_length_is_said_to_people_in_two_units_at_most(length: timedelta, text: str) -> None:
    assert format_duration(length) == text
