"""The board of four samples: its answers, its order, its size, and what it escapes."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from support.sample_board import NOW, SAMPLES, bad_day, format_sample, many, normal
from tamr_provider.cli.output.page import format_page
from tamr_provider.cli.output.page.attention import MAX_CARDS, build_cards
from tamr_provider.cli.output.page.headline import build_headline, build_summary, web_address
from tamr_provider.cli.output.page.matrix import build_matrix
from tamr_provider.decision.states import State

if TYPE_CHECKING:
    from tamr_provider.environments.status import EnvironmentStatus

MAX_BYTES = 200_000


def data_of(page: str) -> Any:
    found = re.search(r'id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def cards_of(environments: list[EnvironmentStatus]) -> list[tuple[str, str, str]]:
    return [(card.title, card.stack, card.words) for card in build_cards(environments)]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_page_stays_below_200_kb(name: str) -> None:
    assert len(format_sample(SAMPLES[name]()).encode()) < MAX_BYTES


def test_sixty_products_that_all_fail_stay_below_200_kb() -> None:
    sample = many()
    failed = [status for status in sample[0].products if status.progress.state is State.FAILED]
    names = [status.name for status in sample[0].products]
    renamed = tuple(
        replace(failed[0], progress=replace(failed[0].progress, name=name)) for name in names
    )
    page = format_sample([replace(sample[0], products=renamed), *sample[1:]])
    assert len(page.encode()) < MAX_BYTES
    assert page.count('class="card ') == MAX_CARDS
    assert "show only “needs attention”" in page


@pytest.mark.parametrize(
    ("name", "text", "state"),
    [
        ("empty", "No products yet", State.UNKNOWN),
        ("normal", "10 of 12 deployed and fresh", State.RUNNING),
        ("bad-day", "4 of 14 deployed and fresh", State.FAILED),
    ],
)
def test_the_headline_says_how_much_is_deployed(name: str, text: str, state: State) -> None:
    headline = build_headline(SAMPLES[name]())
    assert (headline.text, headline.state) == (text, state)


def test_the_headline_of_a_good_day_says_since_when() -> None:
    prod = normal()[1]
    headline = build_headline([prod])
    assert headline.text == "Everything is deployed and fresh"
    assert headline.newest is not None
    assert headline.newest.name == "sites"


def test_only_what_needs_attention_has_a_card_the_most_urgent_first() -> None:
    assert cards_of(normal()) == []
    assert cards_of(bad_day()) == [
        ("orders", "staging", "on hold, needs you"),
        ("products", "staging", "on hold, needs you"),
        ("contacts", "staging", "failed"),
        ("2 products", "recovery", "unknown"),
        ("orders", "prod", "deployed, stale"),
    ]


def test_a_card_has_the_cause_the_job_the_time_and_the_command() -> None:
    card = build_cards(bad_day())[0]
    assert card.cause.startswith("load src_orders_crm: 3 of 3 attempts failed: NO_ACCESS: ")
    assert card.job_id.startswith("job_")
    assert card.since == NOW - timedelta(minutes=97)
    assert card.command == "tamr retry orders --stack staging"


def test_a_freeze_and_promote_from_are_holds_without_a_card() -> None:
    prod = bad_day()[1]
    held = {
        status.name: status.progress.state
        for status in prod.products
        if status.name in {"customers", "suppliers"}
    }
    assert set(held.values()) == {State.HOLD}
    assert build_summary(prod).attention_count == 1  # The stale one.


def test_a_cell_has_the_version_its_reason_and_who_asked_for_it() -> None:
    page = html.unescape(format_sample(normal()))
    row = page[page.index("<th scope=row>customers</th>") :].partition("</tr>")[0]
    assert "<s>2026-11-20</s><b>2026-11-25</b>" in row
    assert '<span class=note>done by about <time datetime="2026-11-25T17:2' in row
    assert "update dp_customers: 12m of about 45m" in row
    assert "<small>Edsger Dijkstra <code>" in row
    assert "<span class=age>5d</span>" in row


def test_a_reason_has_its_end_as_a_time_of_the_reader() -> None:
    page = format_sample(bad_day())
    assert 'freeze until <time datetime="2026-11-26T08:00:00Z">' in page


def test_a_version_to_promote_comes_with_its_command() -> None:
    commands = [hint.command for hint in build_matrix(normal()).promotions]
    assert "tamr promote suppliers --from staging --to prod" in commands
    assert html.unescape(format_sample(normal())).count(commands[0]) == 2  # Listed, and in a cell.


def test_a_product_of_one_environment_leaves_the_others_empty() -> None:
    matrix = build_matrix(bad_day())
    sites = next(row for row in matrix.rows if row.name == "sites")
    assert [cell is None for cell in sites.cells] == [False, False, True]


def test_rows_with_a_card_are_the_most_urgent() -> None:
    urgency = {row.name: row.urgency for row in build_matrix(bad_day()).rows}
    assert urgency["orders"] == urgency["contacts"] == 0
    assert urgency["suppliers"] > 0


def test_symbols_and_colors_are_those_of_the_states() -> None:
    states = data_of(format_sample(normal()))["states"]
    assert states == [
        [state.symbol, state.color, state.step_words, state.product_words] for state in State
    ]


def test_early_jobs_of_a_lane_are_one_group() -> None:
    lanes = data_of(format_sample(normal()))["tenants"][0]["lanes"]
    groups = lanes[1][3]
    assert len(groups) == 6  # One run a day, of four jobs.
    assert {count for _, _, count in groups} == {4}


EVIL = "<script>alert(1)</script>"


def test_foreign_text_is_escaped_everywhere() -> None:
    environment = bad_day()[2]
    status = environment.products[0]
    evil = replace(
        environment,
        stack=EVIL,
        url="javascript:alert(1)",
        error=f"{EVIL}\u202e",
        products=(replace(status, progress=replace(status.progress, name=EVIL, stack=EVIL)),),
    )
    page = format_page(EVIL, [evil], [], NOW)
    assert EVIL not in page
    assert "\u202e" not in page
    assert 'href="javascript:' not in page
    assert page.count("<script>") == 1
    assert page.count("</script>") == 2


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "", "//evil.example"])
def test_only_web_addresses_become_links(url: str) -> None:
    assert web_address(url) == ""
    assert web_address("https://acme.tamr.cloud") == "https://acme.tamr.cloud"
