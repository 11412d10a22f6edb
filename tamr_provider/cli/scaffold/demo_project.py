"""The project of `tamr demo`, on an emulator of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tamr_provider.cli.scaffold.template import DEMO, template_texts, write_core, write_missing

if TYPE_CHECKING:
    from collections.abc import Iterator

TAMR = [sys.executable, "-m", "tamr_provider"]
_EMULATOR = ["--port=0", "--pending=500ms", "--load=4s", "--update=6s", "--publish=3s"]
_NAME = "tamr-pipelines"
_TEMPLATE_URL = "http://127.0.0.1:8080"


@contextmanager
def run_emulator() -> Iterator[str]:
    """Yield the URL of an emulator whose jobs take seconds, and stop it."""
    with subprocess.Popen(  # noqa: S603 - our own command
        [*TAMR, "emulator", *_EMULATOR],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        start_new_session=True,
    ) as process:
        assert process.stdout is not None  # noqa: S101 - requested above
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


class DemoProject:
    """A project with a repository in a folder; `pulumi` is the CLI's folder, or empty."""

    def __init__(self, folder: Path, url: str, pulumi: str) -> None:
        self._folder = folder
        programs = [str(Path(sys.executable).parent), pulumi, os.environ.get("PATH", "")]
        self._env = {
            **os.environ,
            "PATH": os.pathsep.join(filter(None, programs)),
            "TAMR_API_KEY": "demo",
            "TAMR_STACK": "dev",
            "TAMR_POLL_SECONDS": "0.5",
            "PULUMI_BACKEND_URL": (folder / "state").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "demo",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_PYTHON_CMD": sys.executable,
        }
        self._env.pop("TAMR_URL", None)
        write_core(folder, _NAME)
        (folder / "state").mkdir()
        texts = template_texts(_NAME, [DEMO])
        own = {path: text.replace(_TEMPLATE_URL, url) for path, text in texts.items()}
        write_missing(folder, own)
        self.run(["git", "init", "--quiet"], quiet=True)
        self.commit()
        if pulumi:
            self.run(["pulumi", "stack", "init", "dev"], quiet=True)

    def set_version(self, product: str, before: str, after: str) -> None:
        """Change one line of the stack file, as in an editor, and commit it."""
        path = self._folder / "stacks/Pulumi.dev.yaml"
        head, name, tail = path.read_text(encoding="utf-8").partition(f"    {product}:")
        new = tail.replace(f'version: "{before}"', f'version: "{after}"', 1)
        path.write_text(head + name + new, encoding="utf-8")
        self.commit()

    def commit(self) -> None:
        """Commit the stack files: a version counts from its commit."""
        author = ["-c", "user.name=demo", "-c", "user.email=demo@example.com"]
        git = ["git", *author, "-c", "commit.gpgsign=false"]
        self.run([*git, "add", "stacks"], quiet=True)
        self.run([*git, "commit", "--quiet", "--message", "A version"], quiet=True)

    def read_steps(self) -> list[dict[str, Any]]:
        """Return the steps of `tamr plan --json`."""
        plan: dict[str, Any] = json.loads(self.run([*TAMR, "plan", "--json"], quiet=True))
        return list(plan["steps"])

    def run(self, words: list[str], quiet: bool = False) -> str:
        """Run a command; return its output if quiet. Raises CalledProcessError if it fails."""
        done = subprocess.run(  # noqa: S603 - no shell, and only our own words
            words,
            cwd=self._folder,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if quiet else None,
            stderr=subprocess.PIPE if quiet else None,
            encoding="utf-8",
            check=True,
        )
        return done.stdout or ""
