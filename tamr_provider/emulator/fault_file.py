"""The faults file: fault rules as JSON, read strictly.

{"jobs":    [{"type", "sourceId", "dataProductId", "workflowId", "destinationId", "times",
              "pending", "duration", "outcome", "reason", "message", "stopsTooLate",
              "refuse"}, …],
 "answers": [{"call", "method", "path", "nth", "times", "probability", "seed",
              "fault", "seconds", "after", "status", "retryAfter"}, …],
 "hidden":  0}
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from tamr_provider.emulator.configuration import ID_NAMES
from tamr_provider.emulator.fault_rules import CALLS, FAULTS, FaultRules, JobRule, ResponseRule
from tamr_provider.emulator.fields import (
    StrictObject,
    number,
    one_of,
    read_boolean,
    read_duration,
    read_text,
    whole_number,
)
from tamr_provider.emulator.job import OUTCOMES, STOPPED_BY_USER, JobError

if TYPE_CHECKING:
    from pathlib import Path

_IDS = ("sourceId", "dataProductId", "workflowId", "destinationId")
_REASON = re.compile(r"[A-Z][A-Z0-9_]{1,61}[A-Z0-9]", re.ASCII)
_ONLY_WITH = {
    "seconds": ("delayed",),
    "status": ("html",),
    "retryAfter": ("429", "500", "503"),
    "after": ("429", "500", "503", "html", "garbage"),
}


class FaultFileError(ValueError):
    """A faults file is invalid; `problems` has all problems, one line per problem."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


def load_fault_file(path: Path) -> FaultRules:
    """Read a faults file. Raises FaultFileError; every problem has the file and the path in it."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FaultFileError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise FaultFileError(f"{path}: not JSON: {error}") from None
    try:
        return parse_fault_rules(data)
    except FaultFileError as error:
        raise FaultFileError(*(f"{path}: {problem}" for problem in error.problems)) from None


def parse_fault_rules(data: object) -> FaultRules:
    """Read fault rules from their JSON value. Raises FaultFileError."""
    problems: list[str] = []
    top = StrictObject(data, "", problems)
    jobs = [_job_rule(StrictObject(*item, problems)) for item in top.items("jobs")]
    responses = [_response_rule(StrictObject(*item, problems)) for item in top.items("answers")]
    hidden = top.take("hidden", whole_number(0), 0)
    top.reject_unknown_keys()
    if problems:
        raise FaultFileError(*problems)
    return FaultRules(jobs, responses, hidden)


def _job_rule(fields: StrictObject) -> JobRule:
    ids = {name: fields.take(name, read_text) for name in _IDS}
    outcome = fields.take("outcome", one_of(OUTCOMES), "succeeded")
    refuse = fields.take("refuse", one_of((400, 403, 404, 409)))
    reason = fields.take("reason", _reason, "PLANNING_FAILED")
    message = fields.take("message", read_text, "")
    failure = JobError(reason, message or _default_message(reason))
    rule = JobRule(
        type=fields.take("type", one_of(tuple(ID_NAMES))),
        ids={name: value for name, value in ids.items() if value is not None},
        times=fields.take("times", whole_number(1)),
        pending=fields.take("pending", read_duration),
        duration=fields.take("duration", read_duration),
        outcome=outcome,
        error=failure if outcome == "failed" else None,
        stops_too_late=fields.take("stopsTooLate", read_boolean, False),
        refuse=refuse,
        message=message,
    )
    if outcome != "failed":
        _reject(fields, "reason", 'requires "outcome": "failed"')
        if refuse is None:
            _reject(fields, "message", 'requires "outcome": "failed" or "refuse"')
    for name in set(rule.ids) - set(ID_NAMES.get(rule.type or "", _IDS)):
        fields.add_problem(name, f"type {rule.type} has no such id")
    fields.reject_unknown_keys()
    return rule


def _response_rule(fields: StrictObject) -> ResponseRule:
    fault = fields.take("fault", _fault)
    if "fault" not in fields.names:
        fields.add_problem("fault", f"is missing; expected one of {', '.join(FAULTS)}")
    rule = ResponseRule(
        fault=fault or "",
        call=fields.take("call", one_of(CALLS)),
        method=fields.take("method", read_text),
        path=fields.take("path", read_text),
        nth=fields.take("nth", whole_number(1)),
        times=fields.take("times", whole_number(1)),
        probability=fields.take("probability", number(1)),
        seed=fields.take("seed", whole_number(0), 0),
        seconds=fields.take("seconds", number(3600), 1),
        after=fields.take("after", read_boolean, False),
        status=fields.take("status", one_of((200, 502)), 502),
        retry_after=fields.take("retryAfter", whole_number(0)),
    )
    for key, faults in _ONLY_WITH.items():
        if fault is not None and fault not in faults:
            _reject(fields, key, f"only valid for {', '.join(faults)}, not for {fault}")
    if "nth" in fields.names:
        _reject(fields, "probability", "cannot be combined with nth")
    fields.reject_unknown_keys()
    return rule


def _reject(fields: StrictObject, key: str, problem: str) -> None:
    if key in fields.names:
        fields.add_problem(key, problem)


def _default_message(reason: str) -> str:
    # The reference shows only the start of the message.
    if reason == "PLANNING_FAILED":
        return "Something went wrong while planning the job"
    return "The job failed."


def _reason(value: object) -> str:
    if not isinstance(value, str) or not _REASON.fullmatch(value):
        raise ValueError("expected an UPPER_SNAKE_CASE constant of 3 to 63 characters")
    if value == STOPPED_BY_USER:
        raise ValueError('expected "outcome": "stopped" instead')
    return value


def _fault(value: object) -> str:
    return str(one_of(FAULTS)(str(value) if type(value) is int else value))
