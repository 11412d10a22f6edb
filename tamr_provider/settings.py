"""Address, key and limits of one tenant: from the environment, else from the stack's config."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tamr_provider.errors import InputError
from tamr_provider.timestamps import parse_duration

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

DEFAULT_SLOTS = 5  # Tamr's own default for concurrent jobs on a tenant
DEFAULT_POLL_SECONDS = 2.0


@dataclass(frozen=True)
class Settings:
    """How to reach one tenant, how often to poll it, and for how long."""

    url: str
    api_key: str = field(repr=False)
    slots: int = DEFAULT_SLOTS
    poll_seconds: float = DEFAULT_POLL_SECONDS
    hand_over_after: timedelta | None = None


def read_settings(
    env: Mapping[str, str], stack: str = "", url: str = "", slots: int = 0, secret_key: str = ""
) -> Settings:
    """Return the settings; `url`, `slots` and `secret_key` are the stack's own, if not empty.

    Raises:
        InputError: with all problems, each naming its variable.
    """
    problems: list[str] = []
    settings = Settings(
        url=_url(env.get("TAMR_URL") or url, stack, env.get("TAMR_ALLOW_HTTP") == "1", problems),
        api_key=_api_key(env, stack, secret_key, problems),
        slots=_slots(env.get("TAMR_SLOTS", ""), problems) or slots or DEFAULT_SLOTS,
        poll_seconds=_poll_seconds(env.get("TAMR_POLL_SECONDS", ""), problems),
        hand_over_after=_hand_over(env.get("TAMR_HAND_OVER_AFTER", ""), problems),
    )
    if problems:
        raise InputError(*problems)
    return settings


def key_variable(stack: str) -> str:
    """Return the name of the variable that overrides TAMR_API_KEY for one stack."""
    return "TAMR_API_KEY_" + re.sub(r"[^A-Z0-9]", "_", stack.upper())


def expected_url(url: str) -> str | None:
    """Describe the URL to use instead of `url`. Return None if `url` is valid."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        good = False
    if not good or parts.username or parts.password or parts.query or parts.fragment:
        return "the tenant's URL, for example https://acme.tamr.cloud"
    if _API_PATH.search(parts.path):
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return f"the URL without the API path, {parts.scheme}://{host}{port}"
    return None


def sends_key_in_clear(url: str) -> bool:
    """Return whether a URL is plain http to another machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "http" or host == "localhost" or host.endswith(".localhost"):
        return False
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return True


# The paths that the API reference shows.
_API_PATH = re.compile(r"/(api(/v\w+)?(/jobs)?|jobs)/?$")


def _url(url: str, stack: str, may_be_clear: bool, problems: list[str]) -> str:
    if not url:
        config = f"the config of stack {stack}" if stack else "the stack's config"
        problems.append(f"no tenant URL. Set tamr:url in {config}, or TAMR_URL.")
    elif expected := expected_url(url):
        problems.append(f"TAMR_URL or tamr:url: expected {expected}, got {url!r}")
    elif sends_key_in_clear(url) and not may_be_clear:
        problems.append(
            f"TAMR_URL or tamr:url: expected https, got {url!r}, which sends the API key in clear. "
            "To allow http to other machines, set TAMR_ALLOW_HTTP=1."
        )
    return url.rstrip("/")


def _api_key(env: Mapping[str, str], stack: str, secret_key: str, problems: list[str]) -> str:
    own = env.get(key_variable(stack), "") if stack else ""
    key = (own or env.get("TAMR_API_KEY", "") or secret_key).strip()
    if not key:
        problems.append(
            "no API key. Set TAMR_API_KEY"
            + (f" (or {key_variable(stack)})" if stack else "")
            + ". Create a key in Admin Center > API Keys."
        )
    elif not (key.isascii() and key.isprintable()):
        problems.append(
            "the API key contains characters that are not allowed in an HTTP header. Copy it again."
        )
    return key


def _slots(text: str, problems: list[str]) -> int:
    if text and not re.fullmatch(r"[1-9]\d{0,3}", text):
        problems.append(f"TAMR_SLOTS: expected a whole number from 1 to 9999, got {text!r}")
        return 0
    return int(text or 0)


def _poll_seconds(text: str, problems: list[str]) -> float:
    try:
        seconds = float(text or DEFAULT_POLL_SECONDS)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= 300:
        problems.append(
            f"TAMR_POLL_SECONDS: expected seconds, above 0 and at most 300, got {text!r}"
        )
        return DEFAULT_POLL_SECONDS
    return seconds


def _hand_over(text: str, problems: list[str]) -> timedelta | None:
    if not text:
        return None
    try:
        if duration := parse_duration(text):
            return duration
        problems.append(f"TAMR_HAND_OVER_AFTER: expected a duration above 0, got {text!r}")
    except ValueError as error:
        problems.append(f"TAMR_HAND_OVER_AFTER: {error}")
    return None
