"""Text that others wrote, made fit to be shown: it moves no cursor and starts no command.

A job's message, a commit's author or a product's name may hold anything. A control character
clears a screen, a direction override shows words in another order, and `##[` is a workflow
command of a CI runner wherever it stands in a line.
"""

from __future__ import annotations

import re

# Controls (C0, C1), separators of lines and paragraphs, direction overrides, lone surrogates.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_OLD_COMMAND = re.compile(r"#(?=#\[)")
_COMMAND = re.compile(r"^(\s*):(?=:)")


def visible(text: str) -> str:
    r"""Return the text on one line, each control character as an escape such as `\n` or `\x1b`."""
    return _OLD_COMMAND.sub(r"\\x23", _UNSEEN.sub(_escape, text))


def one_line(text: str) -> str:
    """Return prose on one line: line breaks and tabs become spaces, the rest is made visible."""
    return visible(" ".join(text.split()))


def whole_line(text: str) -> str:
    """Return a line of output that is no workflow command of a CI runner."""
    return _COMMAND.sub(r"\1\\x3a", visible(text))


def has_unseen(text: str) -> bool:
    """Return whether the text holds a control character or anything else that does not show."""
    return _UNSEEN.search(text) is not None


def _escape(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")
