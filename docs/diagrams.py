"""Draw the diagrams of the documentation as SVG: boxes in rows, an arrow between two of a row.

`python docs/diagrams.py` writes them. They load nothing, and have a background of their own for
dark pages.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FOLDER = Path(__file__).parent / "pictures"
_WIDTH, _HEIGHT, _GAP, _MARGIN = 172, 64, 34, 16
_FLOW = (
    (
        "staging",
        (
            ("tamr bump", "one line in the stack file"),
            ("Pull request", "tamr plan comments it"),
            ("Merge", "tamr up or pulumi up"),
            ("Deployed", "to staging"),
        ),
    ),
    (
        "prod",
        (
            ("tamr promote", "only what is deployed"),
            ("Pull request", "evidence and plan"),
            ("Merge", "the same command"),
            ("Deployed", "to prod"),
        ),
    ),
)
_STYLE = (
    "text{font-family:system-ui,sans-serif;fill:#1f2933}"
    ".t{font-size:15px;font-weight:600}.d{font-size:12px;fill:#52606d}"
    ".b{fill:#f0f4f8;stroke:#9fb3c8}.g{fill:#e3f9e5;stroke:#57ae5b}"
    ".a{stroke:#627d98;stroke-width:1.6;fill:none;marker-end:url(#m)}"
)
_ARROW_HEAD = (
    '<defs><marker id="m" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
    'orient="auto"><path d="M0 0L8 4L0 8z" fill="#627d98"/></marker></defs>'
)

Rows = "Sequence[tuple[str, Sequence[tuple[str, str]]]]"


def draw(rows: Rows) -> str:
    """Return an SVG; the last box of a row leads to the first one of the next."""
    columns = max(len(boxes) for _, boxes in rows)
    width = 2 * _MARGIN + columns * _WIDTH + (columns - 1) * _GAP
    height = 2 * _MARGIN + len(rows) * _HEIGHT + (len(rows) - 1) * _GAP
    label = "; ".join(f"{name}: {', '.join(title for title, _ in boxes)}" for name, boxes in rows)
    parts = [part for number, (_, boxes) in enumerate(rows) for part in _row(number, boxes)]
    turns = [_turn(number, len(rows[number][1])) for number in range(len(rows) - 1)]
    attributes = f'viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}>',
            f"<style>{_STYLE}</style>",
            _ARROW_HEAD,
            f'<rect width="{width}" height="{height}" rx="10" fill="#fff"/>',
            *parts,
            *turns,
            "</svg>",
            "",
        ]
    )


def _row(number: int, boxes: Sequence[tuple[str, str]]) -> Iterator[str]:
    top = _top(number)
    for column, (title, detail) in enumerate(boxes):
        left = _left(column)
        kind = "g" if column == len(boxes) - 1 else "b"
        size = f'width="{_WIDTH}" height="{_HEIGHT}"'
        yield f'<rect class="{kind}" x="{left}" y="{top}" {size} rx="8"/>'
        yield _text("t", left, top + 28, title) + _text("d", left, top + 47, detail)
        if column:
            line = top + _HEIGHT / 2
            yield f'<path class="a" d="M{left - _GAP + 3} {line}H{left - 3}"/>'


def _text(kind: str, left: int, line: int, text: str) -> str:
    place = f'text-anchor="middle" x="{left + _WIDTH / 2}" y="{line}"'
    return f'<text class="{kind}" {place}>{escape(text)}</text>'


def _turn(number: int, count: int) -> str:
    start, end = _left(count - 1) + _WIDTH / 2, _left(0) + _WIDTH / 2
    bottom, top = _top(number) + _HEIGHT + 2, _top(number + 1) - 3
    between = (bottom + top) / 2
    return f'<path class="a" d="M{start} {bottom}V{between}H{end}V{top}"/>'


def _left(column: int) -> int:
    return _MARGIN + column * (_WIDTH + _GAP)


def _top(row: int) -> int:
    return _MARGIN + row * (_HEIGHT + _GAP)


def diagrams() -> dict[str, str]:
    """Return every diagram by its file name."""
    return {"flow.svg": draw(_FLOW)}


if __name__ == "__main__":
    for name, text in diagrams().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
