"""What is printed for terminals and CI: colors, links, annotations, and nothing that is obeyed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamr_provider.cli.output.printing import annotate, say_lines, to_ansi, to_ascii
from tamr_provider.cli.output.styled import (
    Span,
    cell_width,
    cut,
    cut_line,
    cut_reason,
    line,
    line_width,
    pad,
    to_text,
    wrap,
)

if TYPE_CHECKING:
    import pytest

EVIL = "50%\n::stop-commands::x ##[error] \x1b[2J, a: b"


def test_an_annotation_is_one_command_whatever_its_texts_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    annotate(EVIL, EVIL)
    (printed,) = capsys.readouterr().err.splitlines()
    assert printed == (
        r"::error title=50%25\n%3A%3Astop-commands%3A%3Ax \x23#[error] \x1b[2J%2C a%3A b"
        r"::50%25\n::stop-commands::x \x23#[error] \x1b[2J, a: b"
    )


def test_without_a_terminal_lines_are_plain(capsys: pytest.CaptureFixture[str]) -> None:
    say_lines([line(Span("✗", "red"), " ", Span("job_1", "", "https://t"))])
    assert capsys.readouterr().out == "✗ job_1\n"


def test_foreign_text_starts_no_command_in_a_styled_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    say_lines([line("::error::x"), line(Span(" ", "bold"), "::x \x1b[2J")])
    assert capsys.readouterr().out == "\\x3a:error::x\n \\x3a:x \\x1b[2J\n"


def test_a_terminal_gets_colors_and_links() -> None:
    link = Span("job_1", "", "https://t/\x1b\\a b")
    assert to_ansi(line(Span("✗", "red"), " ", link)) == (
        "\x1b[31m✗\x1b[0m \x1b]8;;https://t/%1B%5Ca%20b\x1b\\job_1\x1b]8;;\x1b\\"
    )


def test_an_output_without_the_symbols_gets_ascii() -> None:
    assert to_ascii("✓ ✗ ▶ … ‖ + · → ▰▱") == "ok x > .. = + - -> #-"


def test_wide_characters_count_twice_and_marks_not_at_all() -> None:
    assert cell_width("表e\u0301") == 3
    assert pad("表", 4) == "表  "
    assert cut("表表表", 4) == "表…"


def test_a_reason_loses_its_details_before_its_words() -> None:
    assert cut_reason("BOOM: it broke (attempt 1 of 3)", 20) == "BOOM: it broke"
    assert cut_reason("BOOM: it broke", 9) == "BOOM: it…"


def test_a_line_is_cut_at_the_edge_and_keeps_its_styles() -> None:
    made = cut_line(line(Span("abc", "red"), Span("defgh", "bold"), "more"), 6)
    assert made == (Span("abc", "red"), Span("de…", "bold"))
    assert line_width(made) == 6


def test_a_text_wraps_at_words_below_its_indentation() -> None:
    assert to_text(wrap("one two three four five six", 4, 26)) == (
        "    one two three four\n    five six"
    )
    assert to_text(wrap("one two", 4, None)) == "    one two"
