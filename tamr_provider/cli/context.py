"""What the commands share: which stack, which tenant, and a client for it."""

from __future__ import annotations

import os
import shlex
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from tamr_provider.cli.output.printing import say
from tamr_provider.clock import SystemClock
from tamr_provider.errors import InputError
from tamr_provider.settings import Settings, read_settings

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Iterator

    from tamr_provider.client.jobs import JobsClient
    from tamr_provider.stackfile.parser import StackFile
    from tamr_provider.stackfile.project import Project
    from tamr_provider.stackfile.since.origin import Since

_Command = TypeVar("_Command", bound="Callable[..., object]")


@dataclass(frozen=True)
class Stack:
    """A stack as its file and the environment describe it."""

    name: str
    directory: Path
    path: Path
    project: Project
    file: StackFile
    settings: Settings

    @property
    def resume(self) -> str:
        """The command that goes on where a run of this stack stopped."""
        where = f" -C {shlex.quote(str(self.directory))}" if self.directory != Path() else ""
        return f"tamr up{where} --stack {shlex.quote(self.name)}"


def directory_option(command: _Command) -> _Command:
    """Add `-C DIR`."""
    option = click.option(
        "-C",
        "directory",
        type=click.Path(path_type=Path),
        default=Path(),
        metavar="DIR",
        help="The project, or a folder in it.  [default: here]",
    )
    return option(command)


def project_options(command: _Command) -> _Command:
    """Add `-C DIR` and `--stack`."""
    stack = click.option(
        "--stack", envvar="TAMR_STACK", default="", help="The environment.  [env: TAMR_STACK]"
    )
    return directory_option(stack(command))


def read_stack(directory: Path, stack: str, base: str = "") -> Stack:
    """Return the stack with the since that counts in each product.

    With `base`, as if the checkout were merged into that commit now. Raises InputError with every
    problem of file and settings at once.
    """
    from tamr_provider.stackfile.project import find_project
    from tamr_provider.stackfile.since.lookup import count_sinces
    from tamr_provider.stackfile.since.origin import NO_GIT_WARNING, WITHOUT_GIT

    project, now = find_project(directory), SystemClock().now()
    file = count_sinces(project.read_stack(stack, now), project, stack, now, base)
    if any(since.known_by == WITHOUT_GIT for since in file.sinces.values()):
        say(NO_GIT_WARNING, err=True)
    settings = read_settings(os.environ, stack, file.url, file.slots)
    return Stack(stack, directory, project.stack_file(stack), project, file, settings)


def read_stack_to_run(directory: Path, stack: str) -> Stack:
    """Return the stack. Raises InputError where a version must not run, as one uncommitted."""
    opened = read_stack(directory, stack)
    refuse_problems(opened.file.sinces.values())
    return opened


def refuse_problems(sinces: Iterable[Since]) -> None:
    """Raise InputError with every reason not to run a version."""
    from tamr_provider.stackfile.since.origin import problems

    refused = problems(sinces)
    if refused:
        raise InputError(*refused)


def guard(stack: Stack) -> Callable[[str], str]:
    """Return what tells why a product of the stack may not run there, by its `promoteFrom`."""
    from tamr_provider.environments.promotion import promotion_gate

    return promotion_gate(stack.project, stack.name, stack.file.products, os.environ, SystemClock())


def tenant_settings(directory: Path, stack: str) -> Settings:
    """Return the tenant of a stack, or without one that of TAMR_URL and TAMR_API_KEY."""
    if stack:
        from tamr_provider.stackfile.project import find_project

        file = find_project(directory).read_stack(stack, SystemClock().now())
        return read_settings(os.environ, stack, file.url, file.slots)
    if not os.environ.get("TAMR_URL"):
        raise InputError("no tenant: give --stack, or set TAMR_URL and TAMR_API_KEY")
    return read_settings(os.environ)


@contextmanager
def open_client(
    settings: Settings,
    stop: threading.Event | None = None,
    on_outage: Callable[[str], None] | None = None,
) -> Iterator[JobsClient]:
    """Hand out a client for a tenant, and close it."""
    from tamr_provider.client.connection import connect

    said = set[str]()

    def say_once(text: str) -> None:
        if text not in said:
            said.add(text)
            say(text, err=True)

    with connect(settings, SystemClock(), stop, on_outage or say_once) as client:
        yield client
