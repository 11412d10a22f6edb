"""HTTP responses."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Response:
    """A response, or the lack of one.

    `dropped`: the connection closes without a response. `cut`: Content-Length is that of the
    complete body, the connection closes after `body`. `late`: seconds of real time that the request
    waited before it took effect.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    dropped: bool = False
    cut: bool = False
    late: float = 0


def json_response(status: int, value: Any) -> Response:
    """Return a response with a JSON body."""
    body = json.dumps(value, ensure_ascii=False).encode()
    return Response(status, body, {"Content-Type": "application/json"})


def error_response(status: int, message: str) -> Response:
    """Return an error in the documented form (U9)."""
    return json_response(status, {"statusCode": status, "message": message})
