"""Rules that concern several keys of a product, or several products of a stack.

They read the raw mappings, so that an error in one does not hide another. Products may share a
source: it is loaded once if one job can satisfy both. Other IDs belong to one product.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tamr_provider.stackfile.values import describe_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_GUARDS = ("promoteFrom", "override", "pinned", "verify")
_STEPS = ("sources", "dataProduct", "workflows", "publish")


def find_rule_violations(product: object) -> Iterator[tuple[str, str]]:
    """Yield the path in the product, and the message, of each violated rule."""
    if not isinstance(product, dict):
        return
    for key in ("since", "retriedAt", "dataProduct", "maxAgeHours", *_GUARDS):
        if key in product and product[key] is None:
            yield f".{key}", "expected a value, got nothing. Set one or remove the key."
    if not any(key in product for key in _STEPS):
        yield "", f"expected at least one of {', '.join(_STEPS)}, got a product without a step"
    for key in ("sources", "workflows", "publish"):
        yield from _duplicates(key, _entries(product, key))
    for index, entry in enumerate(_entries(product, "publish")):
        if problem := _publish_problem(_kinds(entry), product.get("dataProduct")):
            yield f".publish[{index}]", problem


def _duplicates(key: str, entries: list[Any]) -> Iterator[tuple[str, str]]:
    ids = [_entry_id(entry) for entry in entries]
    for index, id_ in enumerate(ids):
        if id_ and id_ in ids[:index]:
            yield f".{key}[{index}]", f"duplicate value {describe_value(id_)}"


def _publish_problem(kinds: list[str], data_product: object) -> str:
    if len(kinds) > 1:
        return "expected legacy or realTime, got both"
    if kinds or data_product:
        return ""
    return "needs the product's dataProduct. Set it, or legacy: true or realTime: true here."


def _entries(product: Mapping[str, Any], key: str) -> list[Any]:
    entries = product.get(key)
    return entries if isinstance(entries, list) else []


def _entry_id(entry: Any) -> str:
    value = entry.get("destination") if isinstance(entry, dict) else entry
    return str(value) if isinstance(value, (str, int, float)) else ""


def _kinds(entry: object) -> list[str]:
    """Return the flags that make a destination's publish omit the data product."""
    flags = entry if isinstance(entry, dict) else {}
    return [kind for kind in ("legacy", "realTime") if flags.get(kind) in (True, "true")]


class _Claim(NamedTuple):
    """An ID that only one product may have: its path in the product, and the rule."""

    key: tuple[str, ...]
    path: str
    what: str
    rule: str


def find_shared_ids(products: Mapping[str, Any]) -> Iterator[str]:
    """Yield a problem for each data product, workflow or destination of two products."""
    owners: dict[tuple[str, ...], str] = {}
    for name, product in products.items():
        for claim in _claims(product):
            owner = owners.setdefault(claim.key, name)
            if owner != name:
                taken = f"{claim.what} already belongs to products.{owner}"
                yield f"products.{name}{claim.path}: {taken} (expected {claim.rule})"


def _claims(product: object) -> Iterator[_Claim]:
    if not isinstance(product, dict):
        return
    owner = _text(product.get("dataProduct"))
    if owner:
        rule = "one product for each data product"
        yield _Claim(("data product", owner), ".dataProduct", owner, rule)
    for index, workflow in enumerate(_entries(product, "workflows")):
        if text := _text(workflow):
            rule = "one product for each workflow"
            yield _Claim(("workflow", text), f".workflows[{index}]", text, rule)
    for index, entry in enumerate(_entries(product, "publish")):
        # Other destinations belong to their data product, which is claimed.
        if _kinds(entry):
            text = _text(entry.get("destination"))
            rule = "one product for each destination that is sent without dataProductId"
            yield _Claim(("destination", text), f".publish[{index}]", text, rule)


def find_name_collisions(products: Mapping[str, Any]) -> Iterator[str]:
    """Yield a problem for each two steps whose Pulumi resources would have the same name."""
    owners: dict[tuple[str, str], tuple[str, str]] = {}
    for product, body in products.items():
        for type_, kind, id_ in (step for step in _steps(body) if step[-1]):
            name = resource_name(product, kind, id_)
            other, step = owners.setdefault((type_, name), (product, f"{kind} {id_}"))
            if other != product:
                both = f"{kind} {id_} and products.{other}'s {step}"
                yield (
                    f"products.{product}: {both} would both be the Pulumi resource "
                    f"{describe_value(name)}. Rename the product."
                )


def resource_name(product: str, kind: str, id_: str) -> str:
    """Return the name of a step's Pulumi resource. Users' states contain it: never change it."""
    return f"{product}-{kind}-{id_}"


def _steps(product: object) -> Iterator[tuple[str, str, str]]:
    """Yield the resource type, the kind and the ID of each step."""
    body = product if isinstance(product, dict) else {}
    for source in _entries(body, "sources"):
        yield "Load", "load", _text(source)
    yield "Update", "update", _text(body.get("dataProduct"))
    for workflow in _entries(body, "workflows"):
        yield "Update", "workflow", _text(workflow)
    for entry in _entries(body, "publish"):
        destination = entry.get("destination") if isinstance(entry, dict) else entry
        yield "Publish", "publish", _text(destination)


def _text(value: object) -> str:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if is_number and value == int(value):  # type: ignore[call-overload]
        return str(int(value))  # type: ignore[call-overload]
    return value if isinstance(value, str) else ""
