"""Checks whether the tenant responds, accepts the key, and has a similar clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tamr_provider.doctor.finding import OK, PROBLEM, WARNING, Finding
from tamr_provider.errors import ApiError, TamrError
from tamr_provider.timestamps import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tamr_provider.client.jobs import JobsClient

MAX_CLOCK_DIFFERENCE = timedelta(minutes=10)
FIX_CLOCK = "set this machine's clock; a since in the future is refused"
_FIX_URL = "check tamr:url in the stack file, or TAMR_URL"


def check_tenant(client: JobsClient, now: datetime) -> Iterator[Finding]:
    """Yield what one GET of the job list shows."""
    server_times: list[datetime] = []
    client.on_server_time = server_times.append
    try:
        client.list_jobs("(status.state != DONE)", max_pages=1)
    except ApiError as error:
        fix = "set TAMR_API_KEY to a valid key" if error.status in (401, 403) else _FIX_URL
        yield Finding(PROBLEM, str(error), fix)
        return
    except TamrError as error:
        yield Finding(PROBLEM, str(error), _FIX_URL)
        return
    yield Finding(OK, f"{client.url} responds and accepts the key")
    difference = max((abs(time - now) for time in server_times), default=timedelta(0))
    if difference > MAX_CLOCK_DIFFERENCE:
        message = f"this machine's clock and the tenant's are {format_duration(difference)} apart"
        yield Finding(WARNING, message, FIX_CLOCK)
