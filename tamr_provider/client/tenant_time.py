"""The tenant's clock, read without a key: even a response with status 401 has a `Date`."""

from __future__ import annotations

from datetime import datetime, timedelta

import httpx

from tamr_provider.client.http import read_date

_TIMEOUT_SECONDS = 3.0  # Editing a file must not wait longer for a tenant.
_MAX_OFFSET = timedelta(days=1)  # A larger one means a broken clock or another server.


def read_tenant_time(url: str, now: datetime) -> datetime | None:
    """Return the tenant's time, None if its response has none."""
    try:
        with httpx.stream("GET", f"{url}/api/v1beta1/jobs", timeout=_TIMEOUT_SECONDS) as response:
            date = read_date(response)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return None
    return date if date is not None and abs(date - now) <= _MAX_OFFSET else None
