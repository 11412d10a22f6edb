"""Every command of the README and of the documentation works as printed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.doc_commands import Shell, scripts
from support.processes import QUICK, emulator

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md")])
# Why a block is not run.
REASONS = {"not run: needs the Pulumi CLI", "not run: needs a Kubernetes cluster"}
OTHER_TESTS = "run by "


def runnable(page: Path) -> list[str]:
    """Return the commands of a page that run here."""
    text = page.read_text(encoding="utf-8")
    return [command for script in scripts(text) if not script.mark for command in script.commands]


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Path]:
    """A clone whose stacks are on an emulated tenant with a month of history."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    folder = tmp_path / "tamr-provider"
    for path in listed.stdout.decode().split("\0"):
        if (ROOT / path).is_file():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, folder / path)
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@example.com"]
    with emulator("--seed", "month", *QUICK) as server:
        for file in folder.glob("stacks/Pulumi.*.yaml"):
            text = file.read_text(encoding="utf-8")
            file.write_text(text.replace("http://127.0.0.1:8080", server.url), encoding="utf-8")
        for words in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "A clone"]):
            subprocess.run([*git, *words], cwd=folder, check=True)
        yield folder


@pytest.mark.parametrize("page", [page for page in PAGES if runnable(page)], ids=name)
def test_every_command_of_the_page_works_as_printed(page: Path, clone: Path) -> None:
    shell = Shell(clone, TAMR_API_KEY="any")
    try:
        for command in runnable(page):
            shell.run_checked(command)
    finally:
        shell.close()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_block_that_is_not_run_here_says_why(page: Path) -> None:
    for script in scripts(page.read_text(encoding="utf-8")):
        if script.mark.startswith(OTHER_TESTS):
            other = script.mark.removeprefix(OTHER_TESTS).partition(":")[0]
            assert (ROOT / "tests/process" / other).is_file()
        elif script.mark:
            assert script.mark in REASONS


def test_the_pages_with_commands_are_found() -> None:
    assert sum(bool(runnable(page)) for page in PAGES) >= 7
    assert sum(len(scripts(page.read_text(encoding="utf-8"))) for page in PAGES) > 18
