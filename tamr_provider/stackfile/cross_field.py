"""Rules that look at more than one key of a product.

They read the raw mapping, so that a mistake in one key hides none in another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tamr_provider.stackfile.values import describe_value

if TYPE_CHECKING:
    from collections.abc import Iterator

_GUARDS = ("promoteFrom", "override", "pinned", "verify")
_STEPS = ("sources", "dataProduct", "workflows", "publish")


def broken_rules(product: object) -> Iterator[tuple[str, str]]:
    """Yield the path within the product and the message of each broken rule."""
    if not isinstance(product, dict):
        return
    for key in ("since", "retriedAt", "dataProduct", *_GUARDS):
        if key in product and product[key] is None:
            yield f".{key}", "found nothing; allowed: a value, or leave the key out"
    if not any(key in product for key in _STEPS):
        yield "", f"a product without a step; allowed: at least one of {', '.join(_STEPS)}"
    for key in ("sources", "workflows", "publish"):
        yield from _twice(key, product.get(key))
    yield from _of_two_kinds(product.get("publish"))
    if not product.get("dataProduct"):
        yield from _needs_data_product(product.get("publish"))


def _twice(key: str, entries: object) -> Iterator[tuple[str, str]]:
    ids = [_entry_id(entry) for entry in entries] if isinstance(entries, list) else []
    for index, each in enumerate(ids):
        if each and each in ids[:index]:
            yield f".{key}[{index}]", f"found {describe_value(each)} twice; allowed: each once"


def _entry_id(entry: Any) -> str:
    value = entry.get("destination") if isinstance(entry, dict) else entry
    return str(value) if isinstance(value, (str, int, float)) else ""


def _needs_data_product(entries: object) -> Iterator[tuple[str, str]]:
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        if not _kinds(entry):
            message = "needs the product's dataProduct; allowed without it: legacy: true"
            yield f".publish[{index}]", f"{message} or realTime: true"


def _of_two_kinds(entries: object) -> Iterator[tuple[str, str]]:
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        if len(_kinds(entry)) > 1:
            yield f".publish[{index}]", "found legacy and realTime; allowed: one of them"


def _kinds(entry: object) -> list[str]:
    """Return what makes a destination's publish go without the data product."""
    flags = entry if isinstance(entry, dict) else {}
    return [kind for kind in ("legacy", "realTime") if flags.get(kind) in (True, "true")]
