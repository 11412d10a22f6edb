"""`tamr status`: product by environment, asked of every tenant now."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from processes import QUICK, SLOW, emulator, tamr
from test_guards import two_stacks

if TYPE_CHECKING:
    from pathlib import Path

HEAD = ["product", "stack", "version", "held"]


def test_what_is_held_where_and_what_is_in_the_way_is_shown(tmp_path: Path) -> None:
    with emulator(*QUICK) as staging, emulator(*SLOW) as prod:
        folder = two_stacks(tmp_path, staging.url, prod.url)
        (folder / "stacks/Pulumi.dev.yaml").unlink()
        tamr(folder, "up", "--stack", "staging")
        done = tamr(folder, "status")
        assert done.returncode == 0
        head, in_prod, in_staging = done.stdout.splitlines()
        assert re.split("  +", head) == [*HEAD, "last job", "age", "in the way"]
        assert in_staging.split()[:4] == ["customers", "staging", "2026-11-20", "yes"]
        assert "succeeded" in in_staging
        assert in_prod.split()[:4] == ["customers", "prod", "2026-11-20", "no"]
        assert "load src_crm: no such job since 2026-11-20T09:00:00Z" in in_prod
        assert prod.posts() == []


def test_the_json_has_what_a_dashboard_needs(tmp_path: Path) -> None:
    with emulator(*QUICK) as staging:
        folder = two_stacks(tmp_path, staging.url, staging.url)
        tamr(folder, "up", "--stack", "staging")
        document = json.loads(tamr(folder, "status", "--json", "--stack", "staging").stdout)
        (job,) = staging.jobs()
        (row,) = document["products"]
        assert document["environments"] == [{"stack": "staging", "url": staging.url, "error": None}]
        assert row.pop("ageSeconds") >= 0
        assert row.pop("heldSince").startswith(job["finished"][:19])
        assert row == {
            "product": "customers",
            "stack": "staging",
            "version": "2026-11-20",
            "since": "2026-11-20T09:00:00Z",
            "held": True,
            "jobId": job["jobId"],
            "outcome": "succeeded",
            "pinned": False,
            "inTheWay": None,
        }


def test_a_job_that_runs_is_in_the_way(tmp_path: Path) -> None:
    with emulator(*SLOW) as staging:
        folder = two_stacks(tmp_path, staging.url, staging.url)
        tamr(folder, "jobs", "start", "load", "src_crm", "--stack", "staging")
        document = json.loads(tamr(folder, "status", "--json", "--stack", "staging").stdout)
        (row,) = document["products"]
        assert row["held"] is False
        assert "is running already" in row["inTheWay"] or "is pending already" in row["inTheWay"]


def test_a_tenant_that_cannot_be_asked_is_told_and_the_others_are_shown(tmp_path: Path) -> None:
    with emulator(*QUICK) as staging, emulator("--key", "another") as prod:
        folder = two_stacks(tmp_path, staging.url, prod.url)
        (folder / "stacks/Pulumi.dev.yaml").unlink()
        done = tamr(folder, "status")
        assert done.returncode == 1
        assert "prod: Tamr refused the list of jobs: 401" in done.stdout
        assert "customers  prod     2026-11-20  unknown" in done.stdout
        assert "customers  staging  2026-11-20  no" in done.stdout
        with_keys = tamr(folder, "status", TAMR_API_KEY_PROD="another")
        assert with_keys.returncode == 0
