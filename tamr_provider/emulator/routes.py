"""The API call of a request."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

if TYPE_CHECKING:
    from collections.abc import Mapping

JOBS = "/api/v1beta1/jobs"
_JOB = re.compile(rf"{JOBS}/([^/:]+)(:stop)?")


@dataclass(frozen=True)
class Request:
    """A request; `call` is create, get, list, stop, or None if the path is unknown."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    call: str | None
    job_id: str


def parse_request(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Request:
    """Parse a request; header names become lower case."""
    path, _, query = target.partition("?")
    path = unquote(path)
    call, job_id = _call(method, path)
    return Request(
        method=method,
        path=path,
        query=dict(parse_qsl(query, keep_blank_values=True)),
        headers={name.lower(): value for name, value in headers.items()},
        body=body,
        call=call,
        job_id=job_id,
    )


def _call(method: str, path: str) -> tuple[str | None, str]:
    if path == JOBS:
        return {"GET": "list", "POST": "create"}.get(method), ""
    match = _JOB.fullmatch(path)
    if match is None:
        return None, ""
    expected_method, call = ("POST", "stop") if match[2] else ("GET", "get")
    return (call if method == expected_method else None), match[1]
