"""The only way to print: text from elsewhere cannot move the cursor or start a CI command."""

from __future__ import annotations

import errno
import json
import os
import re
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from tamr_provider.errors import TamrError
from tamr_provider.foreign_text import visible, whole_line
from tamr_provider.timestamps import format_timestamp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

# Characters that JSON allows, but that a terminal or a CI runner obeys.
_OBEYED = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]|#(?=#\\[)")


def say(text: str, err: bool = False) -> None:
    """Print lines. Raises TamrError if a write fails, unless because the reader is gone."""
    lines = "\n".join(whole_line(line) for line in text.split("\n"))
    try:
        click.echo(lines, err=err)  # noqa: TID251 - the one place
    except OSError as error:
        _forget(err)
        if error.errno not in (errno.EPIPE, errno.EIO):  # EIO: a closed terminal.
            name = "stderr" if err else "stdout"
            raise TamrError(f"cannot write to {name}: {error.strerror}") from None


def say_progress(text: str) -> None:
    """Print a text that may be lost: a failed write ends no run."""
    try:
        say(text)
    except TamrError as error:
        with suppress(TamrError):
            say(f"warning: {error}", err=True)  # Only once: the rest is dropped.


def format_json(document: object) -> str:
    """Return a document as JSON, indented, safe to print."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def format_json_time(moment: datetime | None) -> str | None:
    """Return a time for JSON, where an unknown one is null."""
    return format_timestamp(moment) if moment is not None else None


def align_columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a line for each row; all rows have the same number of cells."""
    table = [[visible(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]


def _forget(err: bool) -> None:
    """Discard further output: Python would fail again when it flushes at exit."""
    nowhere = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - open until exit
    if err:
        sys.stderr = nowhere
    else:
        sys.stdout = nowhere
