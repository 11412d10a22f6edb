"""The tenant: whether it answers, takes the key, and has a clock like ours."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tamr_provider.doctor.finding import OK, PROBLEM, WARNING, Finding
from tamr_provider.errors import ApiError, TamrError
from tamr_provider.timestamps import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tamr_provider.client.jobs import JobsClient

_APART = timedelta(minutes=10)


def check_tenant(client: JobsClient, now: datetime) -> Iterator[Finding]:
    """Yield what one GET of the list of jobs tells."""
    heard: list[datetime] = []
    client.on_server_time = heard.append
    try:
        client.list_jobs("(status.state != DONE)", max_pages=1)
    except ApiError as error:
        where = "set TAMR_API_KEY to a valid key" if error.status in (401, 403) else _CHECK_URL
        yield Finding(PROBLEM, str(error), where)
        return
    except TamrError as error:
        yield Finding(PROBLEM, str(error), _CHECK_URL)
        return
    yield Finding(OK, f"{client.url} answers and takes the key")
    apart = max((abs(each - now) for each in heard), default=timedelta(0))
    if apart > _APART:
        what = f"this machine's clock and the tenant's are {format_duration(apart)} apart"
        yield Finding(WARNING, what, "set this machine's clock; a since in the future is refused")


_CHECK_URL = "check tamr:url in the stack file, or TAMR_URL"
