"""What `tamr init` wrote, what it kept, and the next commands."""

from __future__ import annotations

import shlex
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tamr_provider.cli.scaffold.project import WrittenProject

_WIDTH = 80


def format_project(project: WrittenProject, directory: Path) -> str:
    """Return the paths and the numbered next commands; `directory` is as the user typed it."""
    lines = [f"  {path}" for path in project.added]
    if lines:
        lines += ["", f"project {project.name} is in {directory}: {len(project.added)} added"]
    else:
        lines.append(f"project {project.name} in {directory} is complete; nothing was written")
    if project.kept:
        kept = f"{len(project.kept)} kept: {', '.join(project.kept)}"
        lines += textwrap.wrap(kept, _WIDTH, break_long_words=False, break_on_hyphens=False)
    if project.readme:
        lines += [
            "",
            "README.md exists and was not changed. Add this to it:",
            "",
            project.readme.rstrip(),
        ]
    steps = enumerate(_next_commands(project, directory), start=1)
    return "\n".join([*lines, "", "Next:", *(f"  {number}. {step}" for number, step in steps)])


def _next_commands(project: WrittenProject, directory: Path) -> Iterator[str]:
    if directory != Path():
        yield shlex.join(["cd", str(directory)])
    stack = project.stack or "STACK"
    path = f"stacks/Pulumi.{stack}.yaml"
    if path in project.added:
        yield f"$EDITOR {shlex.quote(path)}   # your tenant's address and IDs"
    yield shlex.join(["tamr", "doctor", "--stack", stack])
    yield shlex.join(["tamr", "plan", "--stack", stack])
