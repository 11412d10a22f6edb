"""Rules that look at all products of a stack: what one of them has, no other may have too.

They read the raw mappings, so that a mistake in one product hides none in another. A source may be
shared: it is loaded once if one job can satisfy both products.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tamr_provider.stackfile.values import describe_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class _Claim(NamedTuple):
    """Something that one product alone may have: where it says so, and how to name it."""

    key: tuple[str, ...]
    path: str
    what: str
    rule: str


def shared_claims(products: Mapping[str, Any]) -> Iterator[str]:
    """Yield a problem for each data product, workflow and destination that two products have."""
    owners: dict[tuple[str, ...], str] = {}
    for name, product in products.items():
        for claim in _claims(product):
            owner = owners.setdefault(claim.key, name)
            if owner != name:
                taken = f"{claim.what} is products.{owner}'s already"
                yield f"products.{name}{claim.path}: {taken}; allowed: {claim.rule}"


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
        # With its data product a destination is claimed already: by the data product.
        if isinstance(entry, dict) and is_sent_alone(entry):
            text = _text(entry.get("destination"))
            rule = "one product for each destination that is sent without dataProductId"
            yield _Claim(("destination", text), f".publish[{index}]", text, rule)


def is_sent_alone(destination: Mapping[str, Any]) -> bool:
    """Return whether a raw destination is published without its data product."""
    return any(destination.get(kind) in (True, "true") for kind in ("legacy", "realTime"))


def same_names(products: Mapping[str, Any]) -> Iterator[str]:
    """Yield a problem for each two steps whose resources would have one name in Pulumi."""
    owners: dict[tuple[str, str], tuple[str, str]] = {}
    for product, body in products.items():
        for type_, kind, id_ in (step for step in _steps(body) if step[-1]):
            name = resource_name(product, kind, id_)
            other, step = owners.setdefault((type_, name), (product, f"{kind} {id_}"))
            if other != product:
                both = f"{kind} {id_} and products.{other}'s {step}"
                yield (
                    f"products.{product}: {both} would both be the resource {describe_value(name)} in "
                    "Pulumi; allowed: a product name with which each has its own"
                )


def resource_name(product: str, kind: str, id_: str) -> str:
    """Return the name of a step's resource in Pulumi; it is in users' states and stays."""
    return f"{product}-{kind}-{id_}"


def _steps(product: object) -> Iterator[tuple[str, str, str]]:
    """Yield the resource type, the kind and the id of each step."""
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
