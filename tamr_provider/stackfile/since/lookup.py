"""Find the effective since of each product of a stack."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from tamr_provider.errors import InputError
from tamr_provider.stackfile.project import display_path, find_project
from tamr_provider.stackfile.since.ancestry import Ancestry
from tamr_provider.stackfile.since.commit_files import CommitFiles, Files
from tamr_provider.stackfile.since.current_pairs import CurrentPairs
from tamr_provider.stackfile.since.git import Repository
from tamr_provider.stackfile.since.origin import (
    UNCOMMITTED,
    WITHOUT_GIT,
    Since,
    find_since_without_git,
    with_path,
)
from tamr_provider.stackfile.since.past_versions import PastVersions
from tamr_provider.stackfile.since.revisions import Entry, Pair

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tamr_provider.stackfile.parser import StackFile
    from tamr_provider.stackfile.product import Product
    from tamr_provider.stackfile.project import Project
    from tamr_provider.stackfile.since.ancestry import Revision
    from tamr_provider.stackfile.since.walk import Line

_SECOND = timedelta(seconds=1)


def with_effective_sinces(
    file: StackFile, project: Project, stack: str, now: datetime, base: str = ""
) -> StackFile:
    """Return the stack file with the effective since of each product.

    With `base`, as if the checkout were merged into that commit now. A version that a run must
    refuse counts from now, so that there is a plan for it, and its `Since` has the problem.
    Raises InputError if there is no since, and no git repository to find one.
    """
    return with_past_versions(file, project, stack, now, base)[0]


def with_past_versions(
    file: StackFile, project: Project, stack: str, now: datetime, base: str = ""
) -> tuple[StackFile, PastVersions]:
    """Return what `with_effective_sinces` does, and the versions that the file had before."""
    pairs = {name: _entry(product) for name, product in file.products.items()}
    sinces, past = _read_sinces(pairs, project, stack, now, base)
    unknown = [since.problem for since in sinces.values() if since.at is None]
    if unknown:
        raise InputError(*unknown)
    products = {
        name: product.with_since(sinces[name].at, sinces[name].known_by)
        for name, product in file.products.items()
    }
    return replace(file, products=products, sinces=sinces), past


def find_program_sinces(
    products: Mapping[str, Product], folder: Path, project: str, stack: str, now: datetime
) -> dict[str, Since]:
    """Return the effective since of each product that the engine passes to a program."""
    entries = {name: _entry(product) for name, product in products.items()}
    try:
        found = find_project(folder)
    except InputError:
        found = None
    if found is None or found.name != project:
        # The program of another project, or an inline program, has no stack file in git.
        return {
            name: with_path(find_since_without_git(e.pair), name, now)
            for name, e in entries.items()
        }
    return find_sinces(entries, found, stack, now)


def find_sinces(
    entries: Mapping[str, Entry], project: Project, stack: str, now: datetime, base: str = ""
) -> dict[str, Since]:
    """Return the effective since of each product, given its current pair."""
    return _read_sinces(entries, project, stack, now, base)[0]


def _read_sinces(
    entries: Mapping[str, Entry], project: Project, stack: str, now: datetime, base: str
) -> tuple[dict[str, Since], PastVersions]:
    path = f"{display_path(_path(project, stack))}: products"
    now = now.replace(microsecond=0)
    repository = Repository.find(project.file.parent)
    past = PastVersions()
    if repository is None:
        sinces = {name: find_since_without_git(entry.pair) for name, entry in entries.items()}
    else:
        current = CurrentPairs(entries, stack, now, bool(base))
        files = _files(project, stack, repository)
        with Ancestry(repository, files, project.name) as ancestry:
            line = _read_back(ancestry, current, base)
            sinces = {name: current.find_since(name, line) for name in entries}
            sinces = _with_signatures(sinces, ancestry)
            past = ancestry.read_past()
    return {name: with_path(since, f"{path}.{name}", now) for name, since in sinces.items()}, past


def _read_back(ancestry: Ancestry, current: CurrentPairs, base: str) -> Line:
    revisions = [f"{base}^{{commit}}", "HEAD"] if base else ["HEAD"]
    try:
        return ancestry.find_line(revisions, current.is_settled)
    except InputError as error:
        if base and f"{base}^" in str(error):
            raise InputError(f"--base: unknown commit {base}") from None
        raise


def _with_signatures(sinces: Mapping[str, Since], ancestry: Ancestry) -> dict[str, Since]:
    """Return the sinces with the signatures of their commits."""
    commits = (since.commit for since in sinces.values() if since.commit)
    signatures = ancestry.read_signatures(commits)
    return {
        name: replace(since, signature=signatures.get(since.commit))
        for name, since in sinces.items()
    }


def find_since(project: Project, stack: str, name: str, product: Product, now: datetime) -> Since:
    """Return the effective since that one product would have in the file."""
    return find_sinces({name: _entry(product)}, project, stack, now)[name]


def earliest_since(
    project: Project, stack: str, name: str, product: Product, now: datetime
) -> datetime:
    """Return the first whole second from `now` on that is after the product's floor."""
    later = product.with_since(now)
    floor = find_since(project, stack, name, later, now).floor
    return now if floor is None or floor < now else floor.replace(microsecond=0) + _SECOND


def find_base_pairs(project: Project, stack: str, base: str) -> dict[str, Pair]:
    """Return the version and since of each product of a stack file at the commit `base`."""
    repository = Repository.find(project.file.parent)
    if repository is None:
        return {}
    files = _files(project, stack, repository)
    with closing(repository.objects()) as objects:
        entries = CommitFiles(objects, files, project.name).entries(base, files)
    return {name: entry.pair for name, entry in (entries or {}).items()}


def find_revisions(project: Project, stack: str) -> list[Revision]:
    """Return the commits of the checked-out branch for a stack file, oldest first.

    Raises InputError if the project is not in a git repository.
    """
    repository = Repository.find(project.file.parent)
    if repository is None:
        raise InputError(f"{project.file.parent}: not a git repository, so there is no history")
    with Ancestry(repository, _files(project, stack, repository), project.name) as ancestry:
        return ancestry.read_trunk()


def find_floor(  # noqa: PLR0913, PLR0917 - A product before and after an edit.
    project: Project, stack: str, name: str, before: Product, after: Product, now: datetime
) -> datetime | None:
    """Return the time that the since of `after` must be later than, or None if it is."""
    since = find_since(project, stack, name, after, now)
    if since.known_by == UNCOMMITTED and since.problem:
        return since.floor
    if since.known_by != WITHOUT_GIT or after.version == before.version:
        return None
    if before.since is None or after.since is None or after.since > before.since:
        return None
    return before.since


def find_own_since(name: str, product: Product) -> datetime:
    """Return the since of a product without a file. Raises InputError if it has none."""
    since = find_since_without_git(Pair(product.version, product.since))
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
    """Return the path of a file from the top of the repository."""
    # A link to itself is reported when the file is read. Unlike resolve, realpath never raises.
    for known in (Path(os.path.realpath(path)), path.parent.resolve() / path.name):
        if known.is_relative_to(repository.top):
            return PurePosixPath(known.relative_to(repository.top).as_posix())
    return PurePosixPath(path.name)
