"""`tamr history`."""

from __future__ import annotations

import os
import re
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from tamr_provider.cli.context import directory_option
from tamr_provider.cli.output.printing import say, to_json
from tamr_provider.cli.output.text_table import align_columns
from tamr_provider.errors import InputError, TamrError
from tamr_provider.foreign_text import visible
from tamr_provider.timestamps import (
    format_duration,
    format_timestamp,
    parse_duration,
    parse_timestamp,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from tamr_provider.environments.history import Change, Run
    from tamr_provider.models import Job
    from tamr_provider.stackfile.product import Product
    from tamr_provider.stackfile.project import Project
    from tamr_provider.stackfile.since.ancestry import Revision


@click.command()
@directory_option
@click.argument("product", default="")
@click.option("--stack", "stacks", multiple=True, help="Only this one; may be given again.")
@click.option("--since", default="", metavar="WHEN", help="2026-11-01, or a length such as 30d.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def history(
    directory: Path, product: str, stacks: tuple[str, ...], since: str, as_json: bool
) -> None:
    """Show who wanted which version where, and what came of it; the newest first.

    From git's commits of the stack files and the tenants' lists of jobs alone. Exits with 1 if a
    tenant could not be asked.
    """
    from tamr_provider.clock import SystemClock
    from tamr_provider.stackfile.project import find_project
    from tamr_provider.stackfile.since.git import Repository

    clock = SystemClock()
    project, now = find_project(directory), clock.now()
    oldest = _moment_of(since, now)
    names = stacks or tuple(project.stacks())
    if not names:
        raise InputError(f"no stack file in {project.stack_dir}")
    if (repository := Repository.find(project.stack_dir)) and repository.shallow:
        say("the clone is shallow: older changes are not seen", err=True)
    runs: list[Run] = []
    failed = False
    for name in names:
        known = _changes(project, name, now)
        wanted = [each for each in known if product in ("", each.name)]
        its_runs, trouble = _runs(
            project, name, [each for each in wanted if oldest is None or _asked(each) >= oldest]
        )
        runs += its_runs
        failed = failed or bool(trouble)
        if trouble:
            say(f"{name}: {trouble}", err=True)
    if product and not runs and not oldest:
        raise InputError(f"no change of a product {product} in {', '.join(names)}")
    runs.sort(key=lambda run: (run.change.commit is None, _asked(run.change)), reverse=True)
    say(_json(runs) if as_json else "\n".join(_text(runs)))
    sys.exit(failed)


def _moment_of(text: str, now: datetime) -> datetime | None:
    if not text:
        return None
    days = re.fullmatch(r"(\d{1,6})d", text)
    length = timedelta(days=int(days[1])) if days else parse_duration(text)
    moment = _before(now, length) if length is not None else parse_timestamp(text)
    if moment is None:
        raise InputError(f"--since: found {text!r}; allowed: a date, a time, or a length as in 30d")
    return moment


def _before(now: datetime, length: timedelta) -> datetime | None:
    try:
        return now - length
    except OverflowError:
        return None


def _asked(change: Change) -> datetime:
    return change.commit.at if change.commit else change.product.not_before


def _changes(project: Project, stack: str, now: datetime) -> list[Change]:
    """Return the changes of a stack's file; a commit whose file cannot be read is passed over."""
    from tamr_provider.environments.history import Commit, changes
    from tamr_provider.stackfile.since.lookup import count_sinces, find_revisions

    revisions: list[tuple[Commit | None, dict[str, Product]]] = []
    for revision in find_revisions(project, stack):
        products = _products(revision, project, now)
        if products is not None:
            at = revision.commit.committed_at
            commit = Commit(revision.commit.id, revision.signature.author, at)
            revisions.append((commit, products))
    file = count_sinces(project.read_stack(stack, now), project, stack, now)
    revisions.append((None, dict(file.products)))
    return changes(stack, revisions)


def _products(revision: Revision, project: Project, now: datetime) -> dict[str, Product] | None:
    from tamr_provider.stackfile.parser import read_stack_file

    if revision.text is None:
        return {}
    try:
        file = read_stack_file(revision.text, project.name, "", now, project.config)
    except InputError:
        return None
    records = revision.line.records
    return {
        name: product.counting_from(records[name].stands[-1].effective)
        for name, product in file.products.items()
        if name in records
    }


def _runs(project: Project, stack: str, wanted: Sequence[Change]) -> tuple[list[Run], str]:
    """Return the runs, and why the tenant could not be asked."""
    from tamr_provider.client.connection import connect
    from tamr_provider.clock import SystemClock
    from tamr_provider.environments.history import Run, run_of
    from tamr_provider.settings import read_settings
    from tamr_provider.tenant.job_cache import JobCache
    from tamr_provider.tenant.query import JobQuery

    if not wanted:
        return [], ""
    clock = SystemClock()
    file = project.read_stack(stack, clock.now())
    since = min(each.product.not_before for each in wanted)
    try:
        settings = read_settings(os.environ, stack, file.url, file.slots)
        with connect(settings, clock) as client:
            snapshot = JobCache(client, clock).refresh(JobQuery(since))
    except TamrError as error:
        said = "; ".join(str(error).splitlines())
        return [Run(each, "unknown", said) for each in wanted], said
    return [run_of(each, snapshot.jobs, snapshot.now) for each in wanted], ""


def _text(runs: Sequence[Run]) -> Iterator[str]:
    if not runs:
        yield "no run"
        return
    head, *lines = align_columns([_COLUMNS, *(_cells(each) for each in runs)])
    yield head
    for line, run in zip(lines, runs, strict=True):
        yield line
        if run.reason:
            yield f"    {visible(run.reason)}"


_COLUMNS = ("when", "product", "stack", "version", "outcome", "took", "jobs", "commit", "author")


def _cells(run: Run) -> tuple[str, ...]:
    change, commit = run.change, run.change.commit
    adopted = f", {len(run.adopted)} adopted" if run.adopted else ""
    return (
        f"{_asked(change):%Y-%m-%d %H:%M}",
        change.name,
        change.stack,
        change.product.version,
        run.outcome,
        format_duration(run.took) if run.took is not None else "",
        f"{len(run.jobs)}{adopted}",
        commit.id[:7] if commit else "none yet",
        commit.author if commit else "",
    )


def _json(runs: Sequence[Run]) -> str:
    """Return the runs as JSON; times in UTC, null where unknown."""
    return to_json([_run(run) for run in runs])


def _run(run: Run) -> dict[str, Any]:
    change, commit = run.change, run.change.commit
    return {
        "product": change.name,
        "stack": change.stack,
        "version": change.product.version,
        "since": format_timestamp(change.product.not_before),
        "commit": commit.id if commit else None,
        "author": commit.author if commit else None,
        "committedAt": format_timestamp(commit.at) if commit else None,
        "outcome": run.outcome,
        "reason": run.reason or None,
        "tookSeconds": run.took.total_seconds() if run.took is not None else None,
        "jobs": [_job(job, job in run.adopted) for job in run.jobs],
    }


def _job(job: Job, adopted: bool) -> dict[str, Any]:
    took = job.finished_at - job.created_at if job.finished_at and job.created_at else None
    return {
        "jobId": job.id,
        "step": str(job.configuration),
        "outcome": job.outcome or None,
        "createdAt": format_timestamp(job.created_at) if job.created_at else None,
        "tookSeconds": took.total_seconds() if took is not None else None,
        # Only of a job that was there before the commit is it known that no run launched it.
        "adopted": True if adopted else None,
    }
