"""The one way out for what a command prints: no foreign text moves a cursor or starts a command."""

from __future__ import annotations

import errno
import json
import os
import re
import sys
from contextlib import suppress

import click

from tamr_provider.errors import TamrError
from tamr_provider.foreign_text import whole_line

# Characters that JSON may hold as they are, but a terminal or a CI runner obeys.
_OBEYED = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]|#(?=#\\[)")


def say(text: str, err: bool = False) -> None:
    """Print text; its line breaks are ours, whatever else a terminal would obey is made visible.

    A reader that has gone away, as `head` does, ends no command: the rest is dropped. Raises
    TamrError if the output cannot be written for another reason.
    """
    lines = "\n".join(whole_line(line) for line in text.split("\n"))
    try:
        click.echo(lines, err=err)  # noqa: TID251 - the one place
    except OSError as error:
        _forget(err)
        if error.errno not in (errno.EPIPE, errno.EIO):  # EIO: a terminal that was closed
            name = "stderr" if err else "stdout"
            raise TamrError(f"{name} cannot be written: {error.strerror}") from None


def say_progress(text: str) -> None:
    """Print what may be lost without harm: output that cannot be written ends no run."""
    try:
        say(text)
    except TamrError as error:
        with suppress(TamrError):
            say(f"warning: {error}", err=True)  # once: the rest is dropped


def to_json(document: object) -> str:
    """Return a document as JSON, indented, safe to print."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _forget(err: bool) -> None:
    """Send the rest nowhere: Python would fail once more when it flushes at the end."""
    nowhere = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - open to the end
    if err:
        sys.stderr = nowhere
    else:
        sys.stdout = nowhere
