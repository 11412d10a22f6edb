"""A stack of release 8c39d14, exported there, under the engine and today's code."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from support.processes import emulator, tamr
from support.pulumi_cli import Pulumi

pytestmark = [
    pytest.mark.cli,
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="the Pulumi CLI is not on PATH"),
]
HERE = Path(__file__).parent
OLD_URL = "http://127.0.0.1:8080"


def test_an_old_state_previews_as_unchanged(tmp_path: Path) -> None:
    """The tenant has the jobs that release 8c39d14 launched there."""
    exported = (HERE / "state_8c39d14.json").read_text("utf-8")
    resources = json.loads(exported)["deployment"]["resources"]
    (products,) = (
        resource["inputs"]["tamr-pipelines:products"]
        for resource in resources
        if resource["type"].startswith("pulumi:providers:")
    )
    tenant = shutil.copy(HERE / "tenant_8c39d14.json", tmp_path / "tenant.json")
    with emulator("--state", str(tenant)) as server:
        pulumi = Pulumi(tmp_path, server.url, f"    {products}\n")
        state = tmp_path / "state.json"
        state.write_text(exported.replace(OLD_URL, server.url), "utf-8")
        imported = pulumi.run("stack", "import", "--stack", "dev", "--file", str(state))
        assert imported.returncode == 0, imported.stdout
        preview = pulumi.run("preview", "--expect-no-changes")
        assert preview.returncode == 0, preview.stdout
        assert f"{len(resources) - 1} unchanged" in preview.stdout
        done = pulumi.up("--expect-no-changes")
        assert done.returncode == 0, done.stdout
        assert server.posts() == []
        ids = pulumi.ids()
        product = next(iter(json.loads(products)))
        assert tamr(pulumi.folder, "bump", product, "2026-12-24").returncode == 0
        bumped = pulumi.run("preview").stdout
        assert " to update" in bumped
        assert "replace" not in bumped
        assert "delete" not in bumped
        assert pulumi.ids() == ids
        assert server.posts() == []
