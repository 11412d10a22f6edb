"""Markdown for a pull request: the essentials first, the rest folded or omitted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tamr_provider.foreign_text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_LENGTH = 60_000  # GitHub rejects a comment of 65,536 characters; a workflow adds some.


class Markup(str):
    """Text of ours that is Markdown already."""

    __slots__ = ()


@dataclass(frozen=True)
class Table:
    """Rows below their columns; with a title, folded below it."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    title: str = ""


def format_page(head: Sequence[str], tables: Sequence[Table], limit: int = MAX_LENGTH) -> str:
    """Return the paragraphs, then as many rows as fit, with a count of the others."""
    paragraphs = [paragraph[:limit] for paragraph in head]
    room = limit - sum(len(paragraph) + 2 for paragraph in paragraphs)
    for table in tables:
        if table.rows:
            paragraphs.append(_format_table(table, room))
            room -= len(paragraphs[-1]) + 2
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _format_table(table: Table, room: int) -> str:
    """Return a table in at most `room` characters, empty if not even its frame fits."""
    head = [_format_row(table.columns), _format_row(["---"] * len(table.columns))]
    before, after = list[str](), list[str]()
    if table.title:
        before = [f"<details><summary>{escape(table.title)}</summary>", ""]
        after = ["", "</details>"]
    more = _count_omitted(len(table.rows))
    room -= sum(len(line) + 1 for line in (*before, *head, *more, *after))
    rows = list(_take_fitting(table.rows, room))
    if not rows:
        return "\n".join(more).strip() if room > 0 else ""
    missing = len(table.rows) - len(rows)
    return "\n".join([*before, *head, *rows, *(_count_omitted(missing) if missing else []), *after])


def _count_omitted(count: int) -> list[str]:
    return ["", f"… and {count} more row{'s' * (count != 1)}, omitted for length."]


def _take_fitting(rows: Sequence[Sequence[str]], room: int) -> Iterator[str]:
    for row in rows:
        line = _format_row([escape(cell) for cell in row])
        room -= len(line) + 1
        if room < 0:
            return
        yield line


def _format_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def escape(text: str) -> str:
    """Return text for a Markdown table: one line without markup, links and mentions.

    A backslash does not keep GitHub and GitLab from linking `@name` and `#123`; a zero-width space
    after the sign does. Markup stays unchanged.
    """
    if isinstance(text, Markup):
        return text
    escaped = _MARKUP.sub(r"\\\g<0>", one_line(text))
    escaped = escaped.replace("&", "&amp;").replace("<", "&lt;")
    return _MENTION.sub(r"\g<0>&#8203;", escaped)


def code(text: str) -> str:
    """Return text as Markdown code, on one line."""
    line = one_line(text)
    fence = "`" * (1 + max(map(len, re.findall("`+", line)), default=0))
    edge = " " * (line.startswith("`") or line.endswith("`"))
    return f"{fence}{edge}{line}{edge}{fence}"


# `_` between letters or digits, as in src_crm, is not markup.
_MARKUP = re.compile(r"[\\`*\[\]~|]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_MENTION = re.compile("[@#]")
