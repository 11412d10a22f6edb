"""The versions that a stack file had, with the product as it was then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from tamr_provider.errors import InputError
from tamr_provider.stackfile.parser import parse_products

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from tamr_provider.stackfile.product import Product
    from tamr_provider.stackfile.since.effective import VersionSince
    from tamr_provider.stackfile.since.revisions import Entries, Entry
    from tamr_provider.stackfile.since.walk import Line

    _Seen = tuple[VersionSince, Entry]

# Every value as text, as the engine would write it, and fifty times as fast as `parse_yaml`.
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class PastVersions:
    """The versions of commits that were read anyway to find the current sinces.

    `commits` has the line and the products of each commit, the newest first.
    """

    def __init__(self, commits: Sequence[tuple[Line, Entries]] = ()) -> None:
        self._commits = commits

    def of(self, name: str, current: Product, now: datetime) -> Iterator[Product]:
        """Yield what a product was, the version with the latest since first.

        The current version is one of them if its steps were others. What this release cannot
        read is left out.
        """
        owner = current.data_product or ""
        seen = list(self._distinct(name, owner))
        seen.sort(key=lambda version: version[0].effective, reverse=True)
        known = [current]
        for counted, entry in seen:
            product = _parse(name, entry, now)
            if product is None:
                continue
            product = product.with_since(counted.effective)
            if not any(_is_same(product, other) for other in known):
                known.append(product)
                yield product

    def _distinct(self, name: str, owner: str) -> Iterator[_Seen]:
        last: Entry | None = None
        for line, entries in self._commits:
            key = name if name in entries else _find_by_owner(entries, owner)
            entry, record = entries.get(key), line.records.get(key)
            if entry is None or entry is last or record is None:
                continue
            last = entry
            counted = record.current[-1]
            if counted.is_certain and counted.pair == entry.pair and entry.written is not None:
                yield counted, entry


def _find_by_owner(entries: Entries, owner: str) -> str:
    """Return the earlier name of the product with a data product, "" if there is none."""
    names = (name for name, entry in entries.items() if entry.data_product == owner)
    return next(names, "") if owner else ""


def _parse(name: str, entry: Entry, now: datetime) -> Product | None:
    try:
        raw: object = entry.written
        if isinstance(raw, str):
            document = _LOADER(raw).get_single_data()
            raw = next(iter(document.values()), None) if isinstance(document, dict) else None
        return parse_products({name: raw}, now)[name]
    except (InputError, yaml.YAMLError):
        return None


def _is_same(one: Product, other: Product) -> bool:
    """Whether two products ask for the same version since the same time, with the same steps."""
    return _key(one) == _key(other)


def _key(product: Product) -> tuple[object, ...]:
    steps = (product.sources, product.data_product, product.workflows, product.publish)
    return product.version, product.not_before, *steps
