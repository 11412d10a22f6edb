"""Responses without the API key, which a tenant or httpx may quote."""

from __future__ import annotations

from typing import Any

_MIN_SECRET_LENGTH = 4  # A shorter key, common with the emulator, is part of ordinary words.
# These are compared or sent back, and a short key may be part of them.
_NOT_REDACTED = ("nextPageToken", "state", "stateStartTime")


def redact_text(text: str, secret: str) -> str:
    """Return the text without the secret."""
    return text.replace(secret, "***") if len(secret) >= _MIN_SECRET_LENGTH else text


def redact_body(value: Any, secret: str) -> Any:
    """Return a JSON value without the secret in its texts; IDs and page tokens stay."""
    if isinstance(value, str):
        return redact_text(value, secret)
    if isinstance(value, list):
        return [redact_body(item, secret) for item in value]
    if isinstance(value, dict):
        return {
            key: item if key.endswith("Id") or key in _NOT_REDACTED else redact_body(item, secret)
            for key, item in value.items()
        }
    return value
