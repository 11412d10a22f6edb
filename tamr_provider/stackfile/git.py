"""What git knows of a stack file: its text at a commit, and every commit that changed it."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tamr_provider.errors import InputError
from tamr_provider.times import parse_moment

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

_FIELDS = "%H%x00%an%x00%cI"


@dataclass(frozen=True)
class Commit:
    """A commit that changed the file; `at` is when it was committed."""

    id: str
    author: str
    at: datetime


def text_at(path: Path, ref: str) -> str | None:
    """Return the file's text at a commit, None where it was not there."""
    if not git(path.parent, "ls-tree", "--name-only", ref, "--", path.name):
        return None
    return git(path.parent, "show", f"{ref}:./{path.name}")


def commits_of(path: Path) -> list[Commit]:
    """Return the commits that changed the file, the oldest first; none where there is no commit.

    Raises InputError where the file is in no repository.
    """
    git(path.parent, "rev-parse", "--git-dir")
    if not _has_commits(path.parent):
        return []
    found = []
    lines = git(
        path.parent, "log", "--topo-order", "--reverse", f"--format={_FIELDS}", "--", path.name
    )
    for line in lines.splitlines():
        id_, author, at = line.split("\0")
        moment = parse_moment(at)
        if moment is not None:
            found.append(Commit(id_, author, moment))
    return found


def is_shallow(folder: Path) -> bool:
    """Whether the clone lacks older commits, as those of a CI often do."""
    return git(folder, "rev-parse", "--is-shallow-repository").strip() == "true"


def _has_commits(folder: Path) -> bool:
    try:
        git(folder, "rev-parse", "--verify", "--quiet", "HEAD")
    except InputError:
        return False
    return True


def git(folder: Path, *words: str) -> str:
    """Return what git prints. Raises InputError where there is no git or it refuses."""
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and git's own words
            ["git", "-C", str(folder), *words],  # noqa: S607 - whichever git the user has
            capture_output=True,
            check=True,
            encoding="utf-8",
        )
    except FileNotFoundError:
        raise InputError("this needs git on PATH") from None
    except subprocess.CalledProcessError as error:
        reason = (error.stderr or "").strip().splitlines() or ["no such commit here"]
        raise InputError(f"git {words[0]} {words[-1]}: {reason[-1]}") from None
    return done.stdout
