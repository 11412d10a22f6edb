"""Versions that are pinned by a rollback while another stack asks for a newer one."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from tamr_provider.errors import InputError
from tamr_provider.planning.product_state import PinConflict
from tamr_provider.stackfile.version_change import is_older

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from tamr_provider.stackfile.product import Product
    from tamr_provider.stackfile.project import Project

    _Versions = Mapping[str, Mapping[str, Product]]


def find_pin_conflicts(
    project: Project, stack: str, products: Mapping[str, Product], now: datetime
) -> dict[str, PinConflict]:
    """Return the pins that only a user ends, by product.

    A pin is compared with the product's `promoteFrom`, without one with every other stack. Stack
    files are read only if a product is pinned; an invalid one has no newer version.
    """
    pinned = {name: product for name, product in products.items() if product.is_pinned}
    others = dict(_read_others(project, stack, now)) if pinned else {}
    conflicts = {name: _compare(name, stack, product, others) for name, product in pinned.items()}
    return {name: conflict for name, conflict in conflicts.items() if conflict is not None}


def _read_others(
    project: Project, stack: str, now: datetime
) -> Iterator[tuple[str, Mapping[str, Product]]]:
    for name in project.stacks():
        try:
            if name != stack:
                yield name, project.read_stack(name, now).products
        except InputError:
            continue


def _compare(name: str, stack: str, product: Product, others: _Versions) -> PinConflict | None:
    upstream = [product.promote_from] if product.promote_from else list(others)
    for source in upstream:
        other = others.get(source, {}).get(name)
        if other is not None and is_older(product.version, other.version):
            words = ["tamr", "promote", name, "--from", source, "--to", stack, "--unpin"]
            reason = f"pinned to {product.version} after a rollback; {source} has {other.version}"
            return PinConflict(reason, shlex.join(words))
    return None
