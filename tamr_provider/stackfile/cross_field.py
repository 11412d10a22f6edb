"""Rules that concern several keys of one product.

They read the raw mapping, so that an error in one key does not hide another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tamr_provider.stackfile.values import describe_value

if TYPE_CHECKING:
    from collections.abc import Iterator

_GUARDS = ("promoteFrom", "override", "pinned", "verify")
_STEPS = ("sources", "dataProduct", "workflows", "publish")


def find_rule_violations(product: object) -> Iterator[tuple[str, str]]:
    """Yield the path in the product, and the message, of each violated rule."""
    if not isinstance(product, dict):
        return
    for key in ("since", "retriedAt", "dataProduct", *_GUARDS):
        if key in product and product[key] is None:
            yield f".{key}", "expected a value, got nothing. Set one or remove the key."
    if not any(key in product for key in _STEPS):
        yield "", f"expected at least one of {', '.join(_STEPS)}, got a product without a step"
    for key in ("sources", "workflows", "publish"):
        yield from _duplicates(key, product.get(key))
    yield from _mixed_kinds(product.get("publish"))
    if not product.get("dataProduct"):
        yield from _missing_data_products(product.get("publish"))


def _duplicates(key: str, entries: object) -> Iterator[tuple[str, str]]:
    ids = [_entry_id(entry) for entry in entries] if isinstance(entries, list) else []
    for index, id_ in enumerate(ids):
        if id_ and id_ in ids[:index]:
            yield f".{key}[{index}]", f"duplicate value {describe_value(id_)}"


def _entry_id(entry: Any) -> str:
    value = entry.get("destination") if isinstance(entry, dict) else entry
    return str(value) if isinstance(value, (str, int, float)) else ""


def _missing_data_products(entries: object) -> Iterator[tuple[str, str]]:
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        if not _kinds(entry):
            fix = "Set it, or legacy: true or realTime: true here."
            yield f".publish[{index}]", f"needs the product's dataProduct. {fix}"


def _mixed_kinds(entries: object) -> Iterator[tuple[str, str]]:
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        if len(_kinds(entry)) > 1:
            yield f".publish[{index}]", "expected legacy or realTime, got both"


def _kinds(entry: object) -> list[str]:
    """Return the flags that make a destination's publish omit the data product."""
    flags = entry if isinstance(entry, dict) else {}
    return [kind for kind in ("legacy", "realTime") if flags.get(kind) in (True, "true")]
