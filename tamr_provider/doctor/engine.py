"""The Pulumi CLI, the SDK, and the host that the engine would start."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from tamr_provider.doctor.finding import OK, PROBLEM, WARNING, Finding

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tamr_provider.doctor.finding import Run

_OLDEST = (3, 139)  # the first CLI that hands a stack's config to dynamic providers
_FAR_APART = 60  # minor versions; a release comes about every week
_HOST = "pulumi-resource-pulumi-python"
_ENTRY = "plugins: {providers: [{name: pulumi-python, path: stacks/host}]}"


def check_cli(run: Run, sdk: str) -> Finding:
    """Say whether there is a CLI that fits the installed SDK, given its version."""
    ran = run(["pulumi", "version"])
    if ran.code is None:
        repair = "see https://www.pulumi.com/docs/install; `tamr up` works without it"
        return Finding(WARNING, "the Pulumi CLI is not on PATH", repair)
    cli, own = _version(ran.output), _version(sdk)
    if cli is None or own is None:
        return Finding(WARNING, f"the Pulumi CLI's version is unclear: {ran.output.strip()!r}")
    shown = f"Pulumi CLI {cli[0]}.{cli[1]}, SDK {own[0]}.{own[1]}"
    if cli < _OLDEST:
        repair = "install a newer Pulumi CLI: https://www.pulumi.com/docs/install"
        return Finding(PROBLEM, f"{shown}: older than 3.139, so providers see no config", repair)
    if cli[0] != own[0] or abs(cli[1] - own[1]) > _FAR_APART:
        older = "the CLI" if cli < own else "the SDK (pip install --upgrade pulumi)"
        return Finding(PROBLEM, f"{shown}: too far apart", f"upgrade {older}")
    return Finding(OK, shown)


def check_host(project: Mapping[str, Any], folder: Path) -> Finding:
    """Say whether the engine would use the provider's own host; `project` is Pulumi.yaml."""
    path = _host_path(project)
    if path is None:
        repair = f"add to Pulumi.yaml: {_ENTRY}"
        return Finding(WARNING, "the stock host is in use: four jobs at a time", repair)
    host = folder / path / _HOST
    if not host.is_file():
        return Finding(PROBLEM, f"{path}/{_HOST} is missing", f"put it there, or remove: {_ENTRY}")
    if os.name != "nt" and not os.access(host, os.X_OK):
        return Finding(PROBLEM, f"{path}/{_HOST} is not executable", f"chmod +x {path}/{_HOST}")
    return Finding(OK, f"the provider's own host is in use ({path})")


def check_virtualenv(project: Mapping[str, Any]) -> Finding | None:
    """Say where the option virtualenv would not be found by the engine's stock host."""
    runtime = project.get("runtime")
    options = runtime.get("options") if isinstance(runtime, dict) else None
    if not isinstance(options, dict) or "virtualenv" not in options:
        return None
    what = "Pulumi.yaml sets virtualenv, which the provider's host does not look at"
    return Finding(WARNING, what, "remove it, and activate the venv before `pulumi up`")


def check_python(run: Run, env: Mapping[str, str]) -> Finding:
    """Say whether the Python that the engine would start has this package."""
    python = env.get("PULUMI_PYTHON_CMD") or ("python" if os.name == "nt" else "python3")
    ran = run([python, "-c", "import tamr_provider.resources"])
    if ran.code == 0:
        return Finding(OK, f"{python} has tamr-provider")
    what = f"{python}, which Pulumi would run, has no tamr-provider"
    return Finding(PROBLEM, what, "activate the venv it is installed in: . .venv/bin/activate")


def _host_path(project: Mapping[str, Any]) -> str | None:
    plugins = project.get("plugins")
    providers = plugins.get("providers") if isinstance(plugins, dict) else None
    for each in providers if isinstance(providers, list) else []:
        if isinstance(each, dict) and each.get("name") == "pulumi-python":
            return str(each.get("path") or "")
    return None


def _version(text: str) -> tuple[int, int] | None:
    match = re.search(r"(\d+)\.(\d+)\.", text)
    return (int(match[1]), int(match[2])) if match else None
