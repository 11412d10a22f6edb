"""The command line. A command is imported when it is called, so `tamr --help` stays fast."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from tamr_provider.cli.output.printing import say
from tamr_provider.cli.usage_errors import CommandGroup, restate
from tamr_provider.errors import TamrError

_COMMANDS = {
    "board": "Generate an HTML page with the status of every product in every environment.",
    "bump": "Write a product's version and since into the stack file.",
    "completion": "Print the script that completes `tamr` in a shell.",
    "demo": "Run a one-minute demo against the emulator.",
    "doctor": "Diagnose the setup and suggest fixes.",
    "emulator": "Run a Tamr tenant on this machine.",
    "history": "Show version changes and their outcomes, newest first.",
    "init": "Create a project, or add what is missing to one.",
    "jobs": "Call the Jobs API by hand.",
    "promote": "Promote versions from one environment to another.",
    "plan": "Show what `tamr up` would do, without launching any jobs.",
    "retry": "Allow a product on hold to run again.",
    "status": "Show the version and state of each product in every environment.",
    "schema": "Print the JSON Schema of the stack file.",
    "up": "Reconcile the tenant with the stack file.",
}
_GROUPS = {
    "Start": ("init", "doctor", "demo"),
    "Daily": ("plan", "up", "status"),
    "Change": ("bump", "retry", "promote"),
    "Look": ("board", "history", "jobs"),
    "Tools": ("emulator", "schema", "completion"),
}
_INDENT = max(map(len, _COMMANDS))


class _Commands(CommandGroup):
    """A group that imports a command only when it is called."""

    def list_commands(self, _: click.Context) -> list[str]:
        return [name for names in _GROUPS.values() for name in names]

    def get_command(self, _: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        from tamr_provider.cli.examples import add_examples

        module = importlib.import_module(f"tamr_provider.cli.commands.{cmd_name}")
        command: click.Command = getattr(module, cmd_name)
        add_examples(command, cmd_name)
        return command

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        for title, names in _GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(_INDENT), _COMMANDS[name]) for name in names])

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        try:
            return super().make_context(*args, **extra)
        except click.UsageError as error:
            raise restate(error) from None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            raise restate(error) from None
        except TamrError as error:
            for line in str(error).splitlines():
                say(f"error: {line}", err=True)
            sys.exit(error.exit_code)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tamr-provider", prog_name="tamr")
def main() -> None:
    """Deploy data refreshes on Tamr Cloud: each job is launched exactly once.

    Start here: `tamr demo` shows the whole story in a minute, `tamr init DIR` starts a project.

    Exit codes: 0 success, 1 failed or needs you, 2 invalid usage or stack file, 75 not finished:
    run again later.
    """
