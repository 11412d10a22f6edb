"""Lines of styled text: laid out for a width here, colored or made plain by `printing`."""

from __future__ import annotations

import textwrap
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from tamr_provider.foreign_text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

_MIN_WRAPPED = 20  # Columns; less room than this is not worth an indentation.


class Span(NamedTuple):
    """A piece of a line; `style` is a color, `bold`, `dim` or "", `link` a URL or ""."""

    text: str
    style: str = ""
    link: str = ""


Line = tuple[Span, ...]


def line(*spans: Span | str) -> Line:
    """Return a line; a bare string has no style."""
    made = (Span(span) if isinstance(span, str) else span for span in spans)
    return tuple(span._replace(text=visible(span.text)) for span in made if span.text)


def to_text(lines: Iterable[Line]) -> str:
    """Return lines without their styles."""
    return "\n".join("".join(span.text for span in line).rstrip() for line in lines)


def cell_width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(unicodedata.combining(char) > 0 for char in text)


def line_width(line: Line) -> int:
    """Return how many columns a line takes."""
    return sum(cell_width(span.text) for span in line)


def pad(text: str, width: int) -> str:
    """Return a text that fills a column: cut, or with spaces after it."""
    text = cut(text, width)
    return text + " " * (width - cell_width(text))


def cut(text: str, width: int) -> str:
    """Return a text that fits a column; what is cut off shows as an ellipsis."""
    text = visible(text)
    if cell_width(text) <= width:
        return text
    while text and cell_width(text) > width - 1:
        text = text[:-1]
    return f"{text.rstrip()}…" if width > 0 else ""


def cut_reason(text: str, width: int) -> str:
    """Return a reason that fits a column; the details in parentheses at its end go first."""
    text = visible(text)
    if cell_width(text) > width and text.endswith(")"):
        text = text.rpartition(" (")[0] or text
    return cut(text, width)


def cut_line(line: Line, width: int) -> Line:
    """Return a line that fits a width."""
    spans = list[Span]()
    for span in line:
        room = width - line_width(tuple(spans))
        spans.append(span._replace(text=cut(span.text, room)))
        if cell_width(span.text) > room:
            break
    return tuple(span for span in spans if span.text)


def wrap(text: str, indent: int, width: int | None, style: str = "") -> list[Line]:
    """Return a text as indented lines, wrapped at words unless `width` is None."""
    text = visible(text)
    room = width - indent if width is not None else None
    if room is None or room < _MIN_WRAPPED:
        pieces = [text]
    else:
        pieces = textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False)
    return [(Span(" " * indent), Span(piece, style)) for piece in pieces or [""]]
