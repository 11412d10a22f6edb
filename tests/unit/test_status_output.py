"""What `tamr status` and `tamr history` print, at several widths."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from support.sample_jobs import at, failed, make_job, succeeded
from tamr_provider.cli.output.history_output import format_history_text
from tamr_provider.cli.output.status_details import format_details
from tamr_provider.cli.output.status_output import format_status_text
from tamr_provider.cli.output.status_watch import watch
from tamr_provider.cli.output.styled import line_width, to_text
from tamr_provider.decision.steps import pipeline_steps
from tamr_provider.environments.changes import Change, Commit
from tamr_provider.environments.history import build_run
from tamr_provider.environments.status import EnvironmentStatus, ProductStatus, RequestedBy
from tamr_provider.errors import InputError
from tamr_provider.models import RUNNING, Configuration, Job
from tamr_provider.planning.plan import plan_steps
from tamr_provider.planning.product_state import PinConflict, judge_product, unknown_product
from tamr_provider.stackfile.parser import parse_products
from tamr_provider.tenant.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tamr_provider.cli.output.styled import Line

NOW = at("12:00")
LOAD = Configuration.load("src_a")
DONE = succeeded("job_1", LOAD, at("09:10"), at("10:00"))
BROKEN = [
    failed(f"job_{n}", LOAD, at(f"10:0{n}"), at(f"10:1{n}"), "NO_ACCESS", "expired (ask Bo)")
    for n in range(3)
]
ACTIVE = make_job("job_9", LOAD, at("11:48"), RUNNING)
PIN = PinConflict("pinned to v1 after a rollback; staging has v2", "tamr promote a --unpin")
FREEZE = ["2026-11-19 00:00 - 2026-11-21 08:00 UTC"]
ASKED = RequestedBy("abc1234" + "0" * 33, "Bo Example", at("09:00"), "12")


def make_status(
    name: str,
    stack: str,
    *jobs: Job,
    gate: str = "",
    pin: PinConflict | None = None,
    **rules: Any,
) -> ProductStatus:
    text = {"version": "2026-11-20", "since": "2026-11-20T09:00:00Z", "sources": ["src_a"]}
    product = parse_products({name: {**text, **rules}}, NOW)[name]
    draft = plan_steps(Snapshot(jobs, NOW), {name: product}, 5, stack, lambda _: gate)
    plan = draft.forecast(lambda _: None)
    progress = judge_product(name, stack, plan.steps, NOW, f"tamr up --stack {stack}", pin)
    deployed = product.version if progress.is_satisfied else None
    return ProductStatus(product, progress, deployed, progress.satisfied_since, ASKED, jobs)


def environment(stack: str, *products: ProductStatus, error: str = "") -> EnvironmentStatus:
    return EnvironmentStatus(stack, f"https://{stack}.tamr.cloud", products, error)


def rows(lines: Iterable[Line]) -> list[str]:
    return to_text(lines).split("\n")


def cell(status: ProductStatus, width: int = 120) -> str:
    """Return the row of a product without its name."""
    return rows(format_status_text([environment(status.stack, status)], width))[1][4:]


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (make_status("a", "dev", DONE), "✓ 2026-11-20   2h"),
        (make_status("a", "dev", DONE, maxAgeHours=1), "✓ 2026-11-20   2h stale"),
        (make_status("a", "dev", DONE, pin=PIN), "✓ 2026-11-20   needs you"),
        (make_status("a", "dev"), "+ 2026-11-20   not started"),
        (make_status("a", "dev", ACTIVE), "▶ 2026-11-20   load src_a 12m"),
        (make_status("a", "dev", *BROKEN), "‖ 2026-11-20   needs you"),
        (
            make_status("a", "dev", BROKEN[0]),
            "✗ 2026-11-20   failed: NO_ACCESS: expired (ask Bo) (attempt 1 of 3)",
        ),
        (make_status("a", "dev", gate="staging has not"), "‖ 2026-11-20   staging has not"),
    ],
)
def test_a_cell_has_symbol_version_and_age_or_reason(status: ProductStatus, text: str) -> None:
    assert cell(status) == text


def test_a_freeze_says_until_when_in_local_time() -> None:
    text = cell(make_status("a", "dev", freeze=FREEZE))
    assert "freeze (2026-11-19 00:00 - 2026-11-21 08:00 UTC) until Nov 21, " in text
    assert cell(make_status("a", "dev", freeze=FREEZE), 45).startswith(
        "‖ 2026-11-20   freeze until Nov 21, "
    )


def four_stacks() -> list[EnvironmentStatus]:
    return [
        environment(
            stack,
            make_status("a", stack, *BROKEN),
            make_status("a_product_with_a_long_name", stack, DONE, pin=PIN),
            make_status("b", stack, gate="staging does not have it yet (promoteFrom: it is not)"),
        )
        for stack in ("dev", "qa", "staging", "prod")
    ]


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_no_line_is_wider_than_the_terminal(width: int, count: int) -> None:
    shown = four_stacks()[:count]
    lines = [*format_status_text(shown, width), *format_details(shown, ["a", "b"], width)]
    too_wide = [line for line in lines if line_width(line) > width]
    assert [to_text([line]) for line in too_wide if "tamr " not in to_text([line])] == []


def test_environments_that_do_not_fit_stand_below_their_product() -> None:
    lines = rows(format_status_text(four_stacks(), 60))
    assert lines[:3] == [
        "a",
        "  dev      ‖ 2026-11-20   needs you",
        "  qa       ‖ 2026-11-20   needs you",
    ]
    assert rows(format_status_text(four_stacks(), 80))[0].split() == [
        "dev",
        "qa",
        "staging",
        "prod",
    ]


def test_a_product_that_an_environment_lacks_leaves_its_cell_empty() -> None:
    shown = [
        environment("dev", make_status("a", "dev", DONE)),
        environment("prod", make_status("b", "prod", DONE)),
    ]
    assert rows(format_status_text(shown, 80)) == [
        "    dev                 prod",
        "a   ✓ 2026-11-20   2h",
        "b                       ✓ 2026-11-20   2h",
    ]


def test_what_needs_a_user_comes_with_its_reason_and_command() -> None:
    shown = [environment("dev", make_status("a", "dev", *BROKEN), make_status("b", "dev", DONE))]
    assert rows(format_status_text(shown, 80))[3:] == [
        "",
        "1 product needs you:",
        "  a · dev   load src_a: 3 of 3 attempts failed: NO_ACCESS: expired (ask Bo)",
        "            To retry, run: tamr retry a --stack dev",
    ]


def test_a_tenant_without_a_response_is_said_once() -> None:
    names = ("a", "b")
    products = []
    for name in names:
        product = make_status(name, "dev").product
        steps = pipeline_steps({name: product})
        state = unknown_product(name, "dev", steps, NOW, "it is away")
        products.append(ProductStatus(product, state))
    text = to_text(format_status_text([environment("dev", *products, error="it is away")], 80))
    assert text.count("it is away") == 1
    assert text.count("? 2026-11-20   unknown") == 2


def test_one_product_shows_who_asked_its_steps_and_what_is_next() -> None:
    shown = [
        environment("dev", make_status("a", "dev", DONE)),
        environment("prod", make_status("a", "prod", *BROKEN)),
    ]
    assert rows(format_details(shown, ["a"], 80)) == [
        "a",
        "",
        f"✓ dev   2026-11-20   deployed 2h ago, {at('10:00').astimezone():%H:%M}   dev.tamr.cloud",
        f"    requested by Bo Example, commit abc1234 (#12), {at('09:00').astimezone():%H:%M}",
        "    ✓ load src_a      50m     2h ago   job_1",
        "",
        "‖ prod   2026-11-20   on hold   prod.tamr.cloud",
        f"    requested by Bo Example, commit abc1234 (#12), {at('09:00').astimezone():%H:%M}",
        "    ‖ load src_a   on hold   job_2",
        "        3 of 3 attempts failed: NO_ACCESS: expired (ask Bo)",
        "    To retry, run: tamr retry a --stack prod",
    ]


def test_a_rule_for_all_steps_is_said_once() -> None:
    status = make_status("a", "dev", gate="staging has not", sources=["src_a", "src_b"])
    text = to_text(format_details([environment("dev", status)], ["a"], 80))
    assert text.count("staging has not") == 1
    assert text.count("on hold") == 3


def make_change(number: int, name: str = "a", ended: str = "") -> Change:
    commit = Commit(f"{number:040}", "Ann Example", at(f"0{number}:00"))
    product = make_status(name, "dev").product
    return Change("dev", name, product, commit, at(ended) if ended else None)


def history(*runs: Any, width: int = 80) -> list[str]:
    return rows(format_history_text(runs, NOW, width))


def test_a_run_that_never_started_says_so() -> None:
    head, row, reason = history(build_run(make_change(9, ended="11:00"), [], NOW))
    assert head.split() == [
        "when",
        *["product", "stack", "version", "requested", "by", "commit", "outcome", "took"],
    ]
    assert row.split()[-1] == "superseded"
    assert reason == "    never started"


def test_many_alike_runs_of_one_commit_are_one_line() -> None:
    names = [f"product_{number}" for number in range(4)]
    broken = [build_run(make_change(9, "b"), BROKEN[:1], NOW)]
    runs = [build_run(make_change(9, name), [DONE], NOW) for name in names]
    assert [row.split()[1:3] for row in history(*runs[:1], *broken, *runs[1:])[1:3]] == [
        ["4", "products"],
        ["b", "dev"],
    ]
    assert len(history(*runs[:3])) == 4


@pytest.mark.parametrize("width", [30, 50, 60, 80, 120])
def test_a_history_fits_the_terminal(width: int) -> None:
    runs = [build_run(make_change(9, "a_product_with_a_long_name"), BROKEN, NOW)]
    lines = history(*runs, width=width)
    assert max(map(len, lines)) <= width
    assert "‖ on hold" in lines[1] or width == 30


class Screen:
    """What a watch reads and shows; it ends after the last reading."""

    def __init__(self, *readings: ProductStatus | Exception) -> None:
        self.readings = list(readings)
        self.shown: list[Sequence[EnvironmentStatus]] = []
        self.over = threading.Event()

    def read(self, _: threading.Event) -> list[EnvironmentStatus]:
        reading = self.readings.pop(0)
        if isinstance(reading, Exception):
            raise reading
        return [environment("dev", reading)]

    def wait(self, over: threading.Event, _: float) -> bool:
        if not self.readings:
            over.set()
        return over.is_set()

    def watch(self, *, redraws: bool) -> int:
        """Return how often the status was shown."""
        watch(self.read, self.shown.append, self.over, self.wait, redraws=redraws)
        return len(self.shown)


def test_a_watch_prints_a_block_only_when_something_changes() -> None:
    started = make_status("a", "dev", ACTIVE)
    assert Screen(make_status("a", "dev"), started, started, started).watch(redraws=False) == 2
    assert Screen(started, started).watch(redraws=True) == 2


def test_a_watch_outlives_an_invalid_file_unless_it_begins_with_it() -> None:
    screen = Screen(make_status("a", "dev"), InputError("typo"), make_status("a", "dev", DONE))
    assert screen.watch(redraws=False) == 2
    with pytest.raises(InputError, match="typo"):
        Screen(InputError("typo")).watch(redraws=False)


def test_an_interrupted_reading_is_not_shown() -> None:
    screen = Screen(make_status("a", "dev"))
    read = screen.read

    def interrupt(over: threading.Event) -> list[EnvironmentStatus]:
        over.set()
        return read(over)

    watch(interrupt, screen.shown.append, screen.over, screen.wait, redraws=False)
    assert screen.shown == []
