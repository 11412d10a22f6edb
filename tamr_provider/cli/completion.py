"""The names that a shell completes: the stacks of the project, and the products of a stack."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from tamr_provider.errors import TamrError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import click

# A shell inserts the names as they are, so one that needs quotes is left out.
_SAFE = re.compile(r"[\w@%+=:,./-]+")


def complete_stacks(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Return the stacks of the project that start with what was typed."""
    from tamr_provider.stackfile.project import find_project

    try:
        return _matching(find_project(_directory(context)).stacks(), incomplete)
    except TamrError:
        return []


def complete_products(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Return the products of the chosen stacks, or of all, that start with what was typed."""
    from tamr_provider.stackfile.project import find_project

    try:
        project = find_project(_directory(context))
        stacks = _chosen_stacks(context) or project.stacks()
        names = [name for stack in stacks for name in project.product_names(stack)]
    except TamrError:
        return []
    typed = context.params.get("products") or ()
    return _matching((name for name in dict.fromkeys(names) if name not in typed), incomplete)


def _matching(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete) and _SAFE.fullmatch(name)]


def _directory(context: click.Context) -> Path:
    return Path(context.params.get("directory") or "")


def _chosen_stacks(context: click.Context) -> tuple[str, ...]:
    """Return the stacks of --stack or --from, else that of TAMR_STACK."""
    given = context.params
    if given.get("stacks"):
        return tuple(given["stacks"])
    stack = given.get("stack") or given.get("source") or os.environ.get("TAMR_STACK")
    return (str(stack),) if stack else ()
