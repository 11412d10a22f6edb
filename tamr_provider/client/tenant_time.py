"""The tenant's clock, asked without a key: any response has a Date, a refusal too."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

import httpx

_SECONDS = 3.0  # an edit of a file does not wait longer for a tenant
_FAR = timedelta(days=1)  # a clock that is further away is broken, or no tenant's


def read_tenant_time(url: str, now: datetime) -> datetime | None:
    """Return the tenant's time, None where it does not answer with one."""
    try:
        with httpx.stream("GET", f"{url}/api/v1beta1/jobs", timeout=_SECONDS) as response:
            date = parsedate_to_datetime(response.headers["Date"])
    except (httpx.HTTPError, httpx.InvalidURL, KeyError, ValueError, TypeError, OverflowError):
        return None
    if date.tzinfo is None:
        return None
    try:
        moment = date.astimezone(timezone.utc)
        return moment if abs(moment - now) <= _FAR else None
    except OverflowError:
        return None
