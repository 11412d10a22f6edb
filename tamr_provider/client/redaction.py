"""The API key, taken out of whatever a tenant sends back."""

from __future__ import annotations

from typing import Any

MASK = "***"
_SHORTEST = 4  # A shorter key, as some use with the emulator, is a part of ordinary words.
# What is compared or sent back stays as it came: a short key may be a part of an id.
_KEPT = ("nextPageToken", "state", "stateStartTime")


def redact_text(text: str, secret: str) -> str:
    """Return a text without the secret."""
    return text.replace(secret, MASK) if len(secret) >= _SHORTEST else text


def redact_body(value: Any, secret: str) -> Any:
    """Return a JSON value without the secret in its texts; ids and page tokens stay."""
    if isinstance(value, str):
        return redact_text(value, secret)
    if isinstance(value, list):
        return [redact_body(item, secret) for item in value]
    if isinstance(value, dict):
        return {
            key: item if key.endswith("Id") or key in _KEPT else redact_body(item, secret)
            for key, item in value.items()
        }
    return value
