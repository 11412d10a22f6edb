"""The only way to print: text from elsewhere cannot move the cursor or start a CI command."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from tamr_provider.cli.output.styled import Span, to_text
from tamr_provider.decision.states import State
from tamr_provider.errors import TamrError
from tamr_provider.foreign_text import visible, whole_line
from tamr_provider.timestamps import format_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from tamr_provider.cli.output.styled import Line

_COLORS = {state.color for state in State} - {"dim"}
_ASCII = {state.symbol: state.ascii_symbol for state in State}
_ASCII |= {"·": "-", "→": "->", "▰": "#", "▱": "-"}
_TRANSLATION = str.maketrans(_ASCII)
_URL = ":/?#[]@!$&'()*+,;=%-._~"  # Characters that need no quoting in a link.
# Characters that JSON allows, but that a terminal or a CI runner obeys.
_OBEYED = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]|#(?=#\\[)")


def say(text: str, err: bool = False) -> None:
    """Print lines. Raises TamrError if a write fails, unless because the reader is gone."""
    _echo("\n".join(whole_line(line) for line in text.split("\n")), err)


def _echo(text: str, err: bool = False) -> None:
    try:
        click.echo(_to_ascii(text, err), err=err)  # noqa: TID251 - the one place
    except OSError as error:
        _forget(err)
        if error.errno not in (errno.EPIPE, errno.EIO):  # EIO: a closed terminal.
            name = "stderr" if err else "stdout"
            raise TamrError(f"cannot write to {name}: {error.strerror}") from None


def say_lines(lines: Iterable[Line], err: bool = False) -> None:
    """Print styled lines: with colors and links on a terminal, else plain."""
    has_colors = is_colored(err)
    for line in lines:
        if not has_colors:
            say(to_text([line]), err)
            continue
        _echo(to_ansi(line), err)


def is_terminal(err: bool = False) -> bool:
    """Whether what is printed goes to a terminal that can move its cursor."""
    stream = sys.stderr if err else sys.stdout
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def is_colored(err: bool = False) -> bool:
    """Whether what is printed goes to a terminal whose user wants colors."""
    return is_terminal(err) and not os.environ.get("NO_COLOR")


def terminal_width(err: bool = False) -> int | None:
    """Return the columns of the terminal, None if the output goes elsewhere."""
    return shutil.get_terminal_size().columns if is_terminal(err) else None


def ask(question: str) -> bool:
    """Ask a question on the terminal; no answer is a no."""
    try:
        return click.confirm(whole_line(question), default=False)
    except click.Abort:
        say("")
        return False


def annotate(title: str, text: str, level: str = "error") -> None:
    """Print a GitHub annotation to stderr; nothing in its texts can start another command."""
    _echo(f"::{level} title={_escape_property(title)}::{_escape_data(text)}", err=True)


@contextmanager
def fold(title: str) -> Iterator[None]:
    """Fold what is printed until the block ends, in a log of GitHub Actions."""
    if not is_github():
        yield
        return
    _echo(f"::group::{_escape_data(title)}")
    try:
        yield
    finally:
        with suppress(TamrError):
            _echo("::endgroup::")


def is_github() -> bool:
    """Whether the output is a log of GitHub Actions."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def say_progress(text: str) -> None:
    """Print a text that may be lost: a failed write ends no run."""
    try:
        say(text)
    except TamrError as error:
        with suppress(TamrError):
            say(f"warning: {error}", err=True)  # Only once: the rest is dropped.


def format_json(document: object) -> str:
    """Return a document as JSON, indented, safe to print."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def format_json_time(moment: datetime | None) -> str | None:
    """Return a time for JSON, where an unknown one is null."""
    return format_timestamp(moment) if moment is not None else None


def align_columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a line for each row; all rows have the same number of cells."""
    table = [[visible(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]


def to_ansi(line: Line) -> str:
    """Return a line with the escape sequences of its colors and links."""
    first, *others = line or (Span(""),)
    spans = [first._replace(text=whole_line(first.text)), *others]
    return "".join(map(_color, spans)).rstrip()


def _color(span: Span) -> str:
    style: dict[str, Any] = {"fg": span.style} if span.style in _COLORS else {}
    style |= {span.style: True} if span.style in ("bold", "dim") else {}
    text = click.style(span.text, **style) if style else span.text
    return f"\x1b]8;;{quote(span.link, _URL)}\x1b\\{text}\x1b]8;;\x1b\\" if span.link else text


def _to_ascii(text: str, err: bool) -> str:
    """Return the text with other symbols if the output cannot show those of the states."""
    encoding = getattr(sys.stderr if err else sys.stdout, "encoding", None) or "utf-8"
    try:
        "".join(_ASCII).encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return to_ascii(text)
    return text


def to_ascii(text: str) -> str:
    """Return the text with ASCII symbols for the states, bars and separators."""
    return text.translate(_TRANSLATION)


def _escape_data(text: str) -> str:
    escaped = visible(text)
    return escaped.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape_data(text).replace(":", "%3A").replace(",", "%2C")


def _forget(err: bool) -> None:
    """Discard further output: Python would fail again when it flushes at exit."""
    nowhere = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - open until exit
    if err:
        sys.stderr = nowhere
    else:
        sys.stdout = nowhere
