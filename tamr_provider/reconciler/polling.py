"""When to look at the tenant again: often enough for every wait, no more often than that."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tamr_provider.models import Job
    from tamr_provider.tenant.durations import DurationStats

_LATE = 0.06  # how late we may notice a job's end, as a share of its age
# The same while hardly any of the earlier ones had ended. The tenth percentile would do for most,
# but then the one in ten that ends before it is noticed late; from the hundredth on costs 1 look.
_LATE_EARLY_ON = 0.20
LONGEST = timedelta(minutes=5)


def poll_delay(job: Job, now: datetime, usual: DurationStats | None) -> timedelta:
    """Return how long, in the tenant's time, a job may be left alone from now on."""
    age = max(timedelta(0), now - (job.created_at or now))
    wait = age * _LATE
    if usual is not None and age < usual.earliest:
        wait = min(age * _LATE_EARLY_ON, max(usual.earliest - age, wait))
    return min(wait, LONGEST)
