"""A filter's text as words: names, operators, parentheses, quoted strings."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tamr_provider.emulator.api_error import ApiError

_WORD = re.compile(
    r"""\s*(?:
        (?P<name>[A-Za-z_][A-Za-z0-9_.]*)
      | (?P<sign>!=|<=|>=|[=<>:()])
      | (?P<string>"(?:[^"\\]|\\.)*")
    )""",
    re.VERBOSE | re.ASCII | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True)
class Token:
    """One word; `kind` is name, sign, string or end, `text` is without quotes and escapes."""

    kind: str
    text: str
    place: int

    def __str__(self) -> str:
        if self.kind == "end":
            return "the end"
        text = f'"{self.text}"' if self.kind == "string" else self.text
        return f"{text} at position {self.place + 1}"


def filter_error(what: str) -> ApiError:
    """Return the answer to a filter that cannot be understood."""
    return ApiError(400, f"bad filter: {what}")


def tokenize(text: str) -> list[Token]:
    """Split a filter; the last word is always the end. Raises RefusalError."""
    words, place, length = [], 0, len(text.rstrip())
    while place < length:
        match = _WORD.match(text, place)
        if match is None:
            raise filter_error(_misfit(text[place:].lstrip()))
        kind = match.lastgroup or ""
        words.append(Token(kind, _plain(kind, match[kind]), match.start(kind)))
        place = match.end()
    return [*words, Token("end", "", length)]


def _plain(kind: str, text: str) -> str:
    if kind != "string":
        return text
    for escape in _ESCAPE.finditer(text):
        if escape[1] not in '"\\':  # U8
            raise filter_error(f'{escape[0]} is not an escape; \\" and \\\\ are')
    return _ESCAPE.sub(r"\1", text[1:-1])


def _misfit(rest: str) -> str:
    if rest.startswith('"'):
        return f"the string {rest[:40]} does not end"
    return f"unexpected {rest[0]}"
