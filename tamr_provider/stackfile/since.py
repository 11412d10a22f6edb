"""Since when the version of each product counts: asked of git, for the file that is to be run.

A version counts from the commit that brought it, or from a `since` that came with it.
"""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from tamr_provider.errors import InputError
from tamr_provider.stackfile.ancestry import Ancestry, Files, Line
from tamr_provider.stackfile.effective import (
    BY_COMMIT,
    BY_DATE,
    BY_FILE,
    Record,
    Stand,
    advance,
    since_that_counts,
)
from tamr_provider.stackfile.git import Repository
from tamr_provider.stackfile.product import show
from tamr_provider.stackfile.project import find_project, shown
from tamr_provider.stackfile.revisions import Entry, Pair
from tamr_provider.times import format_clock, format_duration, format_moment, parse_moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from tamr_provider.stackfile.ancestry import Revision
    from tamr_provider.stackfile.product import Product
    from tamr_provider.stackfile.project import Project
    from tamr_provider.stackfile.read import StackFile

_FUTURE = timedelta(days=1)
_SECOND = timedelta(seconds=1)
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
        text = f"since {format_clock(self.at, now)}, {self._origin}"
        if self.ignored is not None and self.floor is not None:
            late = format_clock(self.floor, now)
            text += f": {format_clock(self.ignored, now)} in the file is not after {late}"
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


def count_sinces(
    file: StackFile, project: Project, stack: str, now: datetime, base: str = ""
) -> StackFile:
    """Return the stack file with the since that counts in each product.

    With `base`, as if the checkout were merged into that commit now. Where a run has to refuse a
    version, its product counts from now, so that a plan shows what would happen, and its `Since`
    has the problem. Raises InputError where nothing tells since when a version counts.
    """
    pairs = {name: _entry(product) for name, product in file.products.items()}
    sinces = find_sinces(pairs, project, stack, now, base)
    unknown = [since.problem for since in sinces.values() if since.at is None]
    if unknown:
        raise InputError(*unknown)
    products = {
        name: product.counting_from(sinces[name].at, sinces[name].known_by)
        for name, product in file.products.items()
    }
    return replace(file, products=products, sinces=sinces)


def stack_sinces(
    products: Mapping[str, Product], folder: Path, project: str, stack: str, now: datetime
) -> dict[str, Since]:
    """Return since when the products count that the engine hands to a program in a folder."""
    entries = {name: _entry(product) for name, product in products.items()}
    try:
        found = find_project(folder)
    except InputError:
        found = None
    if found is None or found.name != project:
        # The program of another project, or inline: no file that git could know.
        return {name: _placed(_without_git(e.pair), name, now) for name, e in entries.items()}
    return find_sinces(entries, found, stack, now)


def find_sinces(
    entries: Mapping[str, Entry], project: Project, stack: str, now: datetime, base: str = ""
) -> dict[str, Since]:
    """Return since when each product counts, given what is asked for now."""
    where = f"{shown(_path(project, stack))}: products"
    now = now.replace(microsecond=0)
    repository = Repository.find(project.file.parent)
    if repository is None:
        sinces = {name: _without_git(entry.pair) for name, entry in entries.items()}
    else:
        question = _Question(entries, stack, now, bool(base))
        files = _files(project, stack, repository)
        with Ancestry(repository, files, project.name) as ancestry:
            line = _read_back(ancestry, question, base)
            sinces = {name: question.since(name, line) for name in entries}
            sinces = _signed(sinces, ancestry)
    return {name: _placed(since, f"{where}.{name}", now) for name, since in sinces.items()}


def _read_back(ancestry: Ancestry, question: _Question, base: str) -> Line:
    revisions = [f"{base}^{{commit}}", "HEAD"] if base else ["HEAD"]
    try:
        return ancestry.line(revisions, question.is_settled)
    except InputError as error:
        if base and f"{base}^" in str(error):
            raise InputError(f"--base: no commit {base} here") from None
        raise


def _signed(sinces: Mapping[str, Since], ancestry: Ancestry) -> dict[str, Since]:
    """Return the sinces with the author dates of the commits that they come from."""
    commits = (since.commit for since in sinces.values() if since.by == BY_COMMIT and since.commit)
    signatures = ancestry.signatures(commits)
    return {
        name: replace(since, authored_at=signatures[since.commit].authored_at)
        if since.commit in signatures
        else since
        for name, since in sinces.items()
    }


class _Question:
    """What is asked for now, and what a history says of it."""

    def __init__(
        self, entries: Mapping[str, Entry], stack: str, now: datetime, is_merge: bool
    ) -> None:
        self._entries = entries
        self._stack = stack
        self._now = now
        self._is_merge = is_merge

    def is_settled(self, line: Line) -> bool:
        """Whether no older commit can change an answer."""
        return all(self._stand(name, line).is_certain for name in self._entries)

    def since(self, name: str, line: Line) -> Since:
        """Return since when a product counts."""
        pair, record = self._entries[name].pair, self._record(name, line)
        stand = self._stand(name, line)
        ignored = pair.since if pair.since not in (None, stand.effective) else None
        since = Since(
            stand.effective,
            by=stand.by,
            commit=stand.commit,
            ignored=ignored if ignored and stand.floor and ignored <= stand.floor else None,
            floor=stand.floor,
        )
        if not stand.is_certain:
            return replace(since, known_by=CUT_OFF, problem=f": {_beyond(pair.version)}")
        if self._is_merge or _is_unchanged(record, pair):
            return since
        return self._uncommitted(name, record, since)

    def _uncommitted(self, name: str, record: Record, since: Since) -> Since:
        pair = self._entries[name].pair
        if not record.stands and since.by in (BY_FILE, BY_DATE):
            return replace(since, known_by=NEW_TO_HEAD)
        if since_that_counts(record, pair) is not None:
            return replace(since, known_by=UNCOMMITTED)
        what = f"version {pair.version}"
        if any(stand.pair.version == pair.version for stand in record.stands):
            what = "its since"
        problem = f": {_not_committed(what, name, pair.version, self._stack)}"
        return replace(since, at=self._now, known_by=UNCOMMITTED, problem=problem)

    def _record(self, name: str, line: Line) -> Record:
        return line.predecessor(name, self._entries[name], self._entries)

    def _stand(self, name: str, line: Line) -> Stand:
        pair, record = self._entries[name].pair, self._record(name, line)
        if _is_unchanged(record, pair):
            return record.stands[0]
        return advance(record, pair, "", self._now).stands[0]


def _is_unchanged(record: Record, pair: Pair) -> bool:
    return len(record.stands) == 1 and record.stands[0].pair == pair


def find_since(project: Project, stack: str, name: str, product: Product, now: datetime) -> Since:
    """Return since when one product counts, as it is to be written."""
    return find_sinces({name: _entry(product)}, project, stack, now)[name]


def earliest_since(
    project: Project, stack: str, name: str, product: Product, now: datetime
) -> datetime:
    """Return the first whole second from now on that no other version of a product reaches."""
    later = product.counting_from(now)
    floor = find_since(project, stack, name, later, now).floor
    return now if floor is None or floor < now else floor.replace(microsecond=0) + _SECOND


def find_revisions(project: Project, stack: str) -> list[Revision]:
    """Return the commits that the checked-out branch of a stack file went through.

    The oldest first, none where no commit is. Raises InputError without a repository.
    """
    repository = Repository.find(project.file.parent)
    if repository is None:
        raise InputError(f"{project.file.parent}: not a git repository, so it has no history")
    with Ancestry(repository, _files(project, stack, repository), project.name) as ancestry:
        return ancestry.trunk()


def find_floor(  # noqa: PLR0913, PLR0917 - a product as it was, and as it is to be written
    project: Project, stack: str, name: str, before: Product, after: Product, now: datetime
) -> datetime | None:
    """Return the time that the since of `after` would have to be later than, None if it is."""
    since = find_since(project, stack, name, after, now)
    if since.known_by == UNCOMMITTED and since.problem:
        return since.floor
    if since.known_by != WITHOUT_GIT or after.version == before.version:
        return None
    is_late = before.since is None or after.since is None or after.since > before.since
    return None if is_late else before.since


def own_since(name: str, product: Product) -> datetime:
    """Return since when a product counts that is in no file. Raises InputError without one."""
    since = _without_git(Pair(product.version, product.since))
    if since.at is None:
        raise InputError(f"products.{name}{since.problem}")
    return since.at


def _without_git(pair: Pair) -> Since:
    date = parse_moment(pair.version)
    if pair.since is not None:
        return Since(pair.since, WITHOUT_GIT, BY_FILE)
    if date is not None:
        return Since(date, WITHOUT_GIT, BY_DATE)
    return Since(None, WITHOUT_GIT, problem=f".since: {_undated(pair.version)}")


def _placed(since: Since, where: str, now: datetime) -> Since:
    """Return it with the place in front of its problem, and without a date of next week."""
    if not since.problem and since.at is not None and since.at > now + _FUTURE:
        since = replace(since, problem=f".since: {_too_far(since.at)}")
    return replace(since, problem=where + since.problem) if since.problem else since


def _beyond(version: str) -> str:
    return f"the commit that brought version {version} is beyond this shallow clone. {_DEEPER}"


def _not_committed(what: str, product: str, version: str, stack: str) -> str:
    bump = shlex.join(["tamr", "bump", product, version, "--stack", stack])
    return f"{what} is not committed. Commit it, or run: {bump}"


def _undated(version: str) -> str:
    example = 'since: "2026-11-20T09:00:00Z"'
    return f"missing, and version {show(version)} is no date; allowed: {example}"


def _too_far(at: datetime) -> str:
    counts = f"the version would count from {format_moment(at)}, which is in the future"
    return f"{counts}; allowed: up to a day from now"


def _entry(product: Product) -> Entry:
    return Entry(Pair(product.version, product.since), product.data_product or "")


def _path(project: Project, stack: str) -> Path:
    try:
        return project.stack_file(stack)
    except InputError:
        return project.stack_dir / f"Pulumi.{stack}.yaml"


def _files(project: Project, stack: str, repository: Repository) -> Files:
    return Files(_inside(_path(project, stack), repository), _inside(project.file, repository))


def _inside(path: Path, repository: Repository) -> PurePosixPath:
    """Return the path from the repository's top, by which git knows the file."""
    # A link to itself is named when it is read: realpath raises for none, as resolve does.
    for known in (Path(os.path.realpath(path)), path.parent.resolve() / path.name):
        if known.is_relative_to(repository.top):
            return PurePosixPath(known.relative_to(repository.top).as_posix())
    return PurePosixPath(path.name)


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


def problems(sinces: Iterable[Since]) -> list[str]:
    """Return why a run has to refuse, one line for each product that it would not run."""
    return [since.problem for since in sinces if since.problem]
