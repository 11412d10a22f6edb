"""`tamr completion`: what a real bash completes."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest
from click.shell_completion import get_completion_class

from support.processes import PRODUCTS, environment, project, stack_file, tamr
from tamr_provider.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOWHERE = "http://127.0.0.1:9"
# Type the words of $1, press Tab, and print what readline would offer.
PRESS_TAB = """
eval "$(tamr completion bash)"
COMP_WORDS=($1)
[[ $1 == *' ' ]] && COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_tamr_completion tamr
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = project(tmp_path / "p", NOWHERE, PRODUCTS)
    prod = stack_file(made).read_text().replace("suppliers", "sites")
    stack_file(made).with_name("Pulumi.prod.yaml").write_text(prod)
    return made


def press_tab(folder: Path, typed: str, **env: str) -> list[str]:
    done = subprocess.run(
        ["bash", "--norc", "-c", PRESS_TAB, "bash", typed],
        cwd=folder,
        env=environment(**env),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("tamr pl", ["plan"]),
        ("tamr jobs st", ["start", "stop"]),
        ("tamr plan --sta", ["--stack"]),
        ("tamr plan --stack ", ["dev", "prod"]),
        ("tamr promote --from p", ["prod"]),
        ("tamr bump --stack prod ", ["customers", "sites"]),
        ("tamr retry --stack dev s", ["suppliers"]),
        ("tamr promote customers --from prod s", ["sites"]),
        ("tamr init --ci git", ["github", "gitlab"]),
        ("tamr completion z", ["zsh"]),
    ],
)
def test_bash_completes_commands_options_stacks_and_products(
    folder: Path, typed: str, expected: list[str]
) -> None:
    assert press_tab(folder, typed, TAMR_STACK="") == expected


def test_products_are_those_of_the_stack_of_the_variable(folder: Path) -> None:
    assert press_tab(folder, "tamr bump ", TAMR_STACK="prod") == ["customers", "sites"]


@pytest.mark.parametrize("text", [None, "config: [", "x", "config: {tamr-pipelines:products: 3}"])
def test_an_unreadable_project_completes_nothing(folder: Path, text: str | None) -> None:
    if text is None:
        (folder / "Pulumi.yaml").unlink()
    else:
        stack_file(folder).write_text(text)
    assert press_tab(folder, "tamr bump ", TAMR_STACK="dev") == []


def test_a_name_that_a_shell_would_run_is_not_completed(folder: Path) -> None:
    stack_file(folder).write_text(
        "config:\n  tamr-pipelines:products:\n    $(touch x): {}\n    a b: {}\n    ok: {}\n"
    )
    assert press_tab(folder, "tamr bump ", TAMR_STACK="dev") == ["ok"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_printed_unchanged(folder: Path, shell: str) -> None:
    make = get_completion_class(shell)
    assert make is not None
    expected = make(main, {}, "tamr", "_TAMR_COMPLETE").source()
    assert tamr(folder, "completion", shell).stdout == f"{expected}\n"


def test_completion_of_products_imports_nothing_slow(folder: Path) -> None:
    code = (
        "import sys\n"
        "import click\n"
        "from tamr_provider.cli import main\n"
        "from click.shell_completion import ShellComplete\n"
        "found = ShellComplete(main, {}, 'tamr', 'X').get_completions(['bump'], '')\n"
        "print([item.value for item in found])\n"
        "print('|'.join(sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    names, modules = done.stdout.splitlines()
    assert names == "['customers', 'suppliers']"
    assert not set(modules.split("|")) & {"pulumi", "httpx", "pydantic", "rich"}


def every_parameter(command: click.Command, path: str) -> Iterator[tuple[str, click.Parameter]]:
    for parameter in command.params:
        yield path, parameter
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from every_parameter(below, f"{path} {name}")


def test_every_stack_and_product_is_completed() -> None:
    stacks = {"stack", "stacks", "source", "target"}
    missing = [
        f"{path} {parameter.name}"
        for path, parameter in every_parameter(main, "tamr")
        if parameter.name in stacks | {"product", "products"}
        and not parameter._custom_shell_complete
    ]
    assert missing == []
