"""The board as one HTML page without dependencies.

Jinja2 escapes every text. The browser gets the hashes of styles and script, and runs nothing else.
"""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment as Templates
from jinja2 import StrictUndefined, Template
from markupsafe import Markup

from tamr_provider.cli.output.page.attention import MAX_CARDS, OPEN_CARDS, build_cards
from tamr_provider.cli.output.page.data import format_data
from tamr_provider.cli.output.page.headline import (
    build_headline,
    build_summary,
    count_states,
)
from tamr_provider.cli.output.page.matrix import build_matrix
from tamr_provider.cli.output.status_words import format_age
from tamr_provider.foreign_text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tamr_provider.environments.status import EnvironmentStatus
    from tamr_provider.environments.timeline import Timeline


def format_page(
    project: str,
    environments: Sequence[EnvironmentStatus],
    timelines: Sequence[Timeline],
    now: datetime,
    refresh_seconds: int = 0,
) -> str:
    """Return the page; with `refresh_seconds` it reloads itself."""
    style = _read("page.css")
    script = _read("page.js") + _read("timeline.js")
    matrix = build_matrix(environments)
    urls = {environment.stack: environment.url for environment in environments}
    return _read_template().render(
        project=project,
        headline=build_headline(environments),
        summaries=[build_summary(environment) for environment in environments],
        cards=build_cards(environments),
        open_cards=OPEN_CARDS,
        max_cards=MAX_CARDS,
        matrix=matrix,
        states=count_states(cell.status for cell in matrix.cells),
        timelines=timelines,
        data=format_data(matrix, timelines, urls, now),
        now=now,
        refresh_seconds=refresh_seconds,
        age=format_age,
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
        style_hash=_hash(style),
        script_hash=_hash(script),
    )


def _read(name: str) -> str:
    """Return a file of this package without indentation and lines of comment."""
    lines = map(str.strip, (files(__name__) / name).read_text("utf-8").splitlines())
    return "".join(f"{line}\n" for line in lines if not line.startswith("//"))


def _read_template() -> Template:
    templates = Templates(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_make_visible,
    )
    return templates.from_string(_read("page.html"))


def _make_visible(value: Any) -> Any:
    """Return a text without the characters that reorder or hide other text."""
    is_foreign = isinstance(value, str) and not isinstance(value, Markup)
    return visible(value) if is_foreign else value


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
