"""The versions of a stack file's products through its commits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tamr_provider.errors import InputError
from tamr_provider.stackfile.parser import parse_stack_file
from tamr_provider.stackfile.since.lookup import find_revisions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from tamr_provider.stackfile.parser import StackFile
    from tamr_provider.stackfile.product import Product
    from tamr_provider.stackfile.project import Project
    from tamr_provider.stackfile.since.ancestry import Revision

    _Revisions = Iterable[tuple["Commit | None", Mapping[str, Product]]]


@dataclass(frozen=True)
class Commit:
    """The commit that set a version; `at` is its committer date."""

    id: str
    author: str
    at: datetime


@dataclass(frozen=True)
class Change:
    """A version of a product as a commit sets it, None if it is not committed yet.

    `product` is its last state with that version: a retry is no new run. `until` is the `since`
    of the next change, or when the product was removed.
    """

    stack: str
    name: str
    product: Product
    commit: Commit | None
    until: datetime | None = None

    @property
    def requested_at(self) -> datetime:
        """The time of the commit, or since when the version counts if there is none."""
        return self.commit.at if self.commit else self.product.not_before


def read_changes(project: Project, stack: str, file: StackFile, now: datetime) -> list[Change]:
    """Return the changes of a stack file from git; a commit with an invalid file is skipped.

    `file` is the stack file as it is now, with effective sinces.
    """
    return build_changes(stack, _read_revisions(project, stack, file, now))


def build_changes(stack: str, revisions: _Revisions) -> list[Change]:
    """Return the changes of a stack file from its revisions, the oldest first in both."""
    current: dict[str, Change] = {}
    past: list[Change] = []
    for commit, products in revisions:
        for name in [name for name in current if name not in products]:
            removed = current.pop(name)
            past.append(replace(removed, until=commit.at if commit else None))
        for name, product in products.items():
            before = current.get(name)
            run = product.version, product.not_before
            if before is not None and run == (before.product.version, before.product.not_before):
                current[name] = replace(before, product=product)
                continue
            if before is not None:
                past.append(replace(before, until=product.not_before))
            current[name] = Change(stack, name, product, commit)
    return [*past, *current.values()]


def _read_revisions(
    project: Project, stack: str, file: StackFile, now: datetime
) -> Iterator[tuple[Commit | None, Mapping[str, Product]]]:
    for revision in find_revisions(project, stack):
        products = _read_products(revision, project, now)
        if products is not None:
            at = revision.commit.committed_at
            yield Commit(revision.commit.id, revision.signature.author, at), products
    yield None, file.products


def _read_products(
    revision: Revision, project: Project, now: datetime
) -> Mapping[str, Product] | None:
    if revision.text is None:
        return {}
    try:
        file = parse_stack_file(revision.text, project.name, "", now, project.config)
    except InputError:
        return None
    records = revision.line.records
    return {
        name: product.with_since(records[name].current[-1].effective)
        for name, product in file.products.items()
        if name in records
    }
