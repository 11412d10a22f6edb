"""Since when a version counts, where that comes from, and why a run has to refuse it.

A version counts from the commit that brought it, or from a `since` that came with it.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tamr_provider.stackfile.since.effective import (
    BY_COMMIT,
    BY_DATE,
    BY_FILE,
)
from tamr_provider.stackfile.values import describe_value
from tamr_provider.timestamps import (
    format_duration,
    format_local_time,
    format_timestamp,
    parse_timestamp,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tamr_provider.stackfile.since.revisions import Pair


_FUTURE = timedelta(days=1)
_CLOCKS = timedelta(minutes=10)  # what two clocks that are set may differ
COMMITTED, UNCOMMITTED, NEW_TO_HEAD = "committed", "uncommitted", "new"
CUT_OFF, WITHOUT_GIT = "cut off", "no git"
_DEEPER = (
    "Fetch the whole history: with GitHub's actions/checkout set fetch-depth: 0, in GitLab CI set "
    'GIT_DEPTH: "0", elsewhere run: git fetch --unshallow'
)
NO_GIT_WARNING = (
    "warning: no git repository here, so a version counts from its `since`, or from the date that "
    "it is"
)


@dataclass(frozen=True)
class Since:
    """Since when a product's version counts.

    `at` is None only where nothing tells it. `known_by` is one of the words above; `commit`
    brought the version, empty where none did. `problem` says why a run has to refuse it. `ignored`
    is a since in the file that does not count, since it is not after `floor`. `authored_at` is
    the author date of a commit whose time counts: a rebase or an amend leaves it as it was.
    """

    at: datetime | None
    known_by: str = COMMITTED
    by: str = BY_FILE
    commit: str = ""
    problem: str = ""
    ignored: datetime | None = None
    floor: datetime | None = None
    authored_at: datetime | None = None

    def words(self, now: datetime) -> str:
        """Return the time with its origin, as in `since 10:02, commit abc1234`."""
        if self.at is None:
            return "since when is not known"
        text = f"since {format_local_time(self.at, now)}, {self._origin}"
        if self.ignored is not None and self.floor is not None:
            late = format_local_time(self.floor, now)
            text += f": {format_local_time(self.ignored, now)} in the file is not after {late}"
        return text

    @property
    def _origin(self) -> str:
        if self.known_by == UNCOMMITTED and self.problem:
            return "not committed"
        if self.by == BY_DATE:
            return "the version's date"
        if self.by == BY_FILE and self.ignored is None:
            return "in the file"
        return f"commit {self.commit[:7]}" if self.commit else "as of now"


def without_git(pair: Pair) -> Since:
    """Return what a folder without git tells: a since as it stands, or the version's date."""
    date = parse_timestamp(pair.version)
    if pair.since is not None:
        return Since(pair.since, WITHOUT_GIT, BY_FILE)
    if date is not None:
        return Since(date, WITHOUT_GIT, BY_DATE)
    return Since(None, WITHOUT_GIT, problem=f".since: {_undated(pair.version)}")


def placed(since: Since, where: str, now: datetime) -> Since:
    """Return it with the place in front of its problem, and without a date of next week."""
    if not since.problem and since.at is not None and since.at > now + _FUTURE:
        since = replace(since, problem=f".since: {_too_far(since.at)}")
    return replace(since, problem=where + since.problem) if since.problem else since


def beyond(version: str) -> str:
    """Return why a clone that is cut off does not tell."""
    return f"the commit that brought version {version} is beyond this shallow clone. {_DEEPER}"


def not_committed(what: str, product: str, version: str, stack: str) -> str:
    """Return why a change that is not committed does not run."""
    bump = shlex.join(["tamr", "bump", product, version, "--stack", stack])
    return f"{what} is not committed. Commit it, or run: {bump}"


def _undated(version: str) -> str:
    example = 'since: "2026-11-20T09:00:00Z"'
    return f"missing, and version {describe_value(version)} is no date; allowed: {example}"


def _too_far(at: datetime) -> str:
    counts = f"the version would count from {format_timestamp(at)}, which is in the future"
    return f"{counts}; allowed: up to a day from now"


def clock_warning(sinces: Iterable[Since], tenant: datetime, here: datetime) -> str:
    """Return what a tenant's clock ahead of this machine's means for commits, empty if nothing."""
    ahead = tenant - here
    by_commit = any(since.by == BY_COMMIT and not since.problem for since in sinces)
    if ahead <= _CLOCKS or not by_commit:
        return ""
    return (
        f"the tenant's clock is {format_duration(ahead)} ahead of this machine's, so jobs of an "
        "earlier version may count for one that counts from its commit. Use: tamr bump"
    )


def collect_problems(sinces: Iterable[Since]) -> list[str]:
    """Return why a run has to refuse, one line for each product that it would not run."""
    return [since.problem for since in sinces if since.problem]
