"""The CI templates: valid, careful with secrets, and their shell steps really run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from processes import QUICK, emulator, environment, project, stack_file, tamr

if TYPE_CHECKING:
    from collections.abc import Iterator

TEMPLATES = Path(__file__).parents[1] / "tamr_provider/templates"
GITHUB = TEMPLATES / "github/.github/workflows"
GITLAB = TEMPLATES / "gitlab/.gitlab-ci.yml"
WORKFLOWS = ["tamr-check", "tamr-up", "tamr-promote"]
NEEDS_JQ = pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not on PATH")


def workflow(name: str) -> Any:
    text = (GITHUB / f"{name}.yml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=yaml.BaseLoader)


def steps(name: str) -> dict[str, Any]:
    jobs = workflow(name)["jobs"].values()
    return {each.get("name", each.get("uses", "")): each for job in jobs for each in job["steps"]}


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        *(("vendor.github-workflows", GITHUB / f"{name}.yml") for name in WORKFLOWS),
        ("vendor.gitlab-ci", GITLAB),
    ],
    ids=[*WORKFLOWS, "gitlab"],
)
def test_each_template_is_valid_by_the_published_schema(schema: str, path: Path) -> None:
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", WORKFLOWS)
def test_actions_are_pinned_by_commit_and_no_event_text_reaches_a_shell(name: str) -> None:
    for step in steps(name).values():
        if "uses" in step:
            assert re.search(r"@[0-9a-f]{40}$", step["uses"])
        assert "${{" not in step.get("run", "")


@pytest.mark.parametrize("name", WORKFLOWS)
def test_secrets_are_given_to_single_steps_and_never_to_a_fork(name: str) -> None:
    document = workflow(name)
    assert "pull_request_target" not in document["on"]
    assert "secrets." not in json.dumps(document.get("env", {}))
    for job in document["jobs"].values():
        assert "secrets." not in json.dumps(job.get("env", {}))
        holds = "secrets.TAMR" in json.dumps(job["steps"])
        if holds and "pull_request" in document["on"]:
            same = "github.event.pull_request.head.repo.full_name == github.repository"
            assert job["if"] == same


def test_each_workflow_has_the_permissions_that_it_needs() -> None:
    granted = {name: workflow(name)["permissions"] for name in WORKFLOWS}
    assert granted == {
        "tamr-check": {"contents": "read", "pull-requests": "write"},
        "tamr-up": {"contents": "read", "actions": "write"},
        "tamr-promote": {"contents": "write", "pull-requests": "write"},
    }


def test_a_run_is_never_cancelled_and_hands_over_before_its_time_limit() -> None:
    up = workflow("tamr-up")["jobs"]["up"]
    assert up["concurrency"]["cancel-in-progress"] == "false"
    assert "${{ matrix.stack }}" in up["concurrency"]["group"]
    assert steps("tamr-up")["Up"]["env"]["TAMR_HAND_OVER_AFTER"] == "5h30m"
    assert 330 < int(up["timeout-minutes"]) <= 350
    gitlab = yaml.safe_load(GITLAB.read_text())["tamr-up"]
    assert gitlab["interruptible"] is False
    assert gitlab["resource_group"] == "tamr-up-$STACK"
    assert (gitlab["timeout"], gitlab["variables"]["TAMR_HAND_OVER_AFTER"]) == ("6h", "5h30m")


class Runner:
    """A folder with a repository, and programs of the test's own before all others on PATH."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.bin = folder / "shop", folder / "bin"
        self.bin.mkdir()
        project(self.folder, url)
        self.program("tamr", f'exec {sys.executable} -m tamr_provider "$@"')
        self.git("init", "--quiet", "--initial-branch", "main")
        self.git("config", "user.name", "A. Engineer")
        self.git("config", "user.email", "engineer@example.com")
        self.commit()

    def git(self, *words: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=self.folder, check=True, capture_output=True, text=True
        )
        return done.stdout

    def commit(self) -> None:
        self.git("add", ".")
        self.git("commit", "--quiet", "--allow-empty", "--message", "A change")

    def program(self, name: str, script: str) -> None:
        path = self.bin / name
        path.write_text(f"#!/bin/bash\n{script}\n")
        path.chmod(0o755)

    def bash(self, script: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a step as GitHub does: bash, ended by the first error, in a pipe too."""
        given = environment(**{"TAMR_STACK": "", "GH_TOKEN": "t", **env})
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=self.folder,
            env={**given, "PATH": f"{self.bin}{os.pathsep}{given['PATH']}"},
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    with emulator(*QUICK) as server:
        yield Runner(tmp_path, server.url)


def plan(runner: Runner) -> tuple[str, str]:
    """Run the check's plan; return the comment, and the exit code that it noted."""
    runner.git("update-ref", "refs/remotes/origin/main", "main~0")
    outputs = {name: str(runner.folder.parent / name) for name in ("out", "summary")}
    done = runner.bash(
        steps("tamr-check")["Plan"]["run"],
        STACK="dev",
        BASE="main",
        GITHUB_OUTPUT=outputs["out"],
        GITHUB_STEP_SUMMARY=outputs["summary"],
    )
    assert done.returncode == 0, done.stderr
    noted = Path(outputs["out"]).read_text().splitlines()[-1].removeprefix("code=")
    return (runner.folder / "comment.md").read_text(), noted


def test_the_check_says_what_the_change_would_launch(runner: Runner) -> None:
    comment, code = plan(runner)
    assert comment.startswith("<!-- tamr plan dev -->\n### Plan for `dev`")
    assert "| customers | load src_crm | + launch |" in comment
    assert code == "0"


def test_the_comment_appears_on_failure_too_and_says_what_failed(runner: Runner) -> None:
    path = stack_file(runner.folder)
    path.write_text(path.read_text().replace("sources", "sorces", 1))
    comment, code = plan(runner)
    assert "### There is no plan for `dev`" in comment
    assert "products.customers.sorces: unknown key" in comment
    assert code == "2"
    assert runner.bash(steps("tamr-check")["Result"]["run"], CODE=code).returncode == 2


def test_one_comment_is_made_and_from_then_on_kept_current(runner: Runner) -> None:
    (runner.folder / "comment.md").write_text("<!-- tamr plan dev -->\nplan")
    log = runner.bin / "log"
    step = steps("tamr-check")["Comment"]["run"]
    for found, expected in (("", "--method POST all"), ("41\n42", "--method PATCH one/41")):
        runner.program("gh", f'case "$*" in *--jq*) echo "{found}";; *) echo "$*" >> {log};; esac')
        done = runner.bash(step, STACK="dev", COMMENTS="all", EDIT="one")
        assert done.returncode == 0, done.stderr
        asked = log.read_text().splitlines()[-1]
        assert asked == f"api --silent {expected} --field body=@comment.md"


FINISHED = "exit 0"
NOT_FINISHED = "echo 'error: NotFinishedError: a: load b is not finished'; exit 255"
FAILED = (
    "echo 'error: JobFailedError: a: load b failed'; echo 'error: NotFinishedError: c'; exit 255"
)
LOCKED = "echo 'error: the stack is currently locked'; exit 255"


@pytest.mark.parametrize(
    ("pulumi", "code", "queued"),
    [(FINISHED, 0, False), (NOT_FINISHED, 0, True), (FAILED, 255, False), (LOCKED, 255, False)],
    ids=["finished", "not finished", "failed", "locked"],
)
def test_what_is_not_finished_is_queued_again_and_a_failure_fails(
    runner: Runner, pulumi: str, code: int, queued: bool
) -> None:
    log = runner.bin / "log"
    log.touch()
    runner.program("gh", f'echo "$*" >> {log}')
    runner.program("pulumi", pulumi)
    assert runner.bash(steps("tamr-up")["Up"]["run"], STACK="dev").returncode == code
    expected = ["workflow run tamr-up.yml --field stack=dev"] if queued else []
    assert log.read_text().splitlines() == expected


@NEEDS_JQ
def test_what_staging_holds_becomes_a_pull_request_with_its_evidence(runner: Runner) -> None:
    remote = runner.folder.parent / "remote.git"
    runner.git("init", "--quiet", "--bare", str(remote))
    runner.git("remote", "add", "origin", str(remote))
    prod = runner.folder / "stacks/Pulumi.prod.yaml"
    prod.write_text(stack_file(runner.folder).read_text().replace('"2026-11-20"', '"2026-11-13"'))
    runner.commit()
    assert tamr(runner.folder, "up", "--stack", "dev").returncode == 0
    log, body = runner.bin / "log", runner.bin / "body"
    runner.program("gh", f'echo "$*" >> {log}; [ "$2" != create ] || cat evidence.md >> {body}')
    step = steps("tamr-promote")["Promote"]["run"]
    env = {"PRODUCT": "customers", "SOAK": "0s", "FROM": "dev", "TO": "prod"}
    done = runner.bash(step, **env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pr create --head promote/customers --title customers 2026-11-20" in log.read_text()
    assert "### Promote `customers` 2026-11-20 from dev to prod" in body.read_text()
    changed = runner.git("diff", "--stat", "main", "origin/promote/customers")
    assert "stacks/Pulumi.prod.yaml | 4 ++--" in changed
    assert runner.git("branch", "--show-current").strip() == "main"


@NEEDS_JQ
def test_what_may_not_be_promoted_yet_is_a_notice_and_what_never_may_an_error(
    runner: Runner,
) -> None:
    prod = runner.folder / "stacks/Pulumi.prod.yaml"
    prod.write_text(stack_file(runner.folder).read_text().replace('"2026-11-20"', '"2026-11-13"'))
    runner.commit()
    step = steps("tamr-promote")["Promote"]["run"]
    env = {"PRODUCT": "suppliers", "SOAK": "0s", "FROM": "dev", "TO": "prod"}
    done = runner.bash(step, **env)
    assert done.returncode == 0, done.stderr
    assert "::notice::error: dev does not hold suppliers 2026-11-20" in done.stdout
    prod.write_text(prod.read_text().replace("2026-11-13", "2026-11-21"))
    runner.commit()
    done = runner.bash(step, **env)
    assert done.returncode == 1
    assert "::error::error: prod is to hold suppliers 2026-11-21 already" in done.stdout


class GitLab(BaseHTTPRequestHandler):
    """As much of GitLab as the script asks for."""

    notes: list[dict[str, Any]]

    def do_GET(self) -> None:
        first = self.path.endswith("&page=1")
        self._answer(self.notes if first else [])

    def do_POST(self) -> None:
        self.notes.append({"id": len(self.notes) + 7, **self._body()})
        self._answer({})

    def do_PUT(self) -> None:
        number = int(self.path.rpartition("/")[2])
        next(each for each in self.notes if each["id"] == number).update(self._body())
        self._answer({})

    def _body(self) -> Any:
        assert self.headers["PRIVATE-TOKEN"] == "t0ken"
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, value: Any) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def gitlab() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    GitLab.notes = [{"id": 1, "body": "somebody's own"}]
    server = ThreadingHTTPServer(("127.0.0.1", 0), GitLab)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", GitLab.notes
    server.shutdown()
    server.server_close()
    thread.join()


def test_gitlabs_check_keeps_one_note_current_and_fails_with_the_plan(
    runner: Runner, gitlab: tuple[str, list[dict[str, Any]]]
) -> None:
    url, notes = gitlab
    shutil.copytree(TEMPLATES / "gitlab/ci", runner.folder / "ci")
    (script,) = yaml.safe_load(GITLAB.read_text())["tamr-check"]["script"]
    env = {
        "STACK": "dev",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": "main",
        "CI_API_V4_URL": url,
        "CI_PROJECT_ID": "3",
        "CI_MERGE_REQUEST_IID": "5",
        "GITLAB_TOKEN": "t0ken",
    }
    assert runner.bash(script, **env).returncode == 0
    assert notes[1]["body"].startswith("<!-- tamr plan dev -->\n### Plan for `dev`")
    path = stack_file(runner.folder)
    path.write_text(path.read_text().replace("sources", "sorces", 1))
    assert runner.bash(script, **env).returncode == 2
    assert [each["id"] for each in notes] == [1, 8]
    assert "unknown key" in notes[1]["body"]
    assert notes[0]["body"] == "somebody's own"


@pytest.mark.parametrize(
    ("ci", "expected"),
    [
        ("github", {f".github/workflows/{name}.yml" for name in WORKFLOWS}),
        ("gitlab", {".gitlab-ci.yml", "ci/gitlab.py"}),
        ("none", set[str]()),
    ],
)
def test_init_adds_the_workflows_that_were_asked_for(
    tmp_path: Path, ci: str, expected: set[str]
) -> None:
    assert tamr(tmp_path, "init", "shop", "--ci", ci).returncode == 0
    made = {
        each.relative_to(tmp_path / "shop").as_posix()
        for each in (tmp_path / "shop").rglob("*")
        if each.is_file()
    }
    assert {each for each in made if each.startswith((".github", ".gitlab", "ci/"))} == expected
