"""Errors of the command line in the words of all other errors."""

from __future__ import annotations

from typing import IO, Any

import click

from tamr_provider.cli.output.printing import say


class InvalidUsageError(click.ClickException):
    """A command, an option or an argument that does not exist, is missing or is invalid."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:  # noqa: ARG002 - always stderr
        """Print the message."""
        for line in self.message.splitlines():
            say(f"error: {line}", err=True)


class CommandGroup(click.Group):
    """A group that says which of its commands an unknown one may stand for."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments name. Raises InvalidUsageError if none does."""
        name = args[0]
        if ctx.resilient_parsing or name.startswith("-") or self.get_command(ctx, name):
            return super().resolve_command(ctx, args)
        near = _suggest(name, self.list_commands(ctx))
        fix = f" ({near})" if near else f". To list the commands, run: {ctx.command_path} --help"
        raise InvalidUsageError(f'unknown command "{name}"{fix}')


def restate(error: click.UsageError) -> click.ClickException:
    """Return click's error in our words; a request for help stays as it is."""
    if type(error).__name__ == "NoArgsIsHelpError":  # Click 8.1 does not have it.
        return error
    place = f"{error.ctx.command_path}: " if error.ctx else ""
    return InvalidUsageError(f"{place}{_describe(error)}")


def _describe(error: click.UsageError) -> str:
    if isinstance(error, click.NoSuchOption):
        return _describe_option(error)
    if isinstance(error, click.MissingParameter):
        usage = error.ctx.command.get_usage(error.ctx) if error.ctx else ""
        return f"missing {_name(error)}. {' '.join(usage.split())}"
    message = error.message[:1].lower() + error.message[1:]
    if isinstance(error, click.BadParameter):
        return f"{_name(error)}: {message}"
    return message


def _describe_option(error: click.NoSuchOption) -> str:
    unknown = f'unknown option "{error.option_name}"'
    if error.ctx is None:
        return unknown
    command, path = error.ctx.command, error.ctx.command_path
    known = [name for param in command.get_params(error.ctx) for name in param.opts]
    if near := _suggest(error.option_name, known):
        return f"{unknown} ({near})"
    if isinstance(command, click.Group):
        example = f"{path} COMMAND {error.option_name}"
        return f"{unknown}. Write options after the command: {example}"
    return f"{unknown}. To list the options, run: {path} --help"


def _suggest(name: str, known: list[str]) -> str:
    from tamr_provider.stackfile.suggestions import suggest

    return suggest(name, known)


def _name(error: click.BadParameter) -> str:
    """Return the option or argument as the user types it."""
    if error.param is None or isinstance(error.param_hint, str):
        return str(error.param_hint or "value").strip("'")
    if isinstance(error.param, click.Option):
        return error.param.opts[-1]
    return error.param.human_readable_name
