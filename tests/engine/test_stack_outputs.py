"""The outputs of a stack, and another project that runs again when a product was published."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from support.processes import QUICK, emulator, tamr
from support.pulumi_cli import Pulumi

pytestmark = [
    pytest.mark.cli,
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="the Pulumi CLI is not on PATH"),
]
PAGE = Path(__file__).parents[2] / "docs/pulumi-outputs.md"
CUSTOMERS = """\
    customers:
      version: "2026-11-20"
      trustDays: 36500
      sources: [src_crm]
      dataProduct: dp_customers
      publish: [Test 123]
"""


def example(name: str) -> str:
    """Return a Python example of the page, by a word in it."""
    (found,) = [
        text
        for text in re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
        if name in text
    ]
    return str(found)


def outputs(pulumi: Pulumi) -> dict[str, dict[str, object]]:
    shown = pulumi.run("stack", "output", "--json", "--stack", "dev").stdout
    return dict(json.loads(shown))


def test_a_stack_exports_one_output_for_each_product(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        pulumi = Pulumi(tmp_path, server.url, CUSTOMERS)
        assert pulumi.up().returncode == 0
        jobs = server.jobs()
        names = ("load src_crm", "update dp_customers", "publish Test 123")
        assert outputs(pulumi) == {
            "customers": {
                "version": "2026-11-20",
                "since": "2026-11-20T00:00:00Z",
                "finishedAt": jobs[-1]["finished"].replace(".000Z", "Z"),
                "jobIds": {name: job["jobId"] for name, job in zip(names, jobs, strict=True)},
            }
        }
        before = outputs(pulumi)
        assert "5 unchanged" in pulumi.up().stdout
        assert tamr(pulumi.folder, "bump", "customers", "2026-11-21").returncode == 0
        assert "04da6b54" not in pulumi.run("preview").stdout
        assert pulumi.up().returncode == 0
        after = outputs(pulumi)["customers"]
        assert after["version"] == "2026-11-21"
        assert str(after["finishedAt"]) > str(before["customers"]["finishedAt"])


def test_another_project_runs_again_when_a_product_was_published(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        upstream = Pulumi(tmp_path, server.url, CUSTOMERS)
        assert upstream.up().returncode == 0
        (tmp_path / "consumer").mkdir()
        backend = upstream.state.as_uri()
        consumer = Pulumi(tmp_path / "consumer", server.url, backend=backend, name="consumer")
        (consumer.folder / "stacks/__main__.py").write_text(example("StackReference"))
        done = consumer.up()
        assert done.returncode == 0, done.stdout
        assert len(server.posts()) == 3 + 1
        assert consumer.up().returncode == 0
        assert len(server.posts()) == 3 + 1
        assert tamr(upstream.folder, "bump", "customers", "2026-11-21").returncode == 0
        assert upstream.up().returncode == 0
        done = consumer.up()
        assert "~ 1 updated" in done.stdout, done.stdout
        assert len(server.posts()) == 2 * (3 + 1)


def test_unknown_outputs_never_become_text(tmp_path: Path) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text('{"jobs": [{"type": "update", "outcome": "failed"}]}')
    with emulator(*QUICK, "--faults", str(faults)) as server:
        pulumi = Pulumi(tmp_path, server.url, CUSTOMERS)
        assert pulumi.up("--continue-on-error").returncode != 0
        everything = json.dumps(pulumi.deployment())
        assert "04da6b54" not in everything
        assert outputs(pulumi).get("customers", {}).get("finishedAt") is None


def test_a_failed_up_keeps_the_outputs_of_the_last_good_one(tmp_path: Path) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text('{"jobs": [{"sourceId": "src_crm", "times": 1}, {"outcome": "failed"}]}')
    with emulator(*QUICK, "--faults", str(faults)) as server:
        one_load = CUSTOMERS.partition("      dataProduct")[0]
        pulumi = Pulumi(tmp_path, server.url, one_load)
        assert pulumi.up().returncode == 0
        before = outputs(pulumi)
        assert tamr(pulumi.folder, "bump", "customers", "2026-11-21").returncode == 0
        assert pulumi.up().returncode != 0
        assert outputs(pulumi) == before


def test_a_step_takes_at_most_half_of_its_former_state(tmp_path: Path) -> None:
    """In release 8c39d14, a step of this stack took 3449 bytes on average."""
    with emulator(*QUICK) as server:
        pulumi = Pulumi(tmp_path, server.url)
        assert pulumi.up().returncode == 0
        steps = [resource for resource in pulumi.resources() if resource.get("custom")]
        steps = [step for step in steps if step["type"].startswith("pulumi-python:dynamic")]
        sizes = [len(json.dumps(step, separators=(",", ":"))) for step in steps]
        assert sum(sizes) / len(sizes) < 3449 / 2
        assert not [step for step in steps if {"then", "pipeline"} & {*step["inputs"]}]
