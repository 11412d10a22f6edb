"""The tutorial: every command of it is run, and prints what it is said to print."""

from __future__ import annotations

from pathlib import Path

from support.doc_commands import Shell, fits, form, sessions

TUTORIAL = Path(__file__).parents[2] / "docs/tutorial.md"


def test_every_command_of_the_tutorial_prints_what_the_tutorial_says(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    text = TUTORIAL.read_text(encoding="utf-8")
    try:
        played = [(command, said, shell.run(command)) for command, said in sessions(text)]
    finally:
        shell.close()
    assert len(played) > 25
    wrong = [
        f"$ {command}\n{printed}\n--- instead of\n{said}"
        for command, said, printed in played
        if not fits(form(printed), form(said))
    ]
    assert wrong == []
