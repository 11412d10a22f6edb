"""Markdown for a pull request: what matters first, the rest folded, short enough for a comment."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tamr_provider.foreign_text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LIMIT = 60_000  # characters; GitHub refuses a comment of 65,536, and a workflow adds some words


class Markup(str):
    """Words of our own that are Markdown already."""

    __slots__ = ()


@dataclass(frozen=True)
class Table:
    """Rows under their columns; with a title they are folded under it."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    title: str = ""


def page(head: Sequence[str], tables: Sequence[Table], limit: int = LIMIT) -> str:
    """Return the paragraphs, then the tables as far as they fit, with a count of what does not."""
    paragraphs = [each[:limit] for each in head]
    left = limit - sum(len(paragraph) + 2 for paragraph in paragraphs)
    for table in tables:
        if table.rows:
            paragraphs.append(_table(table, left))
            left -= len(paragraphs[-1]) + 2
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _table(table: Table, room: int) -> str:
    """Return a table in at most so many characters, empty where not even its frame fits."""
    head = [_row(table.columns), _row(["---"] * len(table.columns))]
    before, after = _fold(table.title)
    more = _left_out(len(table.rows))
    room -= sum(len(each) + 1 for each in (*before, *head, *more, *after))
    rows = list(_fitting(table.rows, room))
    if not rows:
        return "\n".join(more).strip() if room > 0 else ""
    missing = len(table.rows) - len(rows)
    return "\n".join([*before, *head, *rows, *(_left_out(missing) if missing else []), *after])


def _fold(title: str) -> tuple[list[str], list[str]]:
    if not title:
        return [], []
    return [f"<details><summary>{escape(title)}</summary>", ""], ["", "</details>"]


def _left_out(count: int) -> list[str]:
    return ["", f"… and {count} more row{'s' * (count != 1)}, left out for length."]


def _fitting(rows: Sequence[Sequence[str]], room: int) -> Iterator[str]:
    for each in rows:
        row = _row([escape(word) for word in each])
        room -= len(row) + 1
        if room < 0:
            return
        yield row


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def escape(words: str) -> str:
    """Return words as text of Markdown, fit for a table: one line, no markup, no link, no mention.

    A backslash does not keep GitHub and GitLab from linking `@name` and `#123`; a space of no width
    after the sign does. Markup stays as it is.
    """
    if isinstance(words, Markup):
        return words
    escaped = _MARKUP.sub(r"\\\g<0>", one_line(words))
    escaped = escaped.replace("&", "&amp;").replace("<", "&lt;")
    return _MENTION.sub(r"\g<0>&#8203;", escaped)


def code(words: str) -> str:
    """Return words as code of Markdown, on one line."""
    shown = one_line(words)
    fence = "`" * (1 + max(map(len, re.findall("`+", shown)), default=0))
    edge = " " * (shown.startswith("`") or shown.endswith("`"))
    return f"{fence}{edge}{shown}{edge}{fence}"


# `_` between letters or digits, as in src_crm, is no markup.
_MARKUP = re.compile(r"[\\`*\[\]~|]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_MENTION = re.compile("[@#]")
