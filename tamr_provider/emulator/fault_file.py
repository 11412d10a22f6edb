"""The faults file: a script as JSON, read strictly.

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
from tamr_provider.emulator.fields import StrictObject, count, duration, number, one_of, text, truth
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
    """A faults file that cannot be used; `problems` has one line each, all at once."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


def load_fault_file(path: Path) -> FaultRules:
    """Read a faults file. Raises ScriptError, each problem naming the file and the place in it."""
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
    """Read a script from its JSON value. Raises ScriptError."""
    problems: list[str] = []
    top = StrictObject(data, "", problems)
    jobs = [_job_rule(StrictObject(*item, problems)) for item in top.items("jobs")]
    answers = [_answer_rule(StrictObject(*item, problems)) for item in top.items("answers")]
    hidden = top.take("hidden", count(0), 0)
    top.end()
    if problems:
        raise FaultFileError(*problems)
    return FaultRules(jobs, answers, hidden)


def _job_rule(fields: StrictObject) -> JobRule:
    ids = {name: fields.take(name, text) for name in _IDS}
    outcome = fields.take("outcome", one_of(OUTCOMES), "succeeded")
    refuse = fields.take("refuse", one_of((400, 403, 404, 409)))
    reason = fields.take("reason", _reason, "PLANNING_FAILED")
    message = fields.take("message", text, "")
    failure = JobError(reason, message or _default_message(reason))
    rule = JobRule(
        type=fields.take("type", one_of(tuple(ID_NAMES))),
        ids={name: value for name, value in ids.items() if value is not None},
        times=fields.take("times", count(1)),
        pending=fields.take("pending", duration),
        duration=fields.take("duration", duration),
        outcome=outcome,
        error=failure if outcome == "failed" else None,
        stops_too_late=fields.take("stopsTooLate", truth, False),
        refuse=refuse,
        message=message,
    )
    if outcome != "failed":
        _unused(fields, "reason", 'needs "outcome": "failed"')
        if refuse is None:
            _unused(fields, "message", 'needs "outcome": "failed" or "refuse"')
    for name in set(rule.ids) - set(ID_NAMES.get(rule.type or "", _IDS)):
        fields.wrong(name, f"type {rule.type} has no such id")
    fields.end()
    return rule


def _answer_rule(fields: StrictObject) -> ResponseRule:
    fault = fields.take("fault", _fault)
    if "fault" not in fields.names:
        fields.wrong("fault", f"is missing; one of {', '.join(FAULTS)}")
    rule = ResponseRule(
        fault=fault or "",
        call=fields.take("call", one_of(CALLS)),
        method=fields.take("method", text),
        path=fields.take("path", text),
        nth=fields.take("nth", count(1)),
        times=fields.take("times", count(1)),
        probability=fields.take("probability", number(1)),
        seed=fields.take("seed", count(0), 0),
        seconds=fields.take("seconds", number(3600), 1),
        after=fields.take("after", truth, False),
        status=fields.take("status", one_of((200, 502)), 502),
        retry_after=fields.take("retryAfter", count(0)),
    )
    for key, faults in _ONLY_WITH.items():
        if fault is not None and fault not in faults:
            _unused(fields, key, f"belongs to {', '.join(faults)}, not to {fault}")
    if "nth" in fields.names:
        _unused(fields, "probability", "not together with nth")
    fields.end()
    return rule


def _unused(fields: StrictObject, key: str, why: str) -> None:
    if key in fields.names:
        fields.wrong(key, why)


def _default_message(reason: str) -> str:
    # The documented message goes on; its end is not known.
    if reason == "PLANNING_FAILED":
        return "Something went wrong while planning the job"
    return "The job failed."


def _reason(value: object) -> str:
    if not isinstance(value, str) or not _REASON.fullmatch(value):
        raise ValueError("an UPPER_SNAKE_CASE constant of 3 to 63 characters is needed")
    if value == STOPPED_BY_USER:
        raise ValueError('this is "outcome": "stopped"')
    return value


def _fault(value: object) -> str:
    return str(one_of(FAULTS)(str(value) if type(value) is int else value))
