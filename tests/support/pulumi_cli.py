"""The Pulumi CLI as a real process: one project, one stack, any backend."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from support.processes import PRODUCTS, environment, project, tamr

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LOADS = "".join(
    f'    p{n}: {{version: "2026-11-20", sources: [src_{n}], timeoutHours: 1, trustDays: 36500}}\n'
    for n in range(8)
)


class Pulumi:
    """A project with one stack, dev, and its own state folder unless `backend` is set."""

    def __init__(
        self,
        folder: Path,
        url: str,
        products: str = PRODUCTS,
        *,
        backend: str | None = None,
        name: str = "tamr-pipelines",
        **env: str,
    ) -> None:
        self.folder = project(folder / "p", url, products)
        settings = self.folder / "Pulumi.yaml"
        settings.write_text(settings.read_text().replace("name: tamr-pipelines", f"name: {name}"))
        self.state = folder / "state"
        self.state.mkdir(parents=True)
        self.env = environment(
            PULUMI_BACKEND_URL=backend or self.state.as_uri(),
            PULUMI_CONFIG_PASSPHRASE="x",
            PULUMI_SKIP_UPDATE_CHECK="true",
            **env,
        )
        assert self.run("stack", "init", "dev").returncode == 0

    def command(self, words: Sequence[str]) -> list[str]:
        return ["pulumi", *words, "--non-interactive", "--stack", "dev"]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = ["pulumi", *words] if words[0] == "stack" else self.command(words)
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=200,
            check=False,
        )

    def run_python(self, script: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
        """Run a Python script in an empty folder."""
        folder = script.parent / "empty"
        folder.mkdir()
        return subprocess.run(
            [sys.executable, str(script)],
            cwd=folder,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=200,
            check=False,
        )

    def up(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.run("up", "--yes", "--skip-preview", *words)

    def start_up(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(["up", "--yes", "--skip-preview"]),
            cwd=self.folder,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            start_new_session=True,
        )

    def deployment(self) -> dict[str, Any]:
        exported = self.run("stack", "export", "--stack", "dev").stdout
        deployment: dict[str, Any] = json.loads(exported)["deployment"]
        return deployment

    def resources(self) -> list[dict[str, Any]]:
        """Return the resources in the state."""
        resources: list[dict[str, Any]] = self.deployment()["resources"]
        return resources

    def ids(self) -> dict[str, str]:
        """Return the physical ID of each step."""
        return {
            resource["urn"]: resource["id"] for resource in self.resources() if resource.get("id")
        }

    def outputs(self, name: str) -> dict[str, Any]:
        """Return the recorded outputs of a resource."""
        urn = f"::{name}"
        (found,) = (resource for resource in self.resources() if resource["urn"].endswith(urn))
        outputs: dict[str, Any] = found["outputs"]
        return outputs

    def doctor(self) -> str:
        return tamr(self.folder, "doctor", **self.env).stdout

    def locks(self) -> list[Path]:
        return list(self.state.rglob("locks/**/*.json"))


def kill_everything(process: subprocess.Popen[str]) -> None:
    """Send SIGKILL to the engine, the program and the provider host together."""
    os.killpg(process.pid, signal.SIGKILL)
