"""The command line. Commands are imported when they are called, so that `tamr --help` is quick."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from tamr_provider.cli.output.printing import say
from tamr_provider.errors import TamrError

_COMMANDS = {
    "board": "Draw every product in every environment, and each tenant's last day, as a page.",
    "bump": "Write a product's version and since into the stack file.",
    "demo": "Show the whole story on the emulator, in about a minute.",
    "doctor": "Find what is missing or wrong, and say the repair.",
    "emulator": "Run a Tamr tenant on this machine.",
    "history": "Show who wanted which version where, and what came of it; the newest first.",
    "init": "Start a project, or add what is missing to one.",
    "jobs": "Use the Jobs API by hand.",
    "promote": "Write the version that one stack holds into another stack's file.",
    "plan": "Say what `up` would do, for every step; starts nothing.",
    "retry": "Forgive a product's failed and stopped jobs: what was held may run again.",
    "status": "Show what each environment is to hold, and whether it does.",
    "schema": "Print the JSON Schema of the stack file.",
    "up": "Make the tenant hold what the stack file says.",
}
_MODULES = {"bump": "edit", "retry": "edit"}


class _Commands(click.Group):
    """A group that knows its commands' names and imports one only when it is called."""

    def list_commands(self, _: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, _: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        name = _MODULES.get(cmd_name, cmd_name)
        module = importlib.import_module(f"tamr_provider.cli.commands.{name}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, _COMMANDS[name]) for name in self.list_commands(ctx)])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except TamrError as error:
            for line in str(error).splitlines():
                say(f"error: {line}", err=True)
            sys.exit(error.exit_code)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tamr-provider", prog_name="tamr")
def main() -> None:
    """Data refreshes on Tamr Cloud as deployments: each job launched exactly once.

    Exit codes: 0 done, 1 a job failed or a step is held, 2 wrong use or a bad file,
    75 not finished, run again.
    """
