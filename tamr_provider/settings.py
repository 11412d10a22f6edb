"""Address, key and limits of one tenant: the environment first, then the stack's own config."""

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
    """How to reach one tenant, and how long and how often to look at it."""

    url: str
    api_key: str = field(repr=False)
    slots: int = DEFAULT_SLOTS
    poll_seconds: float = DEFAULT_POLL_SECONDS
    hand_over_after: timedelta | None = None


def read_settings(
    env: Mapping[str, str], stack: str = "", url: str = "", slots: int = 0, secret_key: str = ""
) -> Settings:
    """Return the settings; `url`, `slots` and `secret_key` are what the stack itself says.

    Raises InputError with every problem at once, each naming its variable.
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
    """Return the variable that wins over TAMR_API_KEY for one stack."""
    return "TAMR_API_KEY_" + re.sub(r"[^A-Z0-9]", "_", stack.upper())


def url_problem(url: str) -> str:
    """Return what is wrong with a tenant's address, or nothing."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        good = False
    if not good or parts.username or parts.password or parts.query or parts.fragment:
        return f"found {url!r}; allowed: the tenant's address, as in https://acme.tamr.cloud"
    if _API_PATH.search(parts.path):
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        alone = f"{parts.scheme}://{host}{port}"
        return f"found {url!r}; allowed: the address without the API's path: {alone}"
    return ""


def sends_key_in_clear(url: str) -> bool:
    """Return whether an address is plain http to another machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "http" or host == "localhost" or host.endswith(".localhost"):
        return False
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return True


# What people paste from the API reference.
_API_PATH = re.compile(r"/(api(/v\w+)?(/jobs)?|jobs)/?$")


def _url(url: str, stack: str, may_be_clear: bool, problems: list[str]) -> str:
    if not url:
        where = f"the config of stack {stack}" if stack else "the stack's config"
        problems.append(f"no tenant: set tamr:url in {where}, or TAMR_URL")
    elif problem := url_problem(url):
        problems.append(f"TAMR_URL or tamr:url: {problem}")
    elif sends_key_in_clear(url) and not may_be_clear:
        problems.append(
            f"TAMR_URL or tamr:url: found {url!r}, which would get the API key in clear; allowed: "
            "https, or http to this machine; to allow http to others: TAMR_ALLOW_HTTP=1"
        )
    return url.rstrip("/")


def _api_key(env: Mapping[str, str], stack: str, secret_key: str, problems: list[str]) -> str:
    own = env.get(key_variable(stack), "") if stack else ""
    key = (own or env.get("TAMR_API_KEY", "") or secret_key).strip()
    if not key:
        problems.append(
            "no API key: set TAMR_API_KEY"
            + (f" (or {key_variable(stack)})" if stack else "")
            + "; keys are made under Admin Center > API Keys"
        )
    elif not (key.isascii() and key.isprintable()):
        problems.append("the API key has signs that no HTTP header can carry; copy it again")
    return key


def _slots(text: str, problems: list[str]) -> int:
    if text and not re.fullmatch(r"[1-9]\d{0,3}", text):
        problems.append(f"TAMR_SLOTS: found {text!r}; allowed: a whole number from 1 to 9999")
        return 0
    return int(text or 0)


def _poll_seconds(text: str, problems: list[str]) -> float:
    try:
        seconds = float(text or DEFAULT_POLL_SECONDS)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= 300:
        problems.append(
            f"TAMR_POLL_SECONDS: found {text!r}; allowed: seconds, above 0 and at most 300"
        )
        return DEFAULT_POLL_SECONDS
    return seconds


def _hand_over(text: str, problems: list[str]) -> timedelta | None:
    if not text:
        return None
    length = parse_duration(text)
    if not length:
        problems.append(f"TAMR_HAND_OVER_AFTER: found {text!r}; allowed: a length such as 5h30m")
    return length
