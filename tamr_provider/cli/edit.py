"""`tamr bump` and `tamr retry`: the two edits of a stack file."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import click

from tamr_provider.cli.tenant import project_options
from tamr_provider.errors import InputError
from tamr_provider.times import format_moment, parse_moment

if TYPE_CHECKING:
    from pathlib import Path

    from tamr_provider.stackfile.product import Product
    from tamr_provider.stackfile.project import Project

NOW = "now"


@click.command()
@project_options
@click.argument("product")
@click.argument("version")
@click.option("--since", default="", help="Since when data counts as new enough.  [default: now]")
def bump(directory: Path, stack: str, product: str, version: str, since: str) -> None:
    """Write a product's version and since into the stack file.

    The same version with a new since runs everything again. An older version is a rollback: it
    is pinned, so that `tamr promote` leaves it alone until it is told --release.
    """
    moment = parse_moment(since) if since else None
    if since and moment is None:
        raise InputError(f"--since: found {since!r}; allowed: a time such as 2026-11-20T09:00:00Z")
    values = {"version": version, "since": format_moment(moment) if moment else NOW}
    click.echo(change(directory, stack, product, values, may_roll_back=True))


@click.command()
@project_options
@click.argument("product")
def retry(directory: Path, stack: str, product: str) -> None:
    """Forgive a product's failed and stopped jobs: what was held may run again."""
    click.echo(change(directory, stack, product, {"retriedAt": format_moment(now())}))


def now() -> datetime:
    """Return this moment in whole seconds, as it is written into files: rounded up."""
    return (datetime.now(timezone.utc) + timedelta(microseconds=999_999)).replace(microsecond=0)


def change(  # noqa: PLR0913, PLR0917 - which product of which file, and how
    directory: Path,
    stack: str,
    product: str,
    values: dict[str, str],
    may_roll_back: bool = False,
    write: bool = True,
) -> str:
    """Write values of a product into its stack file, and return what changed in one line.

    A since of NOW becomes the first moment from now on that no earlier version reaches.
    """
    from tamr_provider.stackfile.changes import is_older
    from tamr_provider.stackfile.edit import (
        read_for_edit,
        replace_text,
        set_values,
    )
    from tamr_provider.stackfile.product import canonical_version
    from tamr_provider.stackfile.project import find_project, shown
    from tamr_provider.stackfile.read import read_stack_file
    from tamr_provider.stackfile.since import earliest_since

    project = find_project(directory)
    path = project.stack_file(stack)
    original = read_for_edit(path)
    products = read_stack_file(original, project.name, shown(path), now()).products
    if product not in products:
        known = ", ".join(products) or "none"
        raise InputError(f"{shown(path)}: no product {product}; products here: {known}")
    before, note = products[product], ""
    if values.get("since") == NOW:
        wanted = before.model_copy(update={"version": canonical_version(values["version"])})
        moment = earliest_since(project, stack, product, wanted, now())
        values = {**values, "since": format_moment(moment)}
    if may_roll_back and is_older(values["version"], before.version):
        values = {**values, "pinned": values["version"]}
        note = f"; a rollback from {before.version}, pinned until: tamr promote --release"
    text = set_values(original, project.name, product, values)
    after = read_stack_file(text, project.name, shown(path), now()).products[product]
    if "since" in values:
        _check_counts(project, stack, product, before, after)
    if write:
        replace_text(path, original, text)
    changes = ", ".join(f"{key} {value}" for key, value in values.items())
    return f"{shown(path)}: {product}: {changes}{note}"


def _check_counts(project: Project, stack: str, name: str, before: Product, after: Product) -> None:
    """Refuse a since that would not count once it is committed."""
    from tamr_provider.stackfile.project import shown
    from tamr_provider.stackfile.since import UNCOMMITTED, WITHOUT_GIT, find_since

    since = find_since(project, stack, name, after, now())
    floor = since.floor if since.known_by == UNCOMMITTED and since.problem else None
    if since.known_by == WITHOUT_GIT and after.version != before.version:
        floor = (
            before.since if before.since and after.since and after.since <= before.since else None
        )
    if floor is not None and after.since is not None:
        late = f"since {format_moment(after.since)} is not after {format_moment(floor)}"
        where = f"{shown(project.stack_file(stack))}: products.{name}"
        raise InputError(
            f"{where}: {late}, from when an earlier version counts; give a later --since"
        )
