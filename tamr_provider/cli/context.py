"""What the commands share: their options, the stack, and a client for its tenant."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from tamr_provider.cli.completion import complete_products, complete_stacks
from tamr_provider.cli.output.printing import say
from tamr_provider.clock import SystemClock
from tamr_provider.errors import InputError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from tamr_provider.client.jobs import JobsClient
    from tamr_provider.environments import stack as stacks
    from tamr_provider.environments.product_editor import ProductEditor
    from tamr_provider.models import Configuration
    from tamr_provider.settings import Settings

_Command = TypeVar("_Command", bound="Callable[..., object]")

CLOCK = SystemClock()

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
stacks_option = click.option(
    "--stack",
    "stacks",
    multiple=True,
    metavar="STACK",
    help="Show only this stack. Repeatable.",
    shell_complete=complete_stacks,
)
product_argument = click.argument("product", shell_complete=complete_products)
products_argument = click.argument(
    "products", nargs=-1, metavar="[PRODUCT]...", shell_complete=complete_products
)
directory_option = click.option(
    "-C",
    "directory",
    type=click.Path(path_type=Path),
    default=Path(),
    metavar="DIR",
    help="The project, or a folder in it.  [default: current folder]",
)
_stack_option = click.option(
    "--stack",
    envvar="TAMR_STACK",
    default="",
    metavar="STACK",
    help="The environment.  [env: TAMR_STACK]",
    shell_complete=complete_stacks,
)


def project_options(command: _Command) -> _Command:
    """Add `-C DIR` and `--stack`."""
    return directory_option(_stack_option(command))


def read_stack(directory: Path, name: str, base: str = "") -> stacks.Stack:
    """Return a stack, with `base` as if the checkout were merged into that commit now."""
    from tamr_provider.environments import stack as stacks
    from tamr_provider.stackfile.project import find_project

    project = find_project(directory)
    read = stacks.read_stack(project, name, os.environ, CLOCK.now(), base, directory)
    if read.warning:
        say(read.warning, err=True)
    return read


def make_editor(
    directory: Path,
    stack: str,
    product: str,
    url: str = "",
    warn: Callable[[str], None] | None = None,
) -> ProductEditor:
    """Return an editor of a product; `url` replaces the tenant of the stack file."""
    from tamr_provider.environments.product_editor import ProductEditor
    from tamr_provider.stackfile.project import find_project

    show = warn or warn_once()
    return ProductEditor(
        find_project(directory),
        stack,
        product,
        CLOCK,
        lambda text: show(f"warning: {text}"),
        url,
    )


def tenant_settings(directory: Path, stack: str) -> Settings:
    """Return the tenant of a stack, or without one that of TAMR_URL and TAMR_API_KEY."""
    from tamr_provider.settings import read_settings
    from tamr_provider.stackfile.project import find_project

    if stack:
        file = find_project(directory).read_stack(stack, CLOCK.now())
        return read_settings(os.environ, stack, file.url, file.slots)
    if not os.environ.get("TAMR_URL"):
        raise InputError("no tenant: add --stack, or set TAMR_URL and TAMR_API_KEY")
    return read_settings(os.environ)


def products_by_configuration(directory: Path, stack: str) -> dict[Configuration, str]:
    """Return the names of the products that each step of a stack belongs to; {} without one."""
    from tamr_provider.decision.steps import pipeline_steps
    from tamr_provider.models import Configuration
    from tamr_provider.stackfile.project import find_project

    if not stack:
        return {}
    now, names = CLOCK.now(), dict[Configuration, str]()
    products = find_project(directory).read_stack(stack, now).products
    # Since when the versions count does not matter here.
    for step in pipeline_steps({key: product.with_since(now) for key, product in products.items()}):
        before = names.get(step.configuration)
        names[step.configuration] = f"{before}, {step.product}" if before else step.product
    return names


def open_client(
    settings: Settings,
    stop: threading.Event | None = None,
    on_outage: Callable[[str], None] | None = None,
    *,
    only_reads: bool = False,
) -> AbstractContextManager[JobsClient]:
    """Return a client that a `with` closes; without `on_outage`, outages go to stderr.

    One that `only_reads` gives up a tenant that it cannot connect to after seconds.
    """
    from tamr_provider.client.connection import READ_ONLY_CONNECT_SECONDS, connect

    limit = READ_ONLY_CONNECT_SECONDS if only_reads else None
    return connect(settings, CLOCK, stop, on_outage or warn_once(), limit)


def warn_once() -> Callable[[str], None]:
    """Return a function that prints a text to stderr, and the same text only once."""
    printed = set[str]()

    def warn(text: str) -> None:
        if text not in printed:
            printed.add(text)
            say(text, err=True)

    return warn
