"""Which call a request is."""

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
    """One request; `call` is create, get, list, stop, or None for anything else."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    call: str | None
    job_id: str


def parse_request(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Request:
    """Understand a request line; header names become lower case."""
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
    wanted = ("POST", "stop") if match[2] else ("GET", "get")
    return (wanted[1] if method == wanted[0] else None), match[1]
