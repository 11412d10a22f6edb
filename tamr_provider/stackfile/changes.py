"""What a change of a product may not do: let old runs pass for a new version."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from tamr_provider.times import format_moment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tamr_provider.stackfile.product import Product


def change_problem(
    before: tuple[str, datetime], after: tuple[str, datetime], product: str, stack: str
) -> str:
    """Return what is wrong with a step from one (version, since) to another, or nothing.

    Versions are in their canonical spelling.
    """
    words = ["tamr bump", shlex.quote(product or "PRODUCT"), shlex.quote(after[0])]
    words += [f"--stack {shlex.quote(stack)}"] if stack else []
    bump = " ".join(words)
    if after[1] < before[1]:
        back = f"goes back from {format_moment(before[1])} to {format_moment(after[1])}"
        return f"{back}; to run an older version again: {bump}"
    if after[1] == before[1] and after[0] != before[0]:
        moved = f"version changed from {before[0]} to {after[0]} but since did not"
        return f"{moved}, so old runs would satisfy the new version; to repair: {bump}"
    return ""


def file_problems(
    before: Mapping[str, Product], after: Mapping[str, Product], stack: str
) -> list[str]:
    """Return the problems of every product that both files have, each with its path."""
    found = {
        name: change_problem(_stand(before[name]), _stand(product), name, stack)
        for name, product in after.items()
        if name in before
    }
    return [f"products.{name}.since: {problem}" for name, problem in found.items() if problem]


def _stand(product: Product) -> tuple[str, datetime]:
    return product.version, product.not_before
