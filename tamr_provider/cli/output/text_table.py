"""Rows of words under each other in columns, as wide as their widest word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamr_provider.foreign_text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence


def align_columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a line for each row; all rows have the same number of words."""
    shown = [[visible(word) for word in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    return [
        "  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip()
        for row in shown
    ]
