"""The board as one HTML page without dependencies.

Jinja2 escapes every text. The browser gets the hashes of styles and script, and runs nothing else.
"""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment as Templates
from jinja2 import StrictUndefined
from markupsafe import Markup

from tamr_provider.cli.output.page.matrix import build_matrix
from tamr_provider.cli.output.page.timeline_svg import build_svg

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
    folder = files(__name__)
    style, script = ((folder / name).read_text("utf-8") for name in ("page.css", "page.js"))
    templates = Templates(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    template = templates.from_string((folder / "page.html").read_text("utf-8"))
    return template.render(
        project=project,
        board=build_matrix(environments),
        timelines=[build_svg(timeline) for timeline in timelines],
        now=now,
        refresh_seconds=refresh_seconds,
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
        style_hash=_hash(style),
        script_hash=_hash(script),
    )


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
