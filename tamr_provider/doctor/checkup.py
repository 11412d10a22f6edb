"""All checks of a setup, in order: the CLI, the project, the stack file, the tenant, the state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from tamr_provider.decision.steps import pipeline_steps
from tamr_provider.doctor import engine, state
from tamr_provider.doctor.assumptions import check_assumptions
from tamr_provider.doctor.finding import OK, PROBLEM, WARNING, Finding, run_program
from tamr_provider.doctor.ids import check_ids
from tamr_provider.doctor.tenant import check_tenant
from tamr_provider.errors import InputError
from tamr_provider.settings import key_variable, read_settings
from tamr_provider.stackfile.project import display_path, find_project, read_text
from tamr_provider.stackfile.pulumi_yaml import parse_yaml
from tamr_provider.stackfile.since.lookup import with_effective_sinces
from tamr_provider.stackfile.since.origin import collect_problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tamr_provider.client.jobs import JobsClient
    from tamr_provider.clock import Clock
    from tamr_provider.settings import Settings
    from tamr_provider.stackfile.parser import StackFile
    from tamr_provider.stackfile.project import Project


@dataclass(frozen=True)
class Checkup:
    """The checks of a stack, or of the project alone if `stack` is empty."""

    stack: str
    env: Mapping[str, str]
    clock: Clock
    connect: Callable[[Settings], AbstractContextManager[JobsClient]]
    checks_assumptions: bool = False

    def run(self, directory: Path) -> Iterator[Finding]:
        """Yield every finding. Only GETs are sent, and nothing is changed."""
        cli = engine.check_cli(run_program, version("pulumi"))
        yield cli
        if cli.level != WARNING:
            yield engine.check_python(run_program, self.env)
        try:
            project = find_project(directory)
            settings = parse_yaml(read_text(project.file), display_path(project.file))
        except InputError as error:
            yield Finding(PROBLEM, str(error), "select the project's folder with -C DIR")
            return
        yield engine.check_host(settings, project.file.parent)
        if virtualenv := engine.check_virtualenv(settings):
            yield virtualenv
        if not self.stack:
            known = ", ".join(project.stacks()) or "none"
            yield Finding(WARNING, f"no stack was checked (defined: {known})", "add --stack STACK")
            return
        yield from self._check_file(project)
        yield from self._check_state(project, settings)

    def _check_file(self, project: Project) -> Iterator[Finding]:
        now = self.clock.now()
        try:
            file = project.read_stack(self.stack, now)
            yield Finding(OK, f"{display_path(project.stack_file(self.stack))} is valid")
            file = with_effective_sinces(file, project, self.stack, now)
            for problem in collect_problems(file.sinces.values()):
                yield Finding(WARNING, problem)
            yield from self._check_tenant(file)
        except InputError as error:
            for problem in error.problems:
                fix = "fix the stack file; `tamr schema` lists the allowed values"
                yield Finding(PROBLEM, problem, fix)

    def _check_tenant(self, file: StackFile) -> Iterator[Finding]:
        try:
            settings = read_settings(self.env, self.stack, file.url, file.slots)
        except InputError as error:
            for problem in error.problems:
                fix = "correct the variable or the stack file"
                if "key" in problem:
                    fix = f"export {key_variable(self.stack)}=… (or TAMR_API_KEY)"
                yield Finding(PROBLEM, problem, fix)
            return
        with self.connect(settings) as client:
            found = list(check_tenant(client, self.clock.now()))
            # The assumptions include the clock.
            yield from found[:1] if self.checks_assumptions else found
            if found[0].level != OK:
                return
            steps = pipeline_steps(file.products)
            yield from check_ids(client, (step.configuration for step in steps))
            if self.checks_assumptions:
                days = max((product.trust_days for product in file.products.values()), default=30)
                yield from check_assumptions(client, self.clock.now(), timedelta(days=days))

    def _check_state(self, project: Project, settings: Mapping[str, Any]) -> Iterator[Finding]:
        folder = project.file.parent
        backend = state.find_backend_folder(settings, self.env, folder)
        if backend is not None:
            yield state.check_lock(backend, project.name, self.stack)
        pending = state.check_pending(run_program, folder, backend, project.name, self.stack)
        if pending is not None:
            yield pending
