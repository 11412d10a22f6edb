"""The stack program under the mocks of the SDK: config in, resources out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.processes import environment

ROOT = Path(__file__).parents[2]
# In a process of its own: the SDK's mocks and config are global to one.
PROGRAM = """
import asyncio, json, runpy, sys
import pulumi
from pulumi.runtime import mocks, set_all_config, test

made = []

class Recorder(mocks.Mocks):
    def new_resource(self, args):
        made.append({"type": args.typ, "name": args.name, "inputs": dict(args.inputs)})
        made[-1]["inputs"].pop("__provider", None)
        outputs = {**args.inputs, "jobId": "job_x", "finishedAt": "2026-11-20T10:00:00Z"}
        return ["job_x", outputs]

    def call(self, args):
        return {}

mocks.set_mocks(Recorder(), project="tamr-pipelines", stack="dev", preview=False)
set_all_config(json.loads(sys.argv[2]), json.loads(sys.argv[3]))

@test
def program():
    runpy.run_path(sys.argv[1])

program()
print(json.dumps(made))
"""
PRODUCTS = {
    "customers": {
        "version": "2026-11-20 00:00:00 +0000 UTC",
        "since": "2026-11-20 09:00:00 +0000 UTC",
        "sources": ["src_crm", "src_erp"],
        "dataProduct": "dp_customers",
        "workflows": ["wf_apply"],
        "publish": ["Test 123", {"destination": "dst_legacy", "legacy": True}],
        "minHoursBetween": "4",
    }
}
CONFIG = {"tamr:url": "https://acme.tamr.cloud/"}


def program(
    products: Any, config: dict[str, str] | None = None, secret: list[str] | None = None
) -> subprocess.CompletedProcess[str]:
    full = {**(CONFIG if config is None else config)}
    full["tamr-pipelines:products"] = json.dumps(products)
    words = [str(ROOT / "stacks/__main__.py"), json.dumps(full), json.dumps(secret or [])]
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *words],
        capture_output=True,
        text=True,
        env=environment(),
        cwd="/",  # in no project and no repository: what stands in the config counts
        check=False,
    )


def resources(products: Any) -> dict[str, dict[str, Any]]:
    done = program(products)
    assert done.returncode == 0, done.stderr
    return {load["name"]: load for load in json.loads(done.stdout.splitlines()[-1])}


def test_a_product_becomes_a_pipeline_of_all_its_phases() -> None:
    made = resources(PRODUCTS)
    assert {
        name: resource["type"] for name, resource in made.items() if "stack" not in name.lower()
    } == {
        "customers": "tamr:index:Pipeline",
        "customers-load-src_crm": "pulumi-python:dynamic/tamr:Load",
        "customers-load-src_erp": "pulumi-python:dynamic/tamr:Load",
        "customers-update-dp_customers": "pulumi-python:dynamic/tamr:Update",
        "customers-workflow-wf_apply": "pulumi-python:dynamic/tamr:Update",
        "customers-publish-Test 123": "pulumi-python:dynamic/tamr:Publish",
        "customers-publish-dst_legacy": "pulumi-python:dynamic/tamr:Publish",
    }


def test_the_inputs_are_small_canonical_and_without_a_key() -> None:
    made = resources(PRODUCTS)
    assert made["customers-load-src_crm"]["inputs"] == {
        "url": "https://acme.tamr.cloud",
        "version": "2026-11-20",
        "since": "2026-11-20T09:00:00Z",
        "product": "customers",
        "stack": "dev",
        "sourceId": "src_crm",
        "pipeline": {
            "sinceFrom": "no git",
            "then": [
                [{"dataProductId": "dp_customers"}],
                [{"workflowId": "wf_apply"}],
                [
                    {"dataProductId": "dp_customers", "destinationId": "Test 123"},
                    {"destinationId": "dst_legacy"},
                ],
            ],
        },
    }
    update = made["customers-update-dp_customers"]["inputs"]
    assert update["after"] == ["2026-11-20T10:00:00Z"] * 2
    assert update["minHoursBetween"] == 4
    assert update["first"] is True
    assert update["workflows"] == ["wf_apply"]
    publish = made["customers-publish-dst_legacy"]["inputs"]
    assert "dataProductId" not in publish
    assert publish["dataProduct"] == "dp_customers"
    assert "minHoursBetween" not in publish
    assert made["customers-publish-Test 123"]["inputs"]["dataProductId"] == "dp_customers"


@pytest.mark.parametrize(
    ("products", "config", "message"),
    [
        ({"a": {"version": "", "sources": ["s"]}}, CONFIG, "products.a.version: expected a label"),
        ({"a": {"version": "v1", "sorces": ["s"]}}, CONFIG, "products.a.sorces: unknown key"),
        (PRODUCTS, {}, "tamr:url: expected the tenant's URL"),
        (PRODUCTS, {**CONFIG, "tamr:apiKey": "abc"}, "tamr:apiKey: stored in plaintext"),
    ],
)
def test_a_mistake_in_the_config_names_its_file_and_path(
    products: Any, config: dict[str, str], message: str
) -> None:
    done = program(products, config)
    assert done.returncode != 0
    assert f"Pulumi.dev.yaml: {message}" in done.stderr
    assert "RunError" in done.stderr


def test_a_secret_key_in_the_config_is_accepted() -> None:
    done = program(PRODUCTS, {**CONFIG, "tamr:apiKey": "abc"}, ["tamr:apiKey"])
    assert done.returncode == 0, done.stderr
    assert "abc" not in done.stdout


def test_an_interrupt_by_the_engine_ends_the_program_without_a_traceback() -> None:
    code = (
        "import os, signal\n"
        "from tamr_provider.resources import end_quietly_on_interrupt\n"
        "end_quietly_on_interrupt()\n"
        "os.kill(os.getpid(), signal.SIGINT)\n"
        "signal.pause()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (130, b"")


def test_the_program_has_no_logic() -> None:
    lines = (ROOT / "stacks/__main__.py").read_text().splitlines()
    code = [line for line in lines if line and not line.startswith(("from", "import", '"""'))]
    assert len(code) == 3
