"""`tamr completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from tamr_provider.cli.output.printing import say
from tamr_provider.errors import InputError


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that completes `tamr` in a shell.

    Commands, options, stacks, and the products of the chosen stack are completed. Add the line of
    the examples to ~/.bashrc or ~/.zshrc. For fish, run the command once. bash must be 4.4 or
    later.
    """
    from tamr_provider.cli import main

    make = get_completion_class(shell)
    if make is None:
        raise InputError(f"{shell}: click does not know this shell")
    say(make(main, {}, "tamr", "_TAMR_COMPLETE").source())
