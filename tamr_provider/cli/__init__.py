"""The command line. A command is imported when it is called, so `tamr --help` stays fast."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from tamr_provider.cli.output.printing import say
from tamr_provider.errors import TamrError

_COMMANDS = {
    "board": "Generate an HTML page with the status of every product in every environment.",
    "bump": "Write a product's version and since into the stack file.",
    "demo": "Run a one-minute demo against the emulator.",
    "doctor": "Diagnose the setup and suggest fixes.",
    "emulator": "Run a Tamr tenant on this machine.",
    "history": "Show version changes and their outcomes, newest first.",
    "init": "Create a project with a Pulumi program, example stacks, and CI workflows.",
    "jobs": "Call the Jobs API by hand.",
    "promote": "Promote a version from one environment to another.",
    "plan": "Show what `tamr up` would do, without launching any jobs.",
    "retry": "Allow a product on hold to run again by ignoring its earlier failures and stops.",
    "status": "Show the desired version of each product and whether it is satisfied.",
    "schema": "Print the JSON Schema of the stack file.",
    "up": "Reconcile the tenant with the stack file.",
}


class _Commands(click.Group):
    """A group that imports a command only when it is called."""

    def list_commands(self, _: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, _: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"tamr_provider.cli.commands.{cmd_name}")
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
    """Deploy data refreshes on Tamr Cloud: each job is launched exactly once.

    Exit codes: 0 success, 1 failed or needs you, 2 invalid usage or stack file, 75 not finished:
    run again later.
    """
