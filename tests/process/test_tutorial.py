"""The pages with consoles: every command of them is run, and prints what it is said to print."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.doc_commands import Shell, form, sessions

DOCS = Path(__file__).parents[2] / "docs"
TUTORIAL, PULL_REQUEST = DOCS / "tutorial.md", DOCS / "how-to/pull-request.md"


@pytest.mark.parametrize(
    ("page", "least"), [(TUTORIAL, 26), (PULL_REQUEST, 17)], ids=["tutorial", "pull-request"]
)
def test_every_command_of_a_page_prints_what_the_page_says(
    tmp_path: Path, page: Path, least: int
) -> None:
    shell = Shell(tmp_path)
    text = page.read_text(encoding="utf-8")
    try:
        played = [(command, said, shell.run(command)) for command, said in sessions(text)]
    finally:
        shell.close()
    assert len(played) >= least
    wrong = [
        f"$ {command}\n{printed}\n--- instead of\n{said}"
        for command, said, printed in played
        if form(printed) != form(said)
    ]
    assert wrong == []
