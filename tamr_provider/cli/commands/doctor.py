"""`tamr doctor`."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from datetime import timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import click

from tamr_provider.cli.context import open_client, project_options
from tamr_provider.cli.output.printing import say, to_json
from tamr_provider.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tamr_provider.doctor.finding import Finding
    from tamr_provider.stackfile.parser import StackFile
    from tamr_provider.stackfile.project import Project

_SIGNS = {"ok": "✓", "warning": "!", "problem": "✗", "unknown": "?"}


@click.command()
@project_options
@click.option(
    "--tenant", is_flag=True, help="Put each assumption about Tamr to the stack's own tenant."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(directory: Path, stack: str, tenant: bool, as_json: bool) -> None:
    """Find what is missing or wrong, and say the repair.

    Looks at the CLI, the project, the stack file, the tenant and the state; sends nothing but
    GETs and changes nothing. Exits with 1 if something has to be repaired.
    """
    found = list(_examine(directory, stack, tenant))
    if as_json:
        say(to_json([asdict(each) for each in found]))
    else:
        for each in found:
            say(f"{_SIGNS[each.level]} {each.what}")
            if each.repair:
                say(f"    repair: {each.repair}")
    sys.exit(any(each.level == "problem" for each in found))


def _examine(directory: Path, stack: str, tenant: bool) -> Iterator[Finding]:
    from tamr_provider.doctor import engine
    from tamr_provider.doctor.finding import PROBLEM, WARNING, Finding, run
    from tamr_provider.stackfile.project import display_path, find_project, read_text
    from tamr_provider.stackfile.pulumi_yaml import parse_yaml

    cli = engine.check_cli(run, version("pulumi"))
    yield cli
    if cli.level != WARNING:
        yield engine.check_python(run, os.environ)
    try:
        project = find_project(directory)
        settings: dict[str, Any] = parse_yaml(read_text(project.file), display_path(project.file))
    except InputError as error:
        yield Finding(PROBLEM, str(error), "give the project's folder with -C DIR")
        return
    yield engine.check_host(settings, project.file.parent)
    virtualenv = engine.check_virtualenv(settings)
    if virtualenv is not None:
        yield virtualenv
    yield from _examine_stack(project, settings, stack, tenant)


def _examine_stack(
    project: Project, settings: dict[str, Any], stack: str, tenant: bool
) -> Iterator[Finding]:
    from tamr_provider.clock import SystemClock
    from tamr_provider.doctor import state
    from tamr_provider.doctor.finding import OK, PROBLEM, WARNING, Finding, run
    from tamr_provider.stackfile.project import display_path
    from tamr_provider.stackfile.since.lookup import with_effective_sinces
    from tamr_provider.stackfile.since.origin import collect_problems

    if not stack:
        known = ", ".join(project.stacks()) or "none"
        yield Finding(WARNING, f"no stack was looked at; stacks here: {known}", "add --stack STACK")
        return
    try:
        now = SystemClock().now()
        file = project.read_stack(stack, now)
        yield Finding(OK, f"{display_path(project.stack_file(stack))} is valid")
        file = with_effective_sinces(file, project, stack, now)
        for problem in collect_problems(file.sinces.values()):
            yield Finding(WARNING, problem)
        yield from _examine_tenant(stack, file, tenant)
    except InputError as error:
        for problem in error.problems:
            yield Finding(PROBLEM, problem, "edit the file; `tamr schema` has what is allowed")
    folder = project.file.parent
    backend = state.backend_folder(settings, os.environ, folder)
    if backend is not None:
        yield state.check_lock(backend, project.name, stack)
    yield state.check_pending(run, folder, backend, project.name, stack)


def _examine_tenant(stack: str, file: StackFile, thorough: bool) -> Iterator[Finding]:
    from tamr_provider.clock import SystemClock
    from tamr_provider.decision.steps import pipeline_steps
    from tamr_provider.doctor.assumptions import check_assumptions
    from tamr_provider.doctor.finding import OK, PROBLEM, Finding
    from tamr_provider.doctor.ids import check_ids
    from tamr_provider.doctor.tenant import check_tenant
    from tamr_provider.settings import key_variable, read_settings

    try:
        settings = read_settings(os.environ, stack, file.url, file.slots)
    except InputError as error:
        for problem in error.problems:
            repair = f"export {key_variable(stack)}=… (or TAMR_API_KEY)" if "key" in problem else ""
            yield Finding(PROBLEM, problem, repair or "correct the variable or the stack file")
        return
    with open_client(settings) as client:
        found = list(check_tenant(client, SystemClock().now()))
        yield from found
        if found[0].level == OK:
            yield from check_ids(
                client, (step.configuration for step in pipeline_steps(file.products))
            )
        if thorough and found[0].level == OK:
            trust = max((product.trust_days for product in file.products.values()), default=30)
            now = SystemClock().now()
            yield from check_assumptions(client, now, timedelta(days=trust))
