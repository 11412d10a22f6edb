"""The faults file is read strictly; durations are read as people write them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tamr_provider.emulator.duration import parse_duration
from tamr_provider.emulator.fault_file import FaultFileError, load_fault_file, parse_fault_rules
from tamr_provider.emulator.timestamps import format_timestamp, parse_timestamp

if TYPE_CHECKING:
    from pathlib import Path

ALL = "lost-before, lost-after, delayed, 429, 500, 503, html, cut, garbage"
REASON = "expected an UPPER_SNAKE_CASE constant of 3 to 63 characters"


def test_an_empty_file_is_a_script_without_rules() -> None:
    script = parse_fault_rules({})
    assert (list(script.jobs), list(script.responses), script.hidden) == ([], [], 0)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ([], "the file: expected an object"),
        ({"job": []}, "job: unknown key"),
        ({"jobs": {}}, "jobs: expected a list, got {}"),
        ({"jobs": ["x"]}, "jobs[0]: expected an object"),
        ({"jobs": [{"outcom": "failed"}]}, "jobs[0].outcom: unknown key"),
        (
            {"jobs": [{"outcome": "late"}]},
            'jobs[0].outcome: expected one of succeeded, failed, stopped, got "late"',
        ),
        (
            {"jobs": [{"duration": 5}]},
            'jobs[0].duration: expected a duration such as "20m", got 5',
        ),
        ({"jobs": [{"times": True}]}, "jobs[0].times: expected a whole number from 1, got true"),
        ({"jobs": [{"sourceId": ""}]}, 'jobs[0].sourceId: expected a non-empty string, got ""'),
        (
            {"jobs": [{"stopsTooLate": 1}]},
            "jobs[0].stopsTooLate: expected true or false, got 1",
        ),
        ({"jobs": [{"reason": "OUT_OF_DISK"}]}, 'jobs[0].reason: requires "outcome": "failed"'),
        (
            {"jobs": [{"message": "x"}]},
            'jobs[0].message: requires "outcome": "failed" or "refuse"',
        ),
        (
            {"jobs": [{"outcome": "failed", "reason": "no"}]},
            f'jobs[0].reason: {REASON}, got "no"',
        ),
        (
            {"jobs": [{"outcome": "failed", "reason": "STOPPED_BY_USER"}]},
            'jobs[0].reason: expected "outcome": "stopped" instead, got "STOPPED_BY_USER"',
        ),
        (
            {"jobs": [{"type": "load", "workflowId": "w"}]},
            "jobs[0].workflowId: type load has no such id",
        ),
        (
            {"answers": [{}]},
            f"answers[0].fault: is missing; expected one of {ALL}",
        ),
        (
            {"answers": [{}, {"fault": 502}]},
            f"answers[1].fault: expected one of {ALL}, got 502",
        ),
        (
            {"answers": [{"fault": "cut", "seconds": 3}]},
            "answers[0].seconds: only valid for delayed, not for cut",
        ),
        (
            {"answers": [{"fault": "cut", "nth": 1, "probability": 0.5}]},
            "answers[0].probability: cannot be combined with nth",
        ),
        (
            {"answers": [{"fault": "cut", "probability": 2}]},
            "answers[0].probability: expected a number from 0 to 1, got 2",
        ),
        ({"hidden": -1}, "hidden: expected a whole number from 0, got -1"),
    ],
)
def test_a_mistake_is_named_with_its_place(data: Any, problem: str) -> None:
    with pytest.raises(FaultFileError) as caught:
        parse_fault_rules(data)
    assert problem in caught.value.problems


def test_all_mistakes_are_told_at_once_and_name_the_file(tmp_path: Path) -> None:
    path = tmp_path / "faults.json"
    path.write_text(json.dumps({"hidden": "x", "jobs": [{"times": 0}]}))
    with pytest.raises(FaultFileError) as caught:
        load_fault_file(path)
    assert len(caught.value.problems) == 2
    assert all(problem.startswith(f"{path}: ") for problem in caught.value.problems)


def test_a_file_that_is_missing_or_not_json_is_named(tmp_path: Path) -> None:
    path = tmp_path / "faults.json"
    with pytest.raises(FaultFileError, match=r"faults\.json: cannot be read"):
        load_fault_file(path)
    path.write_text("{'jobs': []}")
    with pytest.raises(FaultFileError, match=r"faults\.json: not JSON: .*line 1 column 2"):
        load_fault_file(path)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("20m", 1200),
        ("5s", 5),
        ("1h30m", 5400),
        ("500ms", 0.5),
        ("5h30m", 19800),
        ("0s", 0),
        ("1.5h", 5400),
        ("2d", 172800),
        ("1m500ms", 60.5),
    ],
)
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "5", "m", "5 s", "-5s", "30m1h", "5S", "1e3s", "\u0665s"])
def test_anything_else_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration like 20m"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2026-01-05T09:00:00Z", "2026-01-05T09:00:00.000Z"),
        ("2026-01-05T09:00:00.123456789Z", "2026-01-05T09:00:00.123Z"),
        ("2026-01-05t10:30:00.5+01:30", "2026-01-05T09:00:00.500Z"),
    ],
)
def test_a_time_is_written_in_utc_with_milliseconds(text: str, same: str) -> None:
    assert format_timestamp(parse_timestamp(text)) == same
