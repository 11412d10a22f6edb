"""Faults of responses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tamr_provider.emulator.response import Response, error_response

if TYPE_CHECKING:
    from tamr_provider.emulator.fault_rules import ResponseRule

NO_RESPONSE = Response(0, b"", dropped=True)
_HTML = b"<!DOCTYPE html>\n<html><body><h1>The page is not available</h1></body></html>\n"
_GARBAGE = b'{"jobId": \x00\xff\xfe]] \x80 }{'
_MESSAGES = {429: "too many requests", 500: "internal error", 503: "service unavailable"}


def takes_effect(rule: ResponseRule) -> bool:
    """Return whether a request with this fault takes effect."""
    return rule.after or rule.fault in ("lost-after", "delayed", "cut")


def apply_fault(rule: ResponseRule, real: Response) -> Response:
    """Return the faulty response; `real` is NO_RESPONSE if the request had no effect."""
    if rule.fault == "delayed":
        return replace(real, late=rule.seconds)
    if rule.fault == "cut":
        return _cut(real)
    if rule.fault == "html":
        return Response(rule.status, _HTML, {"Content-Type": "text/html; charset=utf-8"})
    if rule.fault == "garbage":
        return Response(200, _GARBAGE, {"Content-Type": "application/json"})
    if rule.fault.isdigit():
        return _error(rule)
    return NO_RESPONSE


def _cut(real: Response) -> Response:
    headers = {**real.headers, "Content-Length": str(len(real.body))}
    return replace(real, body=real.body[: len(real.body) // 2], headers=headers, cut=True)


def _error(rule: ResponseRule) -> Response:
    status = int(rule.fault)
    response = error_response(status, _MESSAGES[status])
    if rule.retry_after is None:
        return response
    return replace(response, headers={**response.headers, "Retry-After": str(rule.retry_after)})
