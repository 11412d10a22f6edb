"""What a change of a product may not do: let old runs pass for a new version."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from tamr_provider.times import format_moment, parse_moment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tamr_provider.stackfile.product import Product

_DIGITS = re.compile(r"[0-9]+")


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


def is_older(version: str, than: str) -> bool:
    """Whether a version is certainly an older one: an earlier date, or a label with less in it.

    Labels are compared by their numbers where they are alike otherwise: v9 is older than v10.
    """
    moments = parse_moment(version), parse_moment(than)
    if moments[0] is not None and moments[1] is not None:
        return moments[0] < moments[1]
    if _DIGITS.sub("#", version) != _DIGITS.sub("#", than):
        return False
    numbers = [[int(each) for each in _DIGITS.findall(text)] for text in (version, than)]
    return numbers[0] < numbers[1]


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
