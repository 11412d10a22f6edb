"""Tokens of a filter: names, operators, parentheses, quoted strings."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tamr_provider.emulator.api_error import ApiError

_TOKEN = re.compile(
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
    """A token; `kind` is name, sign, string or end, `text` is without quotes and escapes."""

    kind: str
    text: str
    position: int

    def __str__(self) -> str:
        if self.kind == "end":
            return "the end"
        text = f'"{self.text}"' if self.kind == "string" else self.text
        return f"{text} at position {self.position + 1}"


def filter_error(what: str) -> ApiError:
    """Return the error for an invalid filter."""
    return ApiError(400, f"bad filter: {what}")


def tokenize(text: str) -> list[Token]:
    """Split a filter; the last token is always the end. Raises ApiError."""
    tokens: list[Token] = []
    position = 0
    length = len(text.rstrip())
    while position < length:
        match = _TOKEN.match(text, position)
        if match is None:
            raise filter_error(_describe_mismatch(text[position:].lstrip()))
        kind = match.lastgroup or ""
        tokens.append(Token(kind, _unescape(kind, match[kind]), match.start(kind)))
        position = match.end()
    return [*tokens, Token("end", "", length)]


def _unescape(kind: str, text: str) -> str:
    if kind != "string":
        return text
    for escape in _ESCAPE.finditer(text):
        if escape[1] not in '"\\':  # U8
            raise filter_error(f'{escape[0]} is not an escape (defined: \\" and \\\\)')
    return _ESCAPE.sub(r"\1", text[1:-1])


def _describe_mismatch(rest: str) -> str:
    if rest.startswith('"'):
        return f"unterminated string {rest[:40]}"
    return f"unexpected {rest[0]}"
