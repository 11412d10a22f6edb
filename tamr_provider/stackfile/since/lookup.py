"""Ask git since when the version of each product counts, for the file that is to be run."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from tamr_provider.errors import InputError
from tamr_provider.stackfile.project import display_path, find_project
from tamr_provider.stackfile.since.ancestry import Ancestry, Files, Line
from tamr_provider.stackfile.since.effective import (
    BY_COMMIT,
    BY_DATE,
    BY_FILE,
    Record,
    Stand,
    advance,
    since_that_counts,
)
from tamr_provider.stackfile.since.git import Repository
from tamr_provider.stackfile.since.origin import (
    CUT_OFF,
    NEW_TO_HEAD,
    UNCOMMITTED,
    WITHOUT_GIT,
    Since,
    beyond,
    not_committed,
    placed,
    without_git,
)
from tamr_provider.stackfile.since.revisions import Entry, Pair

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tamr_provider.stackfile.parser import StackFile
    from tamr_provider.stackfile.product import Product
    from tamr_provider.stackfile.project import Project
    from tamr_provider.stackfile.since.ancestry import Revision

_SECOND = timedelta(seconds=1)


def with_effective_sinces(
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
        name: product.with_since(sinces[name].at, sinces[name].known_by)
        for name, product in file.products.items()
    }
    return replace(file, products=products, sinces=sinces)


def find_program_sinces(
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
        return {name: placed(without_git(e.pair), name, now) for name, e in entries.items()}
    return find_sinces(entries, found, stack, now)


def find_sinces(
    entries: Mapping[str, Entry], project: Project, stack: str, now: datetime, base: str = ""
) -> dict[str, Since]:
    """Return since when each product counts, given what is asked for now."""
    where = f"{display_path(_path(project, stack))}: products"
    now = now.replace(microsecond=0)
    repository = Repository.find(project.file.parent)
    if repository is None:
        sinces = {name: without_git(entry.pair) for name, entry in entries.items()}
    else:
        question = _Question(entries, stack, now, bool(base))
        files = _files(project, stack, repository)
        with Ancestry(repository, files, project.name) as ancestry:
            line = _read_back(ancestry, question, base)
            sinces = {name: question.since(name, line) for name in entries}
            sinces = _signed(sinces, ancestry)
    return {name: placed(since, f"{where}.{name}", now) for name, since in sinces.items()}


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
            return replace(since, known_by=CUT_OFF, problem=f": {beyond(pair.version)}")
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
        problem = f": {not_committed(what, name, pair.version, self._stack)}"
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
    later = product.with_since(now)
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


def find_own_since(name: str, product: Product) -> datetime:
    """Return since when a product counts that is in no file. Raises InputError without one."""
    since = without_git(Pair(product.version, product.since))
    if since.at is None:
        raise InputError(f"products.{name}{since.problem}")
    return since.at


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
