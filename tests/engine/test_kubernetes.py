"""The manifests for the Pulumi Kubernetes Operator, as far as that goes without a cluster."""

from __future__ import annotations

import os
import re
import shutil
import signal
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from support.processes import SLOW, emulator
from support.pulumi_cli import LOADS, Pulumi
from tamr_provider.settings import read_settings
from tamr_provider.stackfile.product import Product

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy/kubernetes"
PAGE = (ROOT / "docs/kubernetes.md").read_text(encoding="utf-8")
DOCKERFILE = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
API = {
    "Stack": "pulumi.com/v1",
    "ServiceAccount": "v1",
    "ClusterRoleBinding": "rbac.authorization.k8s.io/v1",
}


def manifests() -> list[dict[str, Any]]:
    files = sorted(FOLDER.glob("*.yaml"))
    return [document for file in files for document in yaml.safe_load_all(file.read_text("utf-8"))]


def only(kind: str) -> dict[str, Any]:
    (found,) = [manifest for manifest in manifests() if manifest["kind"] == kind]
    return found


def spec() -> dict[str, Any]:
    found: dict[str, Any] = only("Stack")["spec"]
    return found


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for entry in value.values():
            yield from strings(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from strings(entry)
    else:
        yield str(value)


def test_the_manifests_are_a_stack_and_its_workspace() -> None:
    assert {manifest["kind"]: manifest["apiVersion"] for manifest in manifests()} == API
    assert len(manifests()) == len(API)


def test_the_workspace_may_authenticate_its_callers() -> None:
    account = only("ServiceAccount")["metadata"]
    binding = only("ClusterRoleBinding")
    assert spec()["serviceAccountName"] == account["name"]
    assert account["namespace"] == only("Stack")["metadata"]["namespace"]
    assert binding["subjects"] == [{"kind": "ServiceAccount", **account}]
    assert binding["roleRef"]["name"] == "system:auth-delegator"


def test_no_manifest_has_a_secret_in_clear() -> None:
    references = spec()["envRefs"]
    for name, reference in references.items():
        if re.search(r"KEY|TOKEN|PASS|SECRET", name):
            assert reference["type"] == "Secret", name
            assert set(reference) == {"type", "secret"}
    assert references["TAMR_API_KEY"]["secret"] == {"name": "tamr", "key": "apiKey"}
    for text in strings(manifests()):
        assert not re.search(r"://[^/]*:[^/]*@", text), "a password in a URL"
        assert not re.fullmatch(r"[A-Za-z0-9+/_=-]{32,}", text), text
    assert not {"secrets", "accessTokenSecret", "gitAuthSecret"} & set(spec())


def test_the_documented_command_creates_the_secret_of_the_stack() -> None:
    (command,) = re.findall(r"create secret generic (.*?)\n\$EDITOR", PAGE, re.DOTALL)
    name = command.split()[0]
    made = {(name, key) for key in re.findall(r"--from-file=(\w+)=", command)}
    wanted = [variable["secret"] for variable in spec()["envRefs"].values() if "secret" in variable]
    assert {(variable["name"], variable["key"]) for variable in wanted} == made


def test_a_run_hands_over_before_a_job_times_out() -> None:
    value = spec()["envRefs"]["TAMR_HAND_OVER_AFTER"]["literal"]["value"]
    env = {"TAMR_API_KEY": "k", "TAMR_HAND_OVER_AFTER": value}
    hand_over = read_settings(env, url="https://acme.tamr.cloud").hand_over_after
    assert hand_over is not None
    assert hand_over < timedelta(hours=Product.model_fields["timeout_hours"].default)


def test_deleting_the_stack_destroys_nothing() -> None:
    assert spec()["destroyOnFinalize"] is False


def test_the_built_image_is_the_one_that_runs_with_this_version() -> None:
    image = spec()["workspaceTemplate"]["spec"]["image"]
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version is not None
    assert image.endswith(f":{version[1]}")
    for text in (DOCKERFILE, PAGE):
        assert f"--tag {image} ." in text
        assert set(re.findall(r"ghcr\.io/\S+", text)) == {image}


def test_the_image_is_pinned_and_fits_the_restricted_profile() -> None:
    assert re.search(r"^FROM pulumi/pulumi-python:\d+\.\d+\.\d+$", DOCKERFILE, re.MULTILINE)
    assert "USER 1000" in DOCKERFILE
    assert spec()["workspaceTemplate"]["spec"]["securityProfile"] == "restricted"


def test_names_that_the_page_uses_exist() -> None:
    for path in re.findall(r"(?:deploy|tests|docs)/[\w./]+\w", PAGE):
        assert (ROOT / path).exists(), path
    for link in re.findall(r"\]\(([\w-]+\.md)\)", PAGE):
        assert (ROOT / "docs" / link).exists(), link
    metadata = only("Stack")["metadata"]
    name = metadata["name"]
    assert set(re.findall(r"--namespace (\S+)", PAGE)) == {metadata["namespace"]}
    assert set(re.findall(r"(\w+)-workspace-0", PAGE)) == {name}
    assert set(re.findall(r"--stack (\S+)", PAGE)) == {spec()["stack"]}
    for setting in ("resyncFrequencySeconds", "retryMaxBackoffDurationSeconds", "envRefs"):
        assert setting in spec()
        assert f"`{setting}`" in PAGE
    assert (
        f"`TAMR_HAND_OVER_AFTER: {spec()['envRefs']['TAMR_HAND_OVER_AFTER']['literal']['value']}`"
        in PAGE
    )


@pytest.mark.cli
@pytest.mark.skipif(shutil.which("pulumi") is None, reason="the Pulumi CLI is not on PATH")
def test_an_interrupt_of_the_cli_unlocks_the_stack_and_jobs_keep_running(tmp_path: Path) -> None:
    """The agent of a workspace that stops sends SIGINT only to `pulumi`."""
    with emulator(*SLOW, "--slots", "8") as server:
        pulumi = Pulumi(tmp_path, server.url, LOADS, TAMR_SLOTS="8")
        with pulumi.start_up() as process:
            server.wait_for_running(8)
            os.kill(process.pid, signal.SIGINT)
            process.communicate(timeout=60)
        assert pulumi.locks() == []
        assert not pulumi.deployment().get("pending_operations")
        assert {job["state"] for job in server.jobs()} == {"RUNNING"}
        assert len(server.posts()) == 8
