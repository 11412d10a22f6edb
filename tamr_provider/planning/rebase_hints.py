"""Jobs that no longer count because a rebase or an amend gave a version's commit a later date."""

from __future__ import annotations

import shlex
from datetime import timedelta
from typing import TYPE_CHECKING

from tamr_provider.models import SUCCEEDED
from tamr_provider.timestamps import format_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from tamr_provider.planning.plan import Plan
    from tamr_provider.stackfile.product import Product
    from tamr_provider.stackfile.since.origin import Since
    from tamr_provider.tenant.snapshot import Snapshot

_SECOND = timedelta(seconds=1)


def written_at(since: Since) -> datetime | None:
    """Return when a version was first committed, None if no later date hides that."""
    if since.at is None or since.authored_at is None:
        return None
    earliest = since.authored_at + _SECOND
    if since.floor is not None:
        earliest = max(earliest, since.floor.replace(microsecond=0) + _SECOND)
    return earliest if earliest < since.at else None


def hints(
    plan: Plan,
    snapshot: Snapshot,
    products: Mapping[str, Product],
    sinces: Mapping[str, Since],
    stack: str,
) -> Iterator[str]:
    """Yield how to count the jobs from before the rebase, for each product that would run again."""
    for name, since in sinces.items():
        earliest = written_at(since)
        if earliest is None or since.at is None or since.problem:
            continue
        configurations = {
            planned.step.configuration
            for planned in plan.steps
            if planned.step.product == name and planned.launches_job
        }
        if any(
            job.configuration in configurations
            and job.outcome == SUCCEEDED
            and job.created_at is not None
            and earliest <= job.created_at < since.at
            for job in snapshot.jobs
        ):
            words = ["tamr", "bump", name, products[name].version]
            words += ["--since", format_timestamp(earliest)]
            yield f"{name}: {_hint(since.commit[:7], shlex.join([*words, '--stack', stack]))}"


def _hint(commit: str, bump: str) -> str:
    ran = f"commit {commit} was rebased or amended after jobs of this version had run"
    return f"{ran}. To count those, run: {bump}"
