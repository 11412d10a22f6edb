"""The policy pack: its rules, the real pack process called as the engine calls it, and the CLI."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from support.policy_packs import FOLDER, UNKNOWN, pack
from support.processes import ONE_LOAD, QUICK, emulator, project, stack_file, tamr
from support.pulumi_cli import Pulumi
from support.sample_jobs import at, make_job, succeeded
from tamr_provider.decision.launch_limits import (
    run_limit_violation,
    tenant_violation,
    upstream_stack,
)
from tamr_provider.models import Configuration

if TYPE_CHECKING:
    from pathlib import Path

LOAD, OTHER = Configuration.load("src_crm"), Configuration.load("src_erp")
ALWAYS = {"windows": ["2020-01-01 00:00 - 2099-01-01 00:00 UTC"]}
PAST = {"windows": ["2020-01-01 00:00 - 2020-01-02 00:00 UTC"]}


def wanted(url: str, **more: Any) -> dict[str, Any]:
    return {
        "product": "customers",
        "stack": "dev",
        "version": "2026-11-20",
        "since": "2026-11-20T09:00:00Z",
        "trustDays": 36500,
        "sourceId": "src_crm",
        "url": url,
        **more,
    }


# The rules themselves


def test_the_upstream_stack_is_the_previous_one_of_the_order() -> None:
    order = ["dev", "staging", "prod"]
    assert [upstream_stack(stack, order) for stack in (*order, "other")] == [
        "",
        "dev",
        "staging",
        "",
    ]


def test_a_stack_may_use_only_its_own_tenants() -> None:
    tenants = {"prod": ["https://acme.tamr.cloud/"]}
    assert tenant_violation("https://acme.tamr.cloud", "prod", tenants) == ""
    assert tenant_violation("https://x.tamr.cloud", "prod", tenants) == (
        "stack prod must not use https://x.tamr.cloud (allowed: https://acme.tamr.cloud)"
    )


def test_a_stack_that_is_not_in_the_rule_may_use_no_tenant() -> None:
    tenants = {"prod": ["https://acme.tamr.cloud"]}
    assert "does not name this stack" in tenant_violation("https://acme.tamr.cloud", "dev", tenants)


def test_equal_jobs_of_the_last_24_hours_count_as_runs() -> None:
    now = at("12:00", 21)
    jobs = [
        succeeded("job_old", LOAD, at("11:00"), at("11:30")),
        succeeded("job_other", OTHER, at("09:00", 21), at("09:30", 21)),
        succeeded("job_1", LOAD, at("13:00"), at("13:30")),
        make_job("job_2", LOAD, at("11:00", 21)),
        make_job("job_undated", LOAD, None),
    ]
    assert run_limit_violation(jobs, LOAD, now, 3) == ""
    assert run_limit_violation(jobs, LOAD, now, 2) == (
        "launched 2 times in the last 24 hours (job_1, job_2); the limit is 2"
    )
    assert "launched once" in run_limit_violation(jobs[:3], LOAD, now, 1)


# The pack


def test_a_rule_that_is_not_configured_is_off(tmp_path: Path) -> None:
    with emulator(*QUICK) as server, pack(project(tmp_path, server.url, ONE_LOAD)) as rules:
        assert rules.judge(wanted(server.url)) == {}
        assert server.record()["requests"] == []


def test_other_resources_are_ignored(tmp_path: Path) -> None:
    with pack(tmp_path) as rules:
        rules.configure({"allowed-tenants": {"tenants": {}}})
        assert rules.judge({"url": "https://x.tamr.cloud"}, "aws:s3:Bucket") == {}
        assert list(rules.judge({"url": "https://x.tamr.cloud"})) == ["allowed-tenants"]


def test_only_a_launch_in_a_freeze_window_is_refused(tmp_path: Path) -> None:
    with emulator(*QUICK) as server, pack(tmp_path) as rules:
        rules.configure({"freeze-windows": ALWAYS})
        refused = rules.judge(wanted(server.url))
        assert "until 2099-01-01T00:00:00Z" in refused["freeze-windows"]
        rules.configure({"freeze-windows": PAST})
        assert rules.judge(wanted(server.url)) == {}
        assert server.posts() == []


def test_a_satisfied_step_passes_every_rule_about_launches(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        folder = project(tmp_path, server.url, ONE_LOAD)
        assert tamr(folder, "up").returncode == 0
        with pack(folder) as rules:
            rules.configure(
                {
                    "freeze-windows": ALWAYS,
                    "promotion-order": {"order": ["nowhere", "dev"]},
                    "runs-per-day": {"maximum": 1},
                }
            )
            assert rules.judge(wanted(server.url)) == {}


def test_a_step_after_one_that_will_run_counts_as_a_launch(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        folder = project(tmp_path, server.url, ONE_LOAD)
        tamr(folder, "up")
        with pack(folder) as rules:
            rules.configure({"freeze-windows": ALWAYS, "runs-per-day": {"maximum": 1}})
            refused = rules.judge(wanted(server.url, after=[UNKNOWN]))
            assert list(refused) == ["freeze-windows", "runs-per-day"]
            assert "launched once in the last 24 hours" in refused["runs-per-day"]


def test_resources_of_one_preview_share_one_list_request(tmp_path: Path) -> None:
    with emulator(*QUICK) as server, pack(tmp_path) as rules:
        rules.configure({"freeze-windows": PAST, "runs-per-day": {"maximum": 1}})
        for source in range(20):
            assert rules.judge(wanted(server.url, sourceId=f"src_{source}")) == {}
        assert len(server.record()["requests"]) == 1


def test_a_version_that_is_not_deployed_upstream_is_refused(tmp_path: Path) -> None:
    with emulator(*QUICK) as staging, emulator(*QUICK) as dev:
        folder = project(tmp_path, dev.url, ONE_LOAD)
        text = stack_file(folder).read_text().replace(dev.url, staging.url)
        stack_file(folder).with_name("Pulumi.staging.yaml").write_text(text)
        rule = {"promotion-order": {"order": ["staging", "dev"]}}
        with pack(folder / "stacks") as rules:
            rules.configure(rule)
            refused = rules.judge(wanted(dev.url))["promotion-order"]
            assert "2026-11-20 is not deployed to staging" in refused
        assert tamr(folder, "up", "--stack", "staging").returncode == 0
        with pack(folder / "stacks") as rules:
            rules.configure(rule)
            assert rules.judge(wanted(dev.url)) == {}


def test_a_refused_promotion_explains_how_to_roll_back(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        folder = project(tmp_path, server.url, ONE_LOAD)
        text = stack_file(folder).read_text()
        stack_file(folder).with_name("Pulumi.staging.yaml").write_text(text)
        with pack(folder / "stacks") as rules:
            rules.configure({"promotion-order": {"order": ["staging", "dev"]}})
            refused = rules.judge(wanted(server.url))["promotion-order"]
    assert refused.endswith(
        ". To roll back, set promotion-order to advisory for one run (--policy-pack-config)."
    )


def test_a_step_with_later_phases_is_checked(tmp_path: Path) -> None:
    behind = [[{"dataProductId": "dp"}], [{"destinationId": "Test 123", "dataProductId": "dp"}]]
    with emulator(*QUICK) as server, pack(tmp_path) as rules:
        rules.configure({"freeze-windows": ALWAYS})
        refused = rules.judge(wanted(server.url, then=behind))
        assert "until 2099-01-01T00:00:00Z" in refused["freeze-windows"]


def test_without_the_tenant_a_rule_refuses_with_the_reason(tmp_path: Path) -> None:
    with emulator("--key", "another") as server, pack(tmp_path) as rules:
        rules.configure({"runs-per-day": {"maximum": 1}})
        refused = rules.judge(wanted(server.url))["runs-per-day"]
        assert "cannot determine whether this step would launch a job" in refused
        assert "401" in refused
    with pack(tmp_path, TAMR_API_KEY="") as rules:
        rules.configure({"runs-per-day": {"maximum": 1}})
        assert "Set TAMR_API_KEY" in rules.judge(wanted("http://127.0.0.1:1"))["runs-per-day"]


def test_an_invalid_window_is_reported_with_what_is_expected(tmp_path: Path) -> None:
    with emulator(*QUICK) as server, pack(tmp_path) as rules:
        rules.configure({"freeze-windows": {"windows": ["weekends"]}})
        assert "Fri 16:00 - Mon 08:00" in rules.judge(wanted(server.url))["freeze-windows"]


def test_every_rule_of_the_example_pack_is_mandatory(tmp_path: Path) -> None:
    with pack(tmp_path) as rules:
        names = ["allowed-tenants", "freeze-windows", "promotion-order", "runs-per-day"]
        assert sorted(rules.mandatory_rules()) == names


# With the CLI


@pytest.mark.cli
@pytest.mark.skipif(shutil.which("pulumi") is None, reason="the Pulumi CLI is not on PATH")
def test_pulumi_up_launches_nothing_that_the_pack_refuses(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        pulumi = Pulumi(tmp_path, server.url, ONE_LOAD)
        mine = {"tenants": {"dev": [server.url]}}
        strict = _rules(tmp_path, {"freeze-windows": ALWAYS, "allowed-tenants": mine})
        refused = pulumi.up(*strict)
        assert refused.returncode != 0, refused.stdout
        assert "until 2099-01-01T" in refused.stdout
        assert "allowed-tenants" not in refused.stdout
        assert server.posts() == []
        done = pulumi.up(*_rules(tmp_path, {"freeze-windows": PAST, "allowed-tenants": mine}))
        assert done.returncode == 0, done.stdout
        assert len(server.posts()) == 1
        again = pulumi.up(*strict)
        assert again.returncode == 0, again.stdout
        assert "Traceback" not in refused.stdout + done.stdout + again.stdout


def _rules(folder: Path, rules: dict[str, Any]) -> list[str]:
    off = {"promotion-order": {"enforcementLevel": "advisory"}, "runs-per-day": "disabled"}
    path = folder / "rules.json"
    path.write_text(json.dumps({**off, **rules}))
    return ["--policy-pack", str(FOLDER), "--policy-pack-config", str(path)]
