"""An answer that says no."""

from __future__ import annotations


class ApiError(Exception):
    """The request is answered with this status and message, and has no effect."""

    def __init__(self, status: int, message: str) -> None:
        self.status, self.message = status, message
        super().__init__(f"{status} {message}")
