"""The stack file as it stood at a commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamr_provider.errors import InputError
from tamr_provider.stackfile.git import git, text_at
from tamr_provider.stackfile.read import read_stack_file

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from tamr_provider.stackfile.product import Product


def read_base(path: Path, project: str, ref: str, now: datetime) -> dict[str, Product]:
    """Return the products at that commit, none where the file was not there yet.

    Raises InputError where git does not know the commit.
    """
    commit = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    try:
        git(path.parent, *commit)
    except InputError as error:
        raise InputError(f"--base: {error}") from None
    text = text_at(path, ref)
    if text is None:
        return {}
    return read_stack_file(text, project, f"{path.name} at {ref}", now).products
