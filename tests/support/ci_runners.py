"""Simulated CI runners: their shell, settings and programs."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from support.processes import environment

if TYPE_CHECKING:
    from collections.abc import Iterable

TEMPLATES = Path(__file__).parents[2] / "tamr_provider/templates"
GITHUB = TEMPLATES / "github/.github/workflows"
GITLAB = TEMPLATES / "gitlab/.gitlab-ci.yml"
WORKFLOWS = ["tamr-check", "tamr-up", "tamr-promote"]
# https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax, `shell`.
SHELLS = {None: ["bash", "-e"], "bash": ["bash", "--noprofile", "--norc", "-eo", "pipefail"]}
# GitLab's runner puts `set -eo pipefail` before the lines of a script.
GITLAB_SHELL = ["bash", "-eo", "pipefail"]
# A fake Pulumi CLI: the same jobs and exit codes.
PULUMI = """\
case "$1 $2" in
  "stack select") ;;
  "stack history") echo '[]' ;;
  *) while [ "$1" != --stack ]; do shift; done; tamr up --stack "$2" || exit 255 ;;
esac"""


def workflow(name: str) -> Any:
    text = (GITHUB / f"{name}.yml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=yaml.BaseLoader)


def steps(name: str) -> dict[str, dict[str, Any]]:
    jobs = workflow(name)["jobs"].values()
    return {step.get("name", step.get("uses", "")): step for job in jobs for step in job["steps"]}


def shell_of(name: str, step: dict[str, Any]) -> list[str]:
    """Return the command with which GitHub runs a step's script."""
    document = workflow(name)
    default = document.get("defaults", {}).get("run", {}).get("shell")
    return SHELLS[step.get("shell", default)]


class CIRunner:
    """A folder with a repository, and fake programs first on PATH."""

    def __init__(self, folder: Path, remote: Path | None = None) -> None:
        self.root, self.folder, self.bin = folder, folder / "shop", folder / "bin"
        self.bin.mkdir(exist_ok=True)
        self.log = folder / "forge.log"
        self.log.touch()
        self.program("tamr", f'exec {shlex.quote(sys.executable)} -m tamr_provider "$@"')
        self.program("gh", f'echo "$*" >> {self.log}')
        if remote:
            self.git("clone", "--quiet", str(remote), str(self.folder), cwd=folder)
        else:
            self.folder.mkdir(exist_ok=True)
            self.git("init", "--quiet", "--initial-branch", "main")
        self.git("config", "user.name", "A. Engineer")
        self.git("config", "user.email", "engineer@example.com")

    def git(self, *words: str, cwd: Path | None = None) -> str:
        done = subprocess.run(
            ["git", *words], cwd=cwd or self.folder, check=True, capture_output=True, text=True
        )
        return done.stdout

    def commit(self, message: str = "A change") -> None:
        self.git("add", ".")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)

    def program(self, name: str, script: str) -> None:
        path = self.bin / name
        path.write_text(f"#!/bin/bash\n{script}\n")
        path.chmod(0o755)

    def calls(self) -> list[str]:
        """Return the calls of the forge's program since the last call."""
        lines = self.log.read_text().splitlines()
        self.log.write_text("")
        return lines

    def offer_pulumi(self, script: str = "") -> str:
        """Let curl download a Pulumi CLI, the real one if installed; return its checksum."""
        real = shutil.which("pulumi")
        script = script or (f'exec {real} "$@"' if real else PULUMI)
        made = self.root / "made/pulumi"
        made.mkdir(parents=True, exist_ok=True)
        (made / "pulumi").write_text(f"#!/bin/bash\n{script}\n")
        (made / "pulumi").chmod(0o755)
        archive = self.root / "offered.tar.gz"
        with tarfile.open(archive, "w:gz") as tar:
            tar.add(made, "pulumi")
        to_output = 'while [ "$1" != --output ]; do shift; done'
        self.program("curl", f'{to_output}; echo "$3" >> {self.log}; cp {archive} "$2"')
        return hashlib.sha256(archive.read_bytes()).hexdigest()

    def run(
        self, shell: Iterable[str], script: str, env: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        path = self.root / "script.sh"
        path.write_text(script)
        given = environment(**{"TAMR_STACK": "", "TAMR_API_KEY": "", **env})
        added = self.root / "github_path"
        first = added.read_text().strip() if added.exists() else ""
        return subprocess.run(
            [*shell, str(path)],
            cwd=self.folder,
            env={**given, "PATH": f"{self.bin}{os.pathsep}{first}{os.pathsep}{given['PATH']}"},
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )

    def step(self, name: str, step: str, **given: str) -> subprocess.CompletedProcess[str]:
        """Run a step of a workflow as GitHub does; `given` wins over settings and `env`."""
        found = steps(name)[step]
        env = {key: filled(value, given) for key, value in found.get("env", {}).items()}
        files = {key: str(self.root / key.lower()) for key in ("GITHUB_OUTPUT", "GITHUB_PATH")}
        files["GITHUB_STEP_SUMMARY"] = str(self.root / "summary")
        more = {"RUNNER_TEMP": str(self.root), **files}
        return self.run(shell_of(name, found), found["run"], {**env, **more, **given})

    def job(self, name: str, **given: str) -> subprocess.CompletedProcess[str]:
        """Run the steps of a workflow's first job in order, up to the first that fails."""
        job = next(iter(workflow(name)["jobs"].values()))
        given = {"PIP_DRY_RUN": "1", "PIP_NO_DEPS": "1", "PIP_NO_INDEX": "1", **given}
        for step in job["steps"]:
            if "run" in step:
                done = self.step(name, step["name"], **given)
                if done.returncode:
                    break
        return done

    def gitlab(self, job: str, **given: str) -> subprocess.CompletedProcess[str]:
        """Run the scripts of a job as GitLab does: each in a shell, the code is the first's."""
        document = yaml.safe_load(GITLAB.read_text(encoding="utf-8"))
        found = document[job]
        env = {**document["variables"], **found.get("variables", {})}
        env |= {"HOME": str(self.root), "CI_DEFAULT_BRANCH": "main", **given}
        done = self.run(GITLAB_SHELL, "\n".join(found["script"]), env)
        after = self.run(GITLAB_SHELL, "\n".join(found.get("after_script", [])), env)
        output, errors = done.stdout + after.stdout, done.stderr + after.stderr
        return subprocess.CompletedProcess(done.args, done.returncode, output, errors)


def filled(text: str, settings: dict[str, str]) -> str:
    """Replace expressions as GitHub does; an unset value is an empty string."""
    return re.sub(
        r"\$\{\{ (?:secrets|vars|inputs|github|steps\.\w+\.outputs)\.(\w+)[^}]*\}\}",
        lambda found: settings.get(found[1], ""),
        text,
    )
