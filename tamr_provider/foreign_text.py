"""Makes text from other sources safe to print.

A job's message, a commit's author or a product's name may contain anything. A control character
can clear the screen, a direction override reorders words, and CI runners execute `##[` anywhere in
a line as a workflow command.
"""

from __future__ import annotations

import re

# Controls (C0, C1), separators of lines and paragraphs, direction overrides, lone surrogates.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_OLD_COMMAND = re.compile(r"#(?=#\[)")
_COMMAND = re.compile(r"^(\s*):(?=:)")


def visible(text: str) -> str:
    r"""Return the text on one line, with control characters as escapes such as `\n` or `\x1b`."""
    return _OLD_COMMAND.sub(r"\\x23", _UNSEEN.sub(_escape, text))


def one_line(text: str) -> str:
    """Return prose on one line: line breaks become spaces, other control characters escapes."""
    return visible(" ".join(text.split()))


def whole_line(text: str) -> str:
    """Return a line of output that a CI runner does not execute as a workflow command."""
    return _COMMAND.sub(r"\1\\x3a", visible(text))


def has_unseen(text: str) -> bool:
    """Return whether the text contains a control character or another invisible one."""
    return _UNSEEN.search(text) is not None


def _escape(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")
