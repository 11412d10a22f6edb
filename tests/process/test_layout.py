"""What reviewers forget: names that users rely on, start-up, and documentation that is current."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from tamr_provider.cli import _COMMANDS, main

ROOT = Path(__file__).parents[2]
CONTEXT = click.Context(main)


@pytest.mark.parametrize("name", sorted(_COMMANDS))
def test_a_command_describes_itself_as_the_overview_does(name: str) -> None:
    command = main.get_command(CONTEXT, name)
    assert command is not None
    assert command.help
    assert " ".join(command.help.split("\n\n")[0].split()) == _COMMANDS[name]


def test_every_command_is_in_one_group_of_the_overview() -> None:
    assert sorted(main.list_commands(CONTEXT)) == sorted(_COMMANDS)


@pytest.mark.parametrize("name", sorted(_COMMANDS))
def test_the_readme_names_the_command(name: str) -> None:
    assert f"tamr {name}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_an_unknown_command_is_wrong_use() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tamr_provider", "conquer"], capture_output=True, check=False
    )
    assert done.returncode == 2


@pytest.mark.parametrize("command", ["", *sorted(_COMMANDS)])
def test_help_imports_neither_pulumi_nor_the_emulator_nor_anything_slow(command: str) -> None:
    code = (
        "import sys\n"
        "from tamr_provider.cli import main\n"
        f"main({[*filter(None, [command]), '--help']}, standalone_mode=False)\n"
        "print('|'.join(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    loaded = set(done.stdout.splitlines()[-1].split("|"))
    slow = {"pulumi", "grpc", "httpx", "pydantic", "rich", "ruamel.yaml", "tamr_provider.emulator"}
    assert not loaded & slow


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("tamr_provider.resources.provider", "JobProvider"),
        ("tamr_provider.resources", "Load"),
        ("tamr_provider.resources", "Update"),
        ("tamr_provider.resources", "Publish"),
        ("tamr_provider.resources", "Pipeline"),
    ],
)
def test_a_public_name_stays_where_users_import_it(module: str, name: str) -> None:
    assert hasattr(importlib.import_module(module), name)


def test_every_make_target_of_the_readme_exists() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    used = set(re.findall(r"`make (\w+)`", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert {"demo", "docs"} <= used <= targets


def test_ci_runs_what_a_contributor_runs() -> None:
    commands = (ROOT / ".ci/run").read_text().splitlines()
    assert commands[-1] == "exec make test"
