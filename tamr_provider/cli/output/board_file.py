"""The board as a file: write it, say where it is, and open it."""

from __future__ import annotations

import webbrowser
from typing import TYPE_CHECKING

from tamr_provider.atomic_write import is_stream, write_file
from tamr_provider.cli.output.printing import say
from tamr_provider.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


def write_page(page: str, path: Path, opens: bool) -> None:
    """Write a page and say how to open it. Raises InputError if the file cannot be written."""
    try:
        write_file(path, page)
    except OSError as error:
        raise InputError(f"--out: cannot write {path}: {error.strerror}") from None
    if is_stream(path):
        return
    address = path.resolve().as_uri()
    say(f"Wrote {path}: {address}")
    if opens:
        open_page(address)
    else:
        say("To open it in your browser, add --open.")


def open_page(address: str) -> None:
    """Open an address in the user's browser, or say that there is none."""
    if not webbrowser.open(address):
        say(f"warning: found no browser to open. Open this address: {address}", err=True)
