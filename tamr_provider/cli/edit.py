"""`tamr bump` and `tamr retry`: the two edits of a stack file."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

import click

from tamr_provider.cli.tenant import project_options
from tamr_provider.errors import InputError
from tamr_provider.times import format_moment, parse_moment

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@project_options
@click.argument("product")
@click.argument("version")
@click.option("--since", default="", help="Since when data counts as new enough.  [default: now]")
def bump(directory: Path, stack: str, product: str, version: str, since: str) -> None:
    """Write a product's version and since into the stack file.

    The same version with a new since runs everything again.
    """
    moment = parse_moment(since) if since else _now()
    if moment is None:
        raise InputError(f"--since: found {since!r}; allowed: a time such as 2026-11-20T09:00:00Z")
    _edit(directory, stack, product, {"version": version, "since": format_moment(moment)})


@click.command()
@project_options
@click.argument("product")
def retry(directory: Path, stack: str, product: str) -> None:
    """Forgive a product's failed and stopped jobs: what was held may run again."""
    _edit(directory, stack, product, {"retriedAt": format_moment(_now())})


def _now() -> datetime:
    return datetime.now(timezone.utc).replace(microsecond=0)


def _edit(directory: Path, stack: str, product: str, values: dict[str, str]) -> None:
    from tamr_provider.stackfile.edit import (  # noqa: PLC0415 - YAML loads slowly
        read_for_edit,
        set_values,
        write_text,
    )
    from tamr_provider.stackfile.project import find_project, shown  # noqa: PLC0415
    from tamr_provider.stackfile.read import read_stack_file  # noqa: PLC0415

    project = find_project(directory)
    path = project.stack_file(stack)
    before = project.read_stack(stack, _now()).products
    if product not in before:
        known = ", ".join(before) or "none"
        raise InputError(f"{shown(path)}: no product {product}; products here: {known}")
    text = set_values(read_for_edit(path), project.name, product, values)
    after = read_stack_file(text, project.name, shown(path), _now()).products[product]
    if after.not_before < before[product].not_before:
        goes = f"since would go back from {format_moment(before[product].not_before)}"
        raise InputError(f"{shown(path)}: products.{product}: {goes}; give a later --since")
    write_text(path, text)
    changes = ", ".join(f"{key} {value}" for key, value in values.items())
    click.echo(f"{shown(path)}: {product}: {changes}")
