"""Error responses of the API."""

from __future__ import annotations


class ApiError(Exception):
    """The request has no effect; the response has this status and message."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        self.message = message
        super().__init__(f"{status} {message}")
