"""The stack file as it stood at a commit."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from tamr_provider.errors import InputError
from tamr_provider.stackfile.read import read_stack_file

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from tamr_provider.stackfile.product import Product


def read_base(path: Path, project: str, ref: str, now: datetime) -> dict[str, Product]:
    """Return the products at that commit, none where the file was not there yet.

    Raises InputError where git does not know the commit.
    """
    _git(path.parent, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    if not _git(path.parent, "ls-tree", "--name-only", ref, "--", path.name):
        return {}
    text = _git(path.parent, "show", f"{ref}:./{path.name}")
    return read_stack_file(text, project, f"{path.name} at {ref}", now).products


def _git(folder: Path, *words: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and git's own words
            ["git", "-C", str(folder), *words],  # noqa: S607 - whichever git the user has
            capture_output=True,
            check=True,
            encoding="utf-8",
        )
    except FileNotFoundError:
        raise InputError("--base needs git on PATH") from None
    except subprocess.CalledProcessError as error:
        reason = (error.stderr or "").strip().splitlines() or ["no such commit here"]
        raise InputError(f"--base: git {words[0]} {words[-1]}: {reason[-1]}") from None
    return done.stdout
