"""`tamr status`."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from tamr_provider.cli.tenant import Stack, directory_option, open_client
from tamr_provider.errors import InputError, TamrError
from tamr_provider.times import format_duration, format_moment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from tamr_provider.models import Job
    from tamr_provider.stackfile.product import Product
    from tamr_provider.stackfile.project import Project
    from tamr_provider.survey import Standing

_COLUMNS = ("product", "stack", "version", "held", "last job", "age", "in the way")


@dataclass(frozen=True)
class _Row:
    """One product in one environment; `standing` is None where the tenant could not be asked."""

    name: str
    stack: str
    product: Product
    standing: Standing | None

    @property
    def last(self) -> Job | None:
        jobs = [each.job for each in self.standing.steps if each.job] if self.standing else []
        return max(jobs, key=_latest, default=None)

    @property
    def in_the_way(self) -> str:
        step = self.standing.in_the_way if self.standing else None
        return f"{step.step.configuration}: {step.reason}" if step else ""

    @property
    def age(self) -> float | None:
        """Seconds since the last job ended, or was created where it still runs."""
        if self.standing is None or self.last is None:
            return None
        return max(0.0, self.standing.now.timestamp() - _latest(self.last))


@dataclass(frozen=True)
class _Environment:
    stack: str
    url: str
    error: str = ""


@click.command()
@directory_option
@click.option("--stack", "stacks", multiple=True, help="Only this one; may be given again.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(directory: Path, stacks: tuple[str, ...], as_json: bool) -> None:
    """Show what each environment is to hold, and whether it does.

    Asks every stack's tenant now, with the key in TAMR_API_KEY_<STACK> or TAMR_API_KEY. Exits
    with 1 if one of them could not be asked.
    """
    from tamr_provider.stackfile.project import find_project  # noqa: PLC0415 - YAML loads slowly

    project = find_project(directory)
    names = stacks or tuple(project.stacks())
    if not names:
        raise InputError(f"no stack file in {project.stack_dir}")
    environments, rows = list[_Environment](), list[_Row]()
    for name in names:
        environment, its_rows = _ask(project, directory, name)
        environments.append(environment)
        rows += its_rows
    click.echo(_json(environments, rows) if as_json else "\n".join(_text(environments, rows)))
    sys.exit(any(each.error for each in environments))


def _ask(project: Project, directory: Path, name: str) -> tuple[_Environment, list[_Row]]:
    from tamr_provider.clock import SystemClock  # noqa: PLC0415
    from tamr_provider.settings import read_settings  # noqa: PLC0415
    from tamr_provider.survey import Standing, survey  # noqa: PLC0415 - httpx loads slowly

    clock = SystemClock()
    file = project.read_stack(name, clock.now())
    try:
        settings = read_settings(os.environ, name, file.url, file.slots)
        stack = Stack(name, directory, project.stack_file(name), project, file, settings)
        with open_client(stack.settings) as client:
            plan = survey(client, clock, file.products, settings.slots, name)
    except TamrError as error:
        said = "; ".join(str(error).splitlines())
        unknown = [_Row(each, name, product, None) for each, product in file.products.items()]
        return _Environment(name, file.url, said), unknown
    rows = [
        _Row(each, name, product, Standing(plan, each)) for each, product in file.products.items()
    ]
    return _Environment(name, settings.url), rows


def _latest(job: Job) -> float:
    moment = job.finished_at or job.created_at
    return moment.timestamp() if moment else 0.0


def _text(environments: list[_Environment], rows: list[_Row]) -> Iterator[str]:
    by_product = sorted(rows, key=lambda row: [each.name for each in rows].index(row.name))
    table = [_COLUMNS, *(_cells(each) for each in by_product)]
    widths = [max(len(line[at]) for line in table) for at in range(len(_COLUMNS))]
    for line in table:
        yield "  ".join(
            each.ljust(width) for each, width in zip(line, widths, strict=True)
        ).rstrip()
    for each in environments:
        if each.error:
            yield f"{each.stack}: {each.error}"


def _cells(row: _Row) -> tuple[str, ...]:
    held = "unknown" if row.standing is None else "yes" if row.standing.held else "no"
    last = f"{row.last.id} {row.last.outcome or row.last.state.lower()}" if row.last else ""
    age = format_duration(timedelta(seconds=row.age)) if row.age is not None else ""
    return row.name, row.stack, row.product.version, held, last, age, row.in_the_way


def _json(environments: list[_Environment], rows: list[_Row]) -> str:
    """Return environments and products as JSON; what is not known is null."""
    document = {
        "environments": [
            {"stack": each.stack, "url": each.url, "error": each.error or None}
            for each in environments
        ],
        "products": [_product(each) for each in rows],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _product(row: _Row) -> dict[str, Any]:
    last = row.last
    return {
        "product": row.name,
        "stack": row.stack,
        "version": row.product.version,
        "since": format_moment(row.product.not_before),
        "held": row.standing.held if row.standing else None,
        "heldSince": _moment(row.standing.since if row.standing else None),
        "jobId": last.id if last else None,
        "outcome": (last.outcome or None) if last else None,
        "ageSeconds": row.age,
        "pinned": row.product.is_pinned,
        "inTheWay": row.in_the_way or None,
    }


def _moment(moment: datetime | None) -> str | None:
    return format_moment(moment) if moment is not None else None
