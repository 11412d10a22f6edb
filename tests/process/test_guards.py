"""Protection rules of an environment: freeze windows, `promoteFrom`, and exceptions."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from support.fake_clock import START, FakeClock
from support.fake_tenant import LOAD, POLICY, Tenant, outcome, step
from support.processes import ONE_LOAD, QUICK, emulator, project, tamr
from support.provider_hosts import host
from support.sample_jobs import at, make_job, succeeded
from tamr_provider.decision.policy import LaunchPolicy
from tamr_provider.decision.table import Action, decide
from tamr_provider.errors import HeldError, InputError
from tamr_provider.stackfile.freeze_window import parse_window
from tamr_provider.stackfile.parser import parse_products

if TYPE_CHECKING:
    from pathlib import Path

WINDOW = "Fri 10:00 - Mon 08:00 UTC: no one is on call"
NOON = at("12:00")  # A Friday.
FROZEN = LaunchPolicy(freeze=(parse_window(WINDOW),))
SOURCE = {"version": "2026-11-20", "since": "2026-11-20T09:00:00Z", "sources": ["src_crm"]}


def product(**more: Any) -> Any:
    return parse_products({"customers": {**SOURCE, **more}}, NOON)["customers"]


def test_nothing_is_launched_in_a_freeze_and_its_end_is_reported() -> None:
    decision = decide([], step(LOAD), NOON, FROZEN)
    assert decision.action is Action.HOLD
    assert "until 2026-11-23T08:00:00Z" in decision.text
    assert "no one is on call" in decision.reason
    assert "add an `override` with this version and a reason to customers" in decision.text
    assert decision.earliest == datetime(2026, 11, 23, 8, tzinfo=timezone.utc)


def test_running_and_finished_jobs_count_in_a_freeze() -> None:
    running = make_job("job_1", LOAD, at("11:00"))
    done = succeeded("job_1", LOAD, at("11:00"), at("11:30"))
    assert decide([running], step(LOAD), NOON, FROZEN).action is Action.ADOPT
    assert decide([done], step(LOAD), NOON, FROZEN).action is Action.SATISFIED


def test_outside_of_the_window_a_step_is_launched() -> None:
    assert decide([], step(LOAD), at("08:00", day=23), FROZEN).action is Action.LAUNCH


def test_a_run_in_a_freeze_ends_on_hold_and_sends_no_post() -> None:
    tenant = Tenant(FakeClock())
    runner = tenant.runner()
    future = runner.submit(step(LOAD), LaunchPolicy(freeze=FROZEN.freeze, timeout=POLICY.timeout))
    runner.run()
    ended = outcome(future)
    assert isinstance(ended, HeldError)
    assert ended.exit_code == 75
    assert tenant.posts() == 0
    assert tenant.clock.true_now() - START < timedelta(minutes=1)


def test_an_override_passes_only_its_own_version() -> None:
    override = {"version": "2026-11-20", "reason": "the board meets on Monday"}
    assert LaunchPolicy.from_rules(product(freeze=[WINDOW], override=override), 5).freeze == ()
    other = {**override, "version": "2026-11-13"}
    assert LaunchPolicy.from_rules(product(freeze=[WINDOW], override=other), 5).freeze != ()


@pytest.mark.parametrize(
    ("more", "place", "words"),
    [
        ({"freeze": ["weekends"]}, "freeze[0]", "Fri 16:00 - Mon 08:00"),
        ({"freeze": []}, "freeze", "at least one entry"),
        ({"override": {"version": "2026-11-20"}}, "override.reason", "got nothing"),
        (
            {"override": {"version": "v", "reason": " "}},
            "override.reason",
            "expected a reason in words",
        ),
        ({"override": {"versoin": "v"}}, "override.versoin", "did you mean version?"),
        ({"promoteFrom": None}, "promoteFrom", "expected a value, got nothing"),
        ({"verify": 'python "checks'}, "verify", "a command"),
    ],
)
def test_an_invalid_protection_rule_is_reported_with_its_path(
    more: Any, place: str, words: str
) -> None:
    with pytest.raises(InputError) as raised:
        product(**more)
    (line,) = [
        problem for problem in raised.value.problems if f"products.customers.{place}:" in problem
    ]
    assert words in line


# `promoteFrom` with real processes: prod queries staging's tenant.


def two_stacks(folder: Path, staging: str, prod: str, *, more: str = "") -> Path:
    """Write a project with staging and prod on two tenants."""
    project(folder, staging, ONE_LOAD)
    protected = f"{ONE_LOAD}      promoteFrom: staging\n{more}"
    for name, url, text in (("staging", staging, ONE_LOAD), ("prod", prod, protected)):
        head = f"config:\n  tamr:url: {url}\n  tamr-pipelines:products:\n"
        (folder / f"stacks/Pulumi.{name}.yaml").write_text(head + text)
    return folder


def test_a_version_that_is_not_deployed_upstream_is_on_hold(tmp_path: Path) -> None:
    with emulator(*QUICK) as staging, emulator(*QUICK) as prod:
        folder = two_stacks(tmp_path, staging.url, prod.url)
        planned = tamr(folder, "plan", "--stack", "prod").stdout
        assert (
            "promoteFrom: customers 2026-11-20 is not deployed to staging (not started" in planned
        )
        done = tamr(folder, "up", "--stack", "prod")
        assert done.returncode == 75
        assert "promoteFrom: customers 2026-11-20 is not deployed to staging" in done.stdout
        assert done.stderr == ""
        assert prod.posts() == []
        assert staging.posts() == []

        assert tamr(folder, "up", "--stack", "staging").returncode == 0
        assert tamr(folder, "up", "--stack", "prod").returncode == 0
        assert len(prod.posts()) == len(staging.posts()) == 1


def test_tamr_url_is_for_the_stack_that_runs(tmp_path: Path) -> None:
    with emulator(*QUICK) as staging, emulator(*QUICK) as prod:
        folder = two_stacks(tmp_path, staging.url, "https://wrong.invalid")
        tamr(folder, "up", "--stack", "staging")
        done = tamr(folder, "up", "--stack", "prod", TAMR_URL=prod.url)
        assert done.returncode == 0
        assert len(prod.posts()) == 1


def test_another_version_or_an_error_upstream_is_reported(tmp_path: Path) -> None:
    with emulator("--key", "another") as staging, emulator(*QUICK) as prod:
        folder = two_stacks(tmp_path, staging.url, prod.url)
        planned = tamr(folder, "plan", "--stack", "prod").stdout
        assert "cannot check whether staging has 2026-11-20" in planned
        assert "401" in planned
        tamr(folder, "bump", "customers", "2026-11-21", "--stack", "staging")
        planned = tamr(folder, "plan", "--stack", "prod").stdout
        assert "staging is set to 2026-11-21, not 2026-11-20" in planned


def test_an_override_may_pass(tmp_path: Path) -> None:
    override = '      override: {version: "2026-11-20", reason: "agreed with sales"}\n'
    with emulator(*QUICK) as staging, emulator(*QUICK) as prod:
        folder = two_stacks(tmp_path, staging.url, prod.url, more=override)
        assert tamr(folder, "up", "--stack", "prod").returncode == 0
        assert len(prod.posts()) == 1
        assert staging.record()["requests"] == []


def test_a_rollback_may_pass(tmp_path: Path) -> None:
    with emulator(*QUICK) as staging, emulator(*QUICK) as prod:
        folder = two_stacks(tmp_path, staging.url, prod.url)
        output = tamr(folder, "bump", "customers", "2026-11-13", "--stack", "prod").stdout
        assert "a rollback from 2026-11-20, pinned until: tamr promote --unpin" in output
        assert tamr(folder, "up", "--stack", "prod").returncode == 0
        assert len(prod.posts()) == 1
        assert staging.record()["requests"] == []


# The same through the provider.


def load_inputs(url: str, **more: Any) -> dict[str, Any]:
    shared = {"product": "customers", "stack": "prod", "version": "2026-11-20"}
    return {
        **shared,
        "sourceId": "src_crm",
        "url": url,
        "since": "2026-11-20T09:00:00Z",
        "trustDays": 36500,
        "promoteFrom": "staging",
        **more,
    }


def test_the_provider_holds_a_version_not_deployed_upstream(tmp_path: Path) -> None:
    with emulator(*QUICK) as staging, emulator(*QUICK) as prod:
        folder = two_stacks(tmp_path, staging.url, prod.url)
        news = load_inputs(prod.url)
        with host(cwd=folder / "stacks") as provider:
            assert not provider.check(news).failures
            future = provider.create_later(news)
            assert "staging does not have 2026-11-20 yet (promoteFrom: " in str(
                future.exception().details()
            )
        assert prod.posts() == []
        tamr(folder, "up", "--stack", "staging")
        with host(cwd=folder / "stacks") as provider:
            provider.create(news)
        assert len(prod.posts()) == 1


def test_a_create_in_a_freeze_is_on_hold_and_sends_no_post(tmp_path: Path) -> None:
    with emulator(*QUICK) as prod, host(cwd=tmp_path) as provider:
        news = load_inputs(prod.url, freeze=["2026-01-01 00:00 - 2099-01-01 00:00 UTC"])
        future = provider.create_later(news)
        assert "until 2099-01-01T00:00:00Z" in str(future.exception().details())
        assert prod.posts() == []
