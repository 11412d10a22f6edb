"""Markdown for pull requests."""

from __future__ import annotations

import pytest

from tamr_provider.cli.output.markdown import MAX_LENGTH, Table, escape, format_page

COLUMNS = ("product", "why")


def test_a_cell_is_plain_text() -> None:
    assert escape("a|b\n<script>&") == "a\\|b &lt;script>&amp;"


def test_a_table_with_a_title_is_folded() -> None:
    made = format_page(["head"], [Table(COLUMNS, [("a", "b")], "1 step")])
    assert made.splitlines()[2:4] == ["<details><summary>1 step</summary>", ""]
    assert made.endswith("| a | b |\n\n</details>")


def test_a_table_without_rows_is_omitted() -> None:
    assert format_page(["head"], [Table(COLUMNS, [], "none")]) == "head"


def test_omitted_rows_are_counted_and_later_tables_go_first() -> None:
    rows = [(f"product-{n}", "why " * 20) for n in range(2_000)]
    made = format_page(["head"], [Table(COLUMNS, rows), Table(COLUMNS, rows, "the rest")])
    shown = made.count("| product-")
    assert len(made) <= MAX_LENGTH
    assert f"… and {2_000 - shown} more rows, omitted for length." in made
    assert "product-0 " in made


@pytest.mark.parametrize("limit", [200, 500, 1_000, 5_000])
def test_a_page_is_never_longer_than_its_limit(limit: int) -> None:
    rows = [(f"product-{n}", "<&|" * n) for n in range(100)]
    tables = [Table(COLUMNS, rows), Table(COLUMNS, rows, "t" * 50), Table(COLUMNS, rows, "again")]
    assert len(format_page(["head"], tables, limit)) <= limit
    assert len(format_page(["x" * 10_000], tables, limit)) <= limit
