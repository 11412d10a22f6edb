"""Errors of usage, and the help of every command."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from tamr_provider.cli import main
from tamr_provider.cli.examples import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["pln"], 'unknown command "pln" (did you mean plan?)'),
        (["conquer"], 'unknown command "conquer". To list the commands, run: tamr --help'),
        (["jobs", "lst"], 'unknown command "lst" (did you mean list?)'),
        (["plan", "--stak", "x"], 'tamr plan: unknown option "--stak" (did you mean --stack?)'),
        (
            ["plan", "--colour"],
            'tamr plan: unknown option "--colour". To list the options, run: tamr plan --help',
        ),
        (
            ["--stack", "staging", "plan"],
            'tamr: unknown option "--stack". Write options after the command: tamr COMMAND --stack',
        ),
        (
            ["bump", "customers"],
            "tamr bump: missing VERSION. Usage: tamr bump [OPTIONS] PRODUCT VERSION",
        ),
        (
            ["promote", "customers", "--to", "prod"],
            "tamr promote: missing --from. Usage: tamr promote [OPTIONS] [PRODUCT]...",
        ),
        (
            ["init", "--ci", "hub", "x"],
            "tamr init: --ci: 'hub' is not one of 'github', 'gitlab', 'none'.",
        ),
        (["schema", "x"], "tamr schema: got unexpected extra argument (x)"),
    ],
)
def test_wrong_usage_is_one_line_in_the_style_of_all_errors(words: list[str], message: str) -> None:
    done = CliRunner().invoke(main, words, prog_name="tamr")
    assert (done.exit_code, done.output) == (2, f"error: {message}\n")


def every_command(command: click.Command, path: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(command)
    for name in command.list_commands(context) if isinstance(command, click.Group) else ():
        assert isinstance(command, click.Group)
        below = command.get_command(context, name)
        assert below is not None
        yield f"{path} {name}".strip(), below
        yield from every_command(below, f"{path} {name}".strip())


COMMANDS = dict(every_command(main))


def test_every_command_has_two_or_three_examples() -> None:
    assert EXAMPLES.keys() == COMMANDS.keys()
    assert {len(examples) for examples in EXAMPLES.values()} <= {2, 3}


@pytest.mark.parametrize("path", COMMANDS)
def test_help_ends_with_the_examples_of_the_command(path: str) -> None:
    done = CliRunner().invoke(main, [*path.split(), "--help"], prog_name="tamr")
    lines = [line.strip() for line in done.output.splitlines()]
    assert lines[-1 - len(EXAMPLES[path]) :] == ["Examples:", *EXAMPLES[path]]
    assert max(map(len, done.output.splitlines())) <= 90


@pytest.mark.parametrize(
    "example", [example for examples in EXAMPLES.values() for example in examples]
)
def test_an_example_is_a_valid_command(example: str) -> None:
    words = example.removeprefix('eval "$(').removesuffix(')"').partition(" > ")[0]
    command: click.Command = main
    context, rest = None, shlex.split(words)[1:]
    while isinstance(command, click.Group):
        context = click.Context(command, parent=context)
        below = command.get_command(context, rest.pop(0))
        assert below is not None
        command = below
    command.make_context("tamr", rest, parent=context)


def test_the_overview_groups_the_commands() -> None:
    help_text = CliRunner().invoke(main, ["--help"], prog_name="tamr").output
    titles = ["Start:", "Daily:", "Change:", "Look:", "Tools:"]
    assert [line for line in help_text.splitlines() if line in titles] == titles
    assert "Start here: " in help_text
