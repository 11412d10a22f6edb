"""Rules that concern several products of a stack: IDs that only one of them may have.

They read the raw mappings, so that an error in one product does not hide another. Products may
share a source: it is loaded once if one job can satisfy both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tamr_provider.stackfile.values import describe_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


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
        if isinstance(entry, dict) and is_sent_alone(entry):
            text = _text(entry.get("destination"))
            rule = "one product for each destination that is sent without dataProductId"
            yield _Claim(("destination", text), f".publish[{index}]", text, rule)


def is_sent_alone(destination: Mapping[str, Any]) -> bool:
    """Return whether a raw destination is published without its data product."""
    return any(destination.get(kind) in (True, "true") for kind in ("legacy", "realTime"))


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


def _entries(product: Mapping[str, Any], key: str) -> list[Any]:
    entries = product.get(key)
    return entries if isinstance(entries, list) else []


def _text(value: object) -> str:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if is_number and value == int(value):  # type: ignore[call-overload]
        return str(int(value))  # type: ignore[call-overload]
    return value if isinstance(value, str) else ""
