"""The version and since of each product at one revision of a project.

Other keys are not read: rules of other releases and invalid sources do not matter here. Most
revisions differ from the next in one product, so products are parsed separately and cached by text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic_core import PydanticCustomError

from tamr_provider.errors import InputError
from tamr_provider.stackfile.pulumi_yaml import parse_yaml, project_config
from tamr_provider.stackfile.since.layout import Layout, split_products
from tamr_provider.stackfile.values import canonical_version
from tamr_provider.timestamps import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True)
class Pair:
    """The version and since of a product. An unreadable version differs from all others."""

    version: str
    since: datetime | None


@dataclass(frozen=True)
class Entry:
    """A product at a revision; `written` is its lines, or what they say if it has none of its own.

    `written` does not matter for the rules: two entries that differ only there are equal.
    """

    pair: Pair
    data_product: str = ""
    written: str | Mapping[str, Any] | None = field(default=None, compare=False, repr=False)


UNREADABLE = Pair("\0", None)
Entries = dict[str, Entry]


class Reader:
    """Parses consecutive revisions; text that two of them share is parsed once."""

    def __init__(self, name: str) -> None:
        """Set the project's name for revisions whose Pulumi.yaml has none."""
        self._name = name
        self._last: Layout | None = None

    def read(self, stack: bytes | None, project: bytes | None) -> Entries | None:
        """Return the products of a revision by name, or None if it cannot be read.

        `stack` and `project` are the stack file and Pulumi.yaml, or None for a missing file.
        """
        try:
            shared = _read_project(project) if project is not None else {}
            name = str(shared.get("name") or self._name)
            if stack is not None:
                found = self._read_stack(stack.decode("utf-8-sig"), f"{name}:products")
                if found is not None:
                    return found
            return _entries(project_config(shared, name).get(f"{name}:products", {}))
        except (InputError, UnicodeDecodeError):
            return None

    def _read_stack(self, text: str, key: str) -> Entries | None:
        """Return the products of a stack file, or None if it has none."""
        if "\r" in text:
            text = text.replace("\r\n", "\n")
        layout = (self._last and self._last.with_text(text, key)) or split_products(text, key)
        if layout is None:
            return _read_whole(text, key)
        self._last = layout
        return {name: _read_block(block) for name, block in layout.blocks.items()}


@lru_cache(maxsize=64)
def _read_project(text: bytes) -> dict[str, Any]:
    document = parse_yaml(text.decode("utf-8-sig"), "Pulumi.yaml")
    return document if isinstance(document, dict) else {}


def _read_whole(text: str, key: str) -> Entries | None:
    document = parse_yaml(text, "stack file")
    config = document.get("config") if isinstance(document, dict) else None
    if not isinstance(config, dict) or key not in config:
        return None
    return _entries(config[key])


@lru_cache(maxsize=4096)
def _read_block(block: str) -> Entry:
    lines = block.partition("\n")[2]
    first = re.search(r"^( *)[^\s#]", lines, re.MULTILINE)
    if first is None:
        return Entry(UNREADABLE)
    inner = first[1]
    line = rf"^{inner}[\"']?(?:version|since|dataProduct)[\"']?[ ]*:.*(?:\n{inner}[ ]+\S.*)*"
    chosen = "\n".join(found[len(inner) :] for found in re.findall(line, lines, re.MULTILINE))
    return replace(_read_chosen(chosen), written=block)


@lru_cache(maxsize=4096)
def _read_chosen(text: str) -> Entry:
    return _entry(parse_yaml(text, "stack file"))


def _entries(products: object) -> Entries:
    if not isinstance(products, dict):
        raise InputError("products: not a mapping")
    return {
        str(name): replace(_entry(product), written=product if isinstance(product, dict) else None)
        for name, product in products.items()
    }


def _entry(product: object) -> Entry:
    if not isinstance(product, dict):
        return Entry(UNREADABLE)
    owner = str(product.get("dataProduct") or "")
    since = product.get("since")
    moment = parse_timestamp(since) if isinstance(since, str) else None
    if (since is not None or "since" in product) and moment is None:
        return Entry(UNREADABLE, owner)
    try:
        return Entry(Pair(canonical_version(product.get("version")), moment), owner)
    except PydanticCustomError:
        return Entry(UNREADABLE, owner)
