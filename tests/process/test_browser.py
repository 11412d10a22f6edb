"""The board in a real browser: roles, text, keys, dark mode, small screens, and axe-core."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from support.processes import QUICK, emulator, project, tamr
from support.sample_board import NOW, SAMPLES, format_sample

sync_api = pytest.importorskip("playwright.sync_api")

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Open = Callable[..., Any]

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on PATH")
# `make axe` installs it with npm.
AXE = Path(__file__).parents[2] / ".venv/axe/node_modules/axe-core/axe.min.js"
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
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Return a function that opens a page from disk, soon after it was generated.

    Every error in the console, and every request, is a failure.
    """
    complaints, requested, contexts = list[str](), set[str](), list[Any]()

    def open_file(text: str, later: timedelta = timedelta(minutes=5), **options: Any) -> Any:
        file = tmp_path / "board.html"
        file.write_text(text, encoding="utf-8")
        context = browser.new_context(
            **{"viewport": {"width": 1280, "height": 800}, "timezone_id": "Europe/Berlin"} | options
        )
        contexts.append(context)
        page = context.new_page()
        page.clock.set_fixed_time(NOW + later)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.on("request", lambda request: requested.add(request.url))
        page.goto(file.as_uri())
        return page

    yield open_file
    for context in contexts:
        context.close()
    assert complaints == []
    assert requested == {(tmp_path / "board.html").as_uri()}


@pytest.fixture
def bad_day(open_page: Open) -> Any:
    return open_page(format_sample(SAMPLES["bad-day"]()))


def test_a_real_board_works_and_runs_no_foreign_script(tmp_path: Path, open_page: Open) -> None:
    faults = tmp_path / "faults.json"
    rule = {"type": "load", "sourceId": "src_erp", "outcome": "failed", "message": "<b>bad</b>"}
    faults.write_text(json.dumps({"jobs": [rule]}))
    with emulator(*QUICK, "--faults", str(faults)) as server:
        folder = project(tmp_path / "p", server.url, PRODUCTS)
        tamr(folder, "up")
        tamr(folder, "board")
    page = open_page((folder / "board.html").read_text(encoding="utf-8"))
    assert page.get_by_role("columnheader").first.inner_text() == "Product"
    row = page.get_by_role("row", name="customers")
    assert row.get_by_role("img", name="deployed").is_visible()
    assert page.get_by_role("rowheader", name="<script>alert(1)</script>").is_visible()
    page.get_by_role("button", name="failed").first.click()
    page.locator("#matrix button", has_text="<b>bad</b>").click()
    assert "<b>bad</b>" in page.get_by_role("dialog").inner_text()


def test_times_are_those_of_the_reader(bad_day: Any) -> None:
    assert bad_day.locator(".as-of").inner_text() == "As of Nov 25, 17:40"
    assert bad_day.get_by_text("freeze until Thu 09:00").is_visible()
    assert "Europe/Berlin" in bad_day.locator("footer").inner_text()
    assert not bad_day.locator("#old").is_visible()


def test_an_old_page_says_so(open_page: Open) -> None:
    page = open_page(format_sample(SAMPLES["normal"]()), later=timedelta(hours=5))
    assert "This page is 5h00m old." in page.locator("#old").inner_text()


def test_a_command_is_copied(bad_day: Any) -> None:
    card = bad_day.locator(".card").first
    card.get_by_role("button", name="Copy tamr retry orders --stack staging").click()
    assert card.get_by_role("button", name="Copied").is_visible()
    bad_day.get_by_label("Filter").focus()
    bad_day.keyboard.press("Control+V")
    assert bad_day.get_by_label("Filter").input_value() == "tamr retry orders --stack staging"


def test_the_details_of_a_cell_open_and_close_by_keyboard(bad_day: Any) -> None:
    cell = bad_day.locator("#matrix tr", has_text="orders").locator("button").first
    cell.focus()
    bad_day.keyboard.press("Enter")
    dialog = bad_day.get_by_role("dialog", name="orders in staging")
    words = dialog.inner_text()
    assert "Requested by" in words
    assert "pull request #118" in words
    assert "counts since 10:40" in words
    assert "NO_ACCESS: credentials of connection 'erp-db' expired" in words
    assert "tamr retry orders --stack staging" in words
    bad_day.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert cell.evaluate("cell => cell === document.activeElement")


def test_the_filter_matches_text_and_states(bad_day: Any) -> None:
    def shown() -> list[str]:
        texts: list[str] = bad_day.get_by_role("rowheader").all_inner_texts()
        return texts

    bad_day.get_by_label("Filter").fill("SUPP")
    assert shown() == ["suppliers"]
    assert bad_day.get_by_text("1 of 6 shown").is_visible()
    assert bad_day.locator(".chart .name", has_text="suppliers").first.is_visible()
    assert bad_day.locator(".chart .name", has_text="contacts").count() == 0
    bad_day.get_by_label("Filter").fill("")
    chip = bad_day.get_by_role("button", name="failed 1")
    chip.focus()
    bad_day.keyboard.press("Space")
    assert chip.get_attribute("aria-pressed") == "true"
    assert shown() == ["contacts"]
    assert bad_day.url.endswith("#state=failed")


def test_the_arrow_keys_reach_every_job(bad_day: Any) -> None:
    bars = bad_day.locator(".chart").first.locator(".bar")
    assert bars.evaluate_all("bars => bars.filter((bar) => bar.tabIndex === 0).length") == 1
    bars.last.focus()
    for _ in range(bars.count()):
        bad_day.keyboard.press("ArrowLeft")
    assert bars.first.evaluate("bar => bar === document.activeElement")
    label = bars.first.get_attribute("aria-label")
    assert "load src_customers_erp, succeeded, customers in staging" in label
    assert bad_day.get_by_role("tooltip").is_visible()
    bad_day.keyboard.press("Enter")
    assert "job_" in bad_day.get_by_role("dialog").inner_text()


def test_the_zoom_changes_the_span_of_every_timeline(bad_day: Any) -> None:
    lanes = bad_day.locator(".chart").nth(1).locator(".lane")
    day = lanes.count()
    bad_day.get_by_role("radio", name="7 d").check(force=True)
    assert lanes.count() > day
    assert bad_day.locator(".usage").count() == 0
    bad_day.get_by_role("radio", name="6 h").check(force=True)
    assert bad_day.locator(".usage").count() == 2
    assert bad_day.url.endswith("zoom=6")


def test_a_timeline_shows_others_free_slots_and_expected_jobs(bad_day: Any) -> None:
    text = bad_day.locator("#timelines").inner_text()
    assert "0 of 5 slots in use, 5 free" in text
    assert "Other users" in text
    expected = bad_day.locator(".bar.expected").first
    assert "update dp_contacts, expected, contacts in staging" in expected.get_attribute(
        "aria-label"
    )
    assert expected.evaluate("bar => getComputedStyle(bar).borderStyle") == "dashed"
    bad_day.locator(".list summary").first.click()
    assert bad_day.get_by_role("cell", name="load src_orders_crm").first.is_visible()


def test_problems_come_first_on_a_small_screen(open_page: Open) -> None:
    page = open_page(format_sample(SAMPLES["bad-day"]()), viewport={"width": 400, "height": 800})
    names = page.get_by_role("rowheader").all_inner_texts()
    assert names == ["customers", "orders", "contacts", "products", "suppliers", "sites"]
    assert page.get_by_role("radio", name="6 h").is_checked()
    page.locator("#matrix tr", has_text="suppliers").locator("button").last.click()
    assert "load src_suppliers_crm" in page.get_by_role("dialog", name="suppliers").inner_text()


@pytest.mark.parametrize("width", [390, 820, 1440, 2200])
@pytest.mark.parametrize("name", ["bad-day", "many"])
def test_the_page_is_never_wider_than_the_screen(open_page: Open, name: str, width: int) -> None:
    page = open_page(format_sample(SAMPLES[name]()), viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.get_by_role("rowheader").first.is_visible()


def test_printing_hides_controls_and_is_dark_on_white(bad_day: Any) -> None:
    bad_day.emulate_media(media="print", color_scheme="dark")
    assert not bad_day.get_by_label("Filter").is_visible()
    ground = bad_day.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(255, 255, 255)"


def test_what_matters_is_readable_without_script(open_page: Open) -> None:
    page = open_page(format_sample(SAMPLES["bad-day"]()), java_script_enabled=False)
    assert page.locator(".card").first.get_by_text("tamr retry orders").is_visible()
    assert page.locator("#matrix").get_by_text("freeze until Nov 26, 08:00 UTC").is_visible()
    assert not page.locator("#filter").is_visible()


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: run make axe")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", SAMPLES)
def test_axe_finds_nothing(open_page: Open, name: str, scheme: str) -> None:
    text = format_sample(SAMPLES[name]())
    for width in (400, 1440):
        page = open_page(text, viewport={"width": width, "height": 900}, color_scheme=scheme)
        page.evaluate(AXE.read_text(encoding="utf-8"))
        assert page.evaluate(_AXE) == []
        if name == "bad-day":
            page.locator("#matrix button").first.click()
            assert page.evaluate(_AXE) == []


_AXE = """async () => (await axe.run()).violations
  .map((found) => `${found.id}: ${found.nodes.map((node) => node.target)}`)"""
