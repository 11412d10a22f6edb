"""The effective since of a version, its origin, and why a run must refuse it.

A version counts from the commit that brought it, or from a `since` that came with it.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tamr_provider.stackfile.since.effective import BY_COMMIT, BY_DATE, BY_FILE
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

    from tamr_provider.stackfile.since.git_objects import Signature
    from tamr_provider.stackfile.since.revisions import Pair


_MAX_AHEAD = timedelta(days=1)
_MAX_CLOCK_DIFFERENCE = timedelta(minutes=10)
COMMITTED, UNCOMMITTED, NEW_TO_HEAD = "committed", "uncommitted", "new"
CUT_OFF, WITHOUT_GIT = "cut off", "no git"
_FETCH_HISTORY = (
    "Fetch the whole history: with GitHub's actions/checkout set fetch-depth: 0, in GitLab CI set "
    'GIT_DEPTH: "0", elsewhere run: git fetch --unshallow'
)
NO_GIT_WARNING = (
    "warning: no git repository, so a version counts from its `since`, or from its date if it is "
    "one"
)


@dataclass(frozen=True)
class Since:
    """The effective since of a product.

    `at` is None if it is unknown. `known_by` is one of the constants above. `commit` brought the
    version, "" if none did. `problem` is why a run must refuse it, or "". `ignored` is a since in
    the file that is not after `floor`, so it does not count. `signature` says who wrote `commit`.
    """

    at: datetime | None
    known_by: str = COMMITTED
    by: str = BY_FILE
    commit: str = ""
    problem: str = ""
    ignored: datetime | None = None
    floor: datetime | None = None
    signature: Signature | None = None

    @property
    def authored_at(self) -> datetime | None:
        """The author date of the commit whose time counts, None if no commit's does."""
        return self.signature.authored_at if self.signature and self.by == BY_COMMIT else None

    def describe(self, now: datetime) -> str:
        """Return the time with its origin, such as `since 10:02, commit abc1234`."""
        if self.at is None:
            return "since: unknown"
        text = f"since {format_local_time(self.at, now)}, {self.origin}"
        if self.ignored is not None and self.floor is not None:
            late = format_local_time(self.floor, now)
            text += f": {format_local_time(self.ignored, now)} in the file is not after {late}"
        return text

    @property
    def origin(self) -> str:
        """Where the time comes from, such as `commit abc1234` or `in the file`."""
        if self.known_by == UNCOMMITTED and self.problem:
            return "not committed"
        if self.by == BY_DATE:
            return "the version's date"
        if self.by == BY_FILE and self.ignored is None:
            return "in the file"
        return f"commit {self.commit[:7]}" if self.commit else "as of now"


def find_since_without_git(pair: Pair) -> Since:
    """Return the since of the file, else the version's date."""
    date = parse_timestamp(pair.version)
    if pair.since is not None:
        return Since(pair.since, WITHOUT_GIT, BY_FILE)
    if date is not None:
        return Since(date, WITHOUT_GIT, BY_DATE)
    return Since(None, WITHOUT_GIT, problem=f".since: {_undated(pair.version)}")


def with_path(since: Since, path: str, now: datetime) -> Since:
    """Return `since` with the path before its problem. A since too far ahead is a problem."""
    if not since.problem and since.at is not None and since.at > now + _MAX_AHEAD:
        since = replace(since, problem=f".since: {_too_far(since.at)}")
    return replace(since, problem=path + since.problem) if since.problem else since


def describe_cut_off(version: str) -> str:
    """Return the problem of a version whose commit is not in the clone."""
    return (
        f"the commit that brought version {version} is beyond this shallow clone. {_FETCH_HISTORY}"
    )


def describe_uncommitted(what: str, product: str, version: str, stack: str) -> str:
    """Return the problem of a change that is not committed."""
    bump = shlex.join(["tamr", "bump", product, version, "--stack", stack])
    return f"{what} is not committed. Commit it, or run: {bump}"


def _undated(version: str) -> str:
    expected = 'a time such as "2026-11-20T09:00:00Z"'
    return f"expected {expected}, got nothing, and version {describe_value(version)} is not a date"


def _too_far(at: datetime) -> str:
    got = f"{format_timestamp(at)}, which is in the future"
    return f"expected a time at most a day after now, got {got}"


def find_clock_warning(sinces: Iterable[Since], tenant: datetime, here: datetime) -> str:
    """Return a warning if the tenant's clock is too far ahead for commit times, else ""."""
    ahead = tenant - here
    by_commit = any(since.by == BY_COMMIT and not since.problem for since in sinces)
    if ahead <= _MAX_CLOCK_DIFFERENCE or not by_commit:
        return ""
    return (
        f"the tenant's clock is {format_duration(ahead)} ahead of this machine's, so jobs of an "
        "earlier version may count for a new one. To set a later since, run: tamr bump"
    )


def collect_problems(sinces: Iterable[Since]) -> list[str]:
    """Return the problems of all products that a run must refuse."""
    return [since.problem for since in sinces if since.problem]
