"""An edit of a stack file: old and new values, and the next commands."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tamr_provider.environments.product_editor import Edit, ValueChange

_WIDTH = 80
_MAX_NAMES = 3  # Products in the subject of a commit.


def format_edit(edit: Edit) -> str:
    """Return the changes, one line for each key, and what they cause."""
    lines = [f"{edit.place}: {edit.product}", *_format_changes(edit.changes)]
    if edit.rerun_count == 1:
        lines.append("This is the same version, so its job runs again.")
    if edit.rerun_count > 1:
        lines.append(f"This is the same version, so all {edit.rerun_count} jobs run again.")
    if edit.rollback_from:
        pinned = "pinned until: tamr promote --unpin"
        lines.append(f"This is a rollback from {edit.rollback_from}, {pinned}")
    return "\n".join(lines)


def format_next(edits: Sequence[Edit], directory: Path, subject: str) -> str:
    """Return the commands that follow the edits of one stack; `directory` is the user's `-C`."""
    return "\n".join(["Next:", *(f"  {line}" for line in _next(edits[0], directory, subject))])


def name_products(edits: Sequence[Edit]) -> str:
    """Return the products and versions of the edits, for the subject of a commit."""
    if len(edits) > _MAX_NAMES:
        return f"{len(edits)} products"
    return ", ".join(f"{edit.product} {edit.version}" for edit in edits)


def _format_changes(changes: Sequence[ValueChange]) -> Iterator[str]:
    arrow = _arrow()
    rows = [(change.key, change.before or "(not set)", change.after) for change in changes]
    for key, before, after in rows:
        indent = " " * (max(len(key) for key, _, _ in rows) - len(key) + 2)
        line = f"  {key}{indent}{before} {arrow} {after}"
        if before == after:
            line = f"  {key}{indent}{after} (unchanged)"
        if len(line) <= _WIDTH:
            yield line
        else:
            yield f"  {key}{indent}{before}"
            yield f"  {' ' * len(key + indent)}{arrow} {after}"


def _next(edit: Edit, directory: Path, subject: str) -> Iterator[str]:
    inside = ["-C", str(directory)] if directory != Path() else []
    if edit.has_repository:
        path = os.path.relpath(edit.path, directory)
        yield shlex.join(["git", *inside, "commit", "-m", subject, path])
    yield shlex.join(["tamr", "plan", *inside, "--stack", edit.stack])
    yield shlex.join(["tamr", "up", *inside, "--stack", edit.stack])


def _arrow() -> str:
    try:
        "→".encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return "->"
    return "→"
