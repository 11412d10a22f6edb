"""`tamr status`."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from tamr_provider.cli.context import directory_option
from tamr_provider.cli.output.printing import say, to_json
from tamr_provider.cli.output.text_table import align_columns
from tamr_provider.errors import InputError
from tamr_provider.foreign_text import visible
from tamr_provider.timestamps import format_duration, format_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from tamr_provider.environments.status import EnvironmentStatus, Guard, Guards, ProductStatus
    from tamr_provider.stackfile.product import Product
    from tamr_provider.stackfile.project import Project

_NOT_FINISHED = 75
_COLUMNS = ("product", "stack", "version", "held", "last job", "age", "in the way")


@click.command()
@directory_option
@click.option("--stack", "stacks", multiple=True, help="Only this one; may be given again.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--exit-code",
    "by_state",
    is_flag=True,
    help="Exit with 0 if all is deployed, 1 if something failed or needs you, 75 otherwise.",
)
def status(directory: Path, stacks: tuple[str, ...], as_json: bool, by_state: bool) -> None:
    """Show what each environment is to hold, and whether it does.

    Asks every stack's tenant now, with the key in TAMR_API_KEY_<STACK> or TAMR_API_KEY. Exits
    with 1 if one of them could not be asked.
    """
    environments = read_environments(directory, stacks, guards=_guards)
    rows = [row for environment in environments for row in environment.rows]
    say(_json(environments, rows) if as_json else "\n".join(_text(environments, rows)))
    sys.exit(_exit_code(environments, rows) if by_state else any(e.error for e in environments))


def _exit_code(environments: list[EnvironmentStatus], rows: list[ProductStatus]) -> int:
    """Return 0 if all is deployed, 1 if something failed or needs a person, else 75."""
    from tamr_provider.planning.states import FAILED, SATISFIED

    if any(environment.error and not environment.is_away for environment in environments):
        return 1
    if any(row.state == FAILED or row.needs_action for row in rows):
        return 1
    return 0 if all(row.state == SATISFIED for row in rows) else _NOT_FINISHED


def read_environments(
    directory: Path,
    stacks: Sequence[str],
    back: timedelta | None = None,
    guards: Guards | None = None,
) -> list[EnvironmentStatus]:
    """Return the environments named, or all; outages are told as they happen."""
    from tamr_provider.clock import SystemClock
    from tamr_provider.environments.status import read_environment, unguarded
    from tamr_provider.stackfile.project import find_project

    project = find_project(directory)
    names = stacks or tuple(project.stacks())
    if not names:
        raise InputError(f"no stack file in {project.stack_dir}")
    said = set[str]()

    def say_once(text: str) -> None:
        if text not in said:
            said.add(text)
            say(text, err=True)

    clock, asked = SystemClock(), guards or unguarded
    return [
        read_environment(project, name, os.environ, clock, asked, back, say_once) for name in names
    ]


def _guards(project: Project, stack: str, products: Mapping[str, Product]) -> Guard:
    """Return what tells why a product of a stack may not run there, by its `promoteFrom`."""
    from tamr_provider.clock import SystemClock
    from tamr_provider.environments.promotion import promotion_gate

    return promotion_gate(project, stack, products, os.environ, SystemClock())


def _text(environments: list[EnvironmentStatus], rows: list[ProductStatus]) -> Iterator[str]:
    by_product = sorted(rows, key=lambda row: [each.name for each in rows].index(row.name))
    table = [_COLUMNS, *(_cells(each) for each in by_product)]
    yield from align_columns(table)
    for environment in environments:
        if environment.error:
            yield f"{environment.stack}: {visible(environment.error)}"


def _cells(row: ProductStatus) -> tuple[str, ...]:
    held = "unknown" if row.standing is None else "yes" if row.standing.is_satisfied else "no"
    last = f"{row.last.id} {row.last.outcome or row.last.state.lower()}" if row.last else ""
    age = format_duration(timedelta(seconds=row.age)) if row.age is not None else ""
    return row.name, row.stack, row.product.version, held, last, age, row.blocker


def _json(environments: list[EnvironmentStatus], rows: list[ProductStatus]) -> str:
    """Return environments and products as JSON; what is not known is null."""
    document = {
        "environments": [
            {"stack": environment.stack, "url": environment.url, "error": environment.error or None}
            for environment in environments
        ],
        "products": [_product(row) for row in rows],
    }
    return to_json(document)


def _product(row: ProductStatus) -> dict[str, Any]:
    last = row.last
    return {
        "product": row.name,
        "stack": row.stack,
        "version": row.product.version,
        "since": format_timestamp(row.product.not_before),
        "state": row.state,
        "needsAction": row.needs_action,
        "held": row.standing.is_satisfied if row.standing else None,
        "heldSince": _moment(row.standing.satisfied_since if row.standing else None),
        "jobId": last.id if last else None,
        "outcome": (last.outcome or None) if last else None,
        "ageSeconds": row.age,
        "pinned": row.product.is_pinned,
        "inTheWay": row.blocker or None,
    }


def _moment(moment: datetime | None) -> str | None:
    return format_timestamp(moment) if moment is not None else None
