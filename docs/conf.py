"""Settings of the documentation site: Sphinx with the theme Furo, pages in Markdown."""

from __future__ import annotations

import sys
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TYPE_CHECKING

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS))

import reference  # noqa: E402 - a module of this folder

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "tamr-provider"
version = release = installed_version(project)
html_title = f"{project} {version}"
extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_static"]
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_theme_options = {"footer_icons": []}
suppress_warnings = ["misc.highlighting_failure"]  # Output in a console may have one quote.
pygments_style = "friendly"
pygments_dark_style = "monokai"


def setup(app: Sphinx) -> None:
    """Write the pages that are made from the code before Sphinx reads the folder."""
    app.connect("config-inited", lambda *_: reference.write_pages(DOCS / "reference"))
