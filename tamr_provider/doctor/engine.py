"""Checks of the Pulumi CLI, the SDK, and the host that the engine starts."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from tamr_provider.doctor.finding import OK, PROBLEM, WARNING, Finding

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tamr_provider.doctor.finding import RunProgram

MIN_CLI = (3, 139)  # The first CLI that passes a stack's config to dynamic providers.
_MAX_DISTANCE = 60  # Minor versions; Pulumi releases about one a week.
_HOST = "pulumi-resource-pulumi-python"
_ENTRY = "plugins: {providers: [{name: pulumi-python, path: stacks/host}]}"


def check_cli(run: RunProgram, sdk: str) -> Finding:
    """Check that a CLI is installed that fits the SDK's version."""
    result = run(["pulumi", "version"])
    if result.code is None:
        fix = "see https://www.pulumi.com/docs/install; `tamr up` works without it"
        return Finding(WARNING, "the Pulumi CLI is not on PATH", fix)
    cli, own = _parse_version(result.output), _parse_version(sdk)
    if cli is None or own is None:
        return Finding(WARNING, f"unknown version of the Pulumi CLI: {result.output.strip()!r}")
    versions = f"Pulumi CLI {cli[0]}.{cli[1]}, SDK {own[0]}.{own[1]}"
    if cli < MIN_CLI:
        fix = "install a newer Pulumi CLI: https://www.pulumi.com/docs/install"
        return Finding(PROBLEM, f"{versions}: older than 3.139, so providers get no config", fix)
    if cli[0] != own[0] or abs(cli[1] - own[1]) > _MAX_DISTANCE:
        older = "the CLI" if cli < own else "the SDK (pip install --upgrade pulumi)"
        return Finding(PROBLEM, f"{versions}: too far apart", f"upgrade {older}")
    return Finding(OK, versions)


def check_host(project: Mapping[str, Any], folder: Path) -> Finding:
    """Check that the engine uses the provider's own host; `project` is Pulumi.yaml."""
    path = _find_host_path(project)
    if path is None:
        message = "Pulumi's default host is used, which runs only four jobs at a time"
        return Finding(WARNING, message, f"add to Pulumi.yaml: {_ENTRY}")
    host = folder / path / _HOST
    if not host.is_file():
        return Finding(PROBLEM, f"{path}/{_HOST} is missing", f"add it, or remove: {_ENTRY}")
    if os.name != "nt" and not os.access(host, os.X_OK):
        return Finding(PROBLEM, f"{path}/{_HOST} is not executable", f"chmod +x {path}/{_HOST}")
    return Finding(OK, f"the provider's own host is used ({path})")


def check_virtualenv(project: Mapping[str, Any]) -> Finding | None:
    """Warn about the option virtualenv, or return None."""
    runtime = project.get("runtime")
    options = runtime.get("options") if isinstance(runtime, dict) else None
    if not isinstance(options, dict) or "virtualenv" not in options:
        return None
    message = "Pulumi.yaml sets virtualenv, which the provider's host ignores"
    return Finding(WARNING, message, "remove it, and activate the venv before `pulumi up`")


def check_python(run: RunProgram, env: Mapping[str, str]) -> Finding:
    """Check that the Python that the engine starts has this package."""
    python = env.get("PULUMI_PYTHON_CMD") or ("python" if os.name == "nt" else "python3")
    result = run([python, "-c", "import tamr_provider.resources"])
    if result.code == 0:
        return Finding(OK, f"{python} has tamr-provider")
    message = f"{python}, which Pulumi runs, does not have tamr-provider"
    return Finding(PROBLEM, message, "activate the venv that has it: . .venv/bin/activate")


def _find_host_path(project: Mapping[str, Any]) -> str | None:
    plugins = project.get("plugins")
    providers = plugins.get("providers") if isinstance(plugins, dict) else None
    for provider in providers if isinstance(providers, list) else []:
        if isinstance(provider, dict) and provider.get("name") == "pulumi-python":
            return str(provider.get("path") or "")
    return None


def _parse_version(text: str) -> tuple[int, int] | None:
    match = re.search(r"(\d+)\.(\d+)\.", text)
    return (int(match[1]), int(match[2])) if match else None
