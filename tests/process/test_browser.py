"""The board in a real browser: roles, text, keys, dark mode, small screens."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from support.processes import QUICK, emulator, project, tamr

sync_api = pytest.importorskip("playwright.sync_api")

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on PATH")
PRODUCTS = """\
    customers:
      version: "2026-11-20"
      since: "2026-11-20T09:00:00Z"
      trustDays: 36500
      sources: [src_crm]
    "<script>alert(1)</script>":
      version: "2026-11-20"
      since: "2026-11-20T09:00:00Z"
      trustDays: 36500
      sources: [src_erp]
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a board of one stack on which a load succeeded and another one failed."""
    folder = tmp_path_factory.mktemp("board")
    faults = folder / "faults.json"
    rule = {"type": "load", "sourceId": "src_erp", "outcome": "failed", "message": "<b>bad</b>"}
    faults.write_text(json.dumps({"jobs": [rule]}))
    with emulator(*QUICK, "--faults", str(faults)) as server:
        project(folder / "p", server.url, PRODUCTS)
        tamr(folder / "p", "up")
        tamr(folder / "p", "board", "--out", "board.html")
    return folder / "p/board.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any, file: Path) -> Iterator[Any]:
    """Open the board from disk; every error in the console is a failure."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page, complaints, requested = context.new_page(), list[str](), list[str]()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.on("request", lambda request: requested.append(request.url))
    page.goto(file.as_uri())
    yield page
    assert complaints == []
    assert requested == [file.as_uri()]
    context.close()


def test_the_page_has_the_roles_of_a_table_and_a_timeline(page: Any) -> None:
    assert page.get_by_role("columnheader").all_inner_texts()[0] == "product"
    row = page.get_by_role("row", name="customers")
    assert "deployed" in row.get_by_role("cell").inner_text()
    assert page.get_by_role("rowheader", name="<script>alert(1)</script>").is_visible()
    assert page.get_by_role("button", name="load src_erp, failed, for dev: ").count() == 1


def test_a_click_shows_the_details_of_a_job_and_its_id_to_copy(page: Any) -> None:
    page.locator(".bar.failed .mark").click()
    status = page.get_by_role("status").filter(has_text="load src_erp")
    assert "<b>bad</b>" in status.inner_text()
    status.get_by_role("button", name="Copy id").click()
    assert status.get_by_role("button", name="Copied").is_visible()


def test_the_keys_reach_every_job(page: Any) -> None:
    bars = page.locator(".bar")
    bars.first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    words = page.get_by_role("status").filter(has_text="load src_").inner_text()
    assert str(bars.nth(1).get_attribute("data-job")) in words
    page.keyboard.press("ArrowLeft")
    assert bars.first.evaluate("bar => bar === document.activeElement")


def test_the_filter_shows_matching_products(page: Any) -> None:
    page.get_by_label("Filter").fill("CUSTOM")
    assert page.get_by_role("rowheader").all_inner_texts() == ["customers"]
    assert page.get_by_text("1 shown").is_visible()


@pytest.mark.parametrize("width", [390, 820, 1440, 2200])
def test_the_page_is_never_wider_than_the_screen(page: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.get_by_role("rowheader", name="customers").is_visible()


@pytest.mark.parametrize("media", [{"color_scheme": "dark"}, {"color_scheme": "light"}])
def test_text_has_enough_contrast(page: Any, media: dict[str, str]) -> None:
    page.emulate_media(**media)
    for place in ("body", ".state.deployed", ".state.not-started", ".last", ".as-of"):
        assert page.evaluate(_CONTRAST, place) >= 4.5, place


def test_printing_hides_controls_and_is_dark_on_white(page: Any) -> None:
    page.emulate_media(media="print", color_scheme="dark")
    assert not page.get_by_label("Filter").is_visible()
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(255, 255, 255)"
    deployed = "getComputedStyle(document.querySelector('.deployed')).backgroundColor"
    assert page.evaluate(f"({_LIGHT})({deployed})") > 0.7
    table = "getComputedStyle(document.querySelector('.scrolls')).maxHeight"
    assert page.evaluate(table) == "none"


def test_everything_is_readable_without_script(browser: Any, file: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    page.get_by_text("jobs as a list").click()
    assert page.get_by_role("cell").filter(has_text="<b>bad</b>").last.is_visible()
    assert not page.get_by_label("Filter").is_visible()
    context.close()


# The contrast of WCAG 2 between an element's text and the first ground behind it.
_LIGHT = """color => {
    const parts = color.match(/[0-9.]+/g).slice(0, 3).map(part => part / 255)
      .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
}"""
_CONTRAST = (
    f"place => {{ const light = {_LIGHT};"
    """
  let element = document.querySelector(place);
  const ink = light(getComputedStyle(element).color);
  while (getComputedStyle(element).backgroundColor === 'rgba(0, 0, 0, 0)')
    element = element.parentElement;
  const ground = light(getComputedStyle(element).backgroundColor);
  return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
}"""
)
