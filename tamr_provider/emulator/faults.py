"""How an answer goes wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tamr_provider.emulator.answer import Answer, error_answer

if TYPE_CHECKING:
    from tamr_provider.emulator.script import AnswerRule

_DROPPED = Answer(0, b"", dropped=True)
_HTML = b"<!DOCTYPE html>\n<html><body><h1>The page is not available</h1></body></html>\n"
_GARBAGE = b'{"jobId": \x00\xff\xfe]] \x80 }{'
_MESSAGES = {429: "too many requests", 500: "internal error", 503: "service unavailable"}


def has_effect(rule: AnswerRule) -> bool:
    """Return whether a request with this fault is carried out."""
    return rule.after or rule.fault in ("lost-after", "delayed", "cut")


def instead_of(rule: AnswerRule) -> Answer | None:
    """Return the answer that hides the real one, or None where the fault only alters it."""
    if rule.fault in ("lost-before", "lost-after"):
        return _DROPPED
    if rule.fault == "html":
        return Answer(rule.status, _HTML, {"Content-Type": "text/html; charset=utf-8"})
    if rule.fault == "garbage":
        return Answer(200, _GARBAGE, {"Content-Type": "application/json"})
    if rule.fault.isdigit():
        return _error(rule)
    return None


def altered(rule: AnswerRule, real: Answer) -> Answer:
    """Return the real answer, late or cut off in its middle."""
    if rule.fault == "delayed":
        return replace(real, late=rule.seconds)
    length = str(len(real.body))
    headers = {**real.headers, "Content-Length": length}
    return replace(real, body=real.body[: len(real.body) // 2], headers=headers, cut=True)


def _error(rule: AnswerRule) -> Answer:
    status = int(rule.fault)
    answer = error_answer(status, _MESSAGES[status])
    if rule.retry_after is None:
        return answer
    return replace(answer, headers={**answer.headers, "Retry-After": str(rule.retry_after)})
