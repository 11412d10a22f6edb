"""The steps of the GitHub workflows, run in order on the shell that GitHub gives them."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from support.ci_runners import CIRunner
from support.processes import PRODUCTS, QUICK, SLOW, emulator, project, stack_file, tamr

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not on PATH")
QUEUED = ["workflow run tamr-up.yml --field stack=dev"]
KEY = {"TAMR_API_KEY": "k"}


def write_stacks(runner: CIRunner, **urls: str) -> None:
    for name, url in urls.items():
        project(runner.folder, url)
        path = stack_file(runner.folder)
        path.rename(path.with_name(f"Pulumi.{name}.yaml"))
    runner.commit("The stacks")


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[CIRunner]:
    with emulator(*QUICK) as server:
        runner = CIRunner(tmp_path)
        project(runner.folder, server.url)
        runner.commit()
        yield runner


def backend(folder: Path) -> dict[str, str]:
    """Return what a person sets who keeps the state on a backend of their own."""
    (folder / "state").mkdir(exist_ok=True)
    return {
        "PULUMI_BACKEND_URL": (folder / "state").as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "x",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "TAMR_API_KEY_STAGING": "k",
    }


def test_the_first_merge_works_with_the_listed_settings_alone(tmp_path: Path) -> None:
    """A generated project, a new backend, then the next run in a clone of its own."""
    with emulator(*QUICK) as server:
        assert tamr(tmp_path, "init", "shop", "--ci", "github").returncode == 0
        stack = tmp_path / "shop/stacks/Pulumi.staging.yaml"
        stack.write_text(stack.read_text().replace("https://acme-staging.tamr.cloud", server.url))
        first = CIRunner(tmp_path)
        first.commit()
        settings = backend(tmp_path) | {"STACK": "staging", "TAMR_API_KEY_PROD": ""}
        settings["PULUMI_SHA256"] = first.offer_pulumi()
        done = first.job("tamr-up", **settings)
        assert done.returncode == 0, done.stdout + done.stderr
        assert len(server.posts()) == 4
        (tmp_path / "next").mkdir()
        again = CIRunner(tmp_path / "next", remote=first.folder)
        settings["PULUMI_SHA256"] = again.offer_pulumi()
        done = again.job("tamr-up", **settings)
        assert done.returncode == 0, done.stdout + done.stderr
        assert len(server.posts()) == 4


def test_a_download_with_another_checksum_is_not_unpacked(runner: CIRunner) -> None:
    runner.offer_pulumi()
    done = runner.step("tamr-up", "Install the Pulumi CLI")
    assert done.returncode == 1
    assert not (runner.root / "pulumi").exists()
    (url,) = runner.calls()
    assert url == "https://get.pulumi.com/releases/sdk/pulumi-v3.255.0-linux-x64.tar.gz"


def test_a_passphrase_that_is_not_set_is_not_taken_for_an_empty_one(runner: CIRunner) -> None:
    runner.program("pulumi", 'echo "${PULUMI_CONFIG_PASSPHRASE-none}"')
    done = runner.step("tamr-up", "Up", STACK="dev")
    assert done.stdout.splitlines() == ["none", "none"]


def up(runner: CIRunner, pulumi: str, **env: str) -> tuple[int, list[str]]:
    """Run the step Up with a stand-in for `pulumi up`; return its code and what was queued."""
    script = f'case "$1" in stack) {env.pop("HISTORY", "true")} ;; up) {pulumi} ;; esac'
    runner.program("pulumi", script)
    done = runner.step("tamr-up", "Up", STACK="dev", **KEY, **env)
    print(done.stdout, done.stderr)
    return done.returncode, runner.calls()


RUN = "tamr up --stack dev || exit 255"
LOCKED = "echo 'error: the stack is currently locked'; exit 255"


def test_a_failed_job_fails_the_workflow_whatever_the_log_says(tmp_path: Path) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text(json.dumps({"jobs": [{"type": "load", "outcome": "failed", "times": 99}]}))
    with emulator(*QUICK, "--faults", str(faults)) as server:
        runner = CIRunner(tmp_path)
        write_stacks(runner, dev=server.url)
        script = f"echo 'error: NotFinishedError: c: load d did not finish'; {RUN}"
        assert up(runner, script) == (255, [])


def test_a_run_that_handed_over_is_queued_again_while_jobs_are_running(tmp_path: Path) -> None:
    with emulator(*SLOW) as server:
        runner = CIRunner(tmp_path)
        write_stacks(runner, dev=server.url)
        assert up(runner, RUN, TAMR_HAND_OVER_AFTER="1s") == (0, QUEUED)


def test_a_locked_stack_fails_and_queues_nothing(tmp_path: Path) -> None:
    """While jobs of a killed run are still running, too: this run never began."""
    with emulator(*SLOW) as server:
        runner = CIRunner(tmp_path)
        write_stacks(runner, dev=server.url)
        assert up(runner, LOCKED) == (255, [])
        tamr(runner.folder, "up", TAMR_HAND_OVER_AFTER="1s")
        old = """echo '[{"startTime": "2026-11-20T09:00:00.000Z"}]'"""
        assert up(runner, LOCKED, HISTORY=old) == (255, [])


def test_what_the_tenant_refused_fails_when_nothing_is_running(tmp_path: Path) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text(json.dumps({"jobs": [{"sourceId": "src_erp", "refuse": 404, "times": 99}]}))
    with emulator(*QUICK, "--faults", str(faults)) as server:
        runner = CIRunner(tmp_path)
        write_stacks(runner, dev=server.url)
        assert up(runner, RUN) == (255, [])


def test_a_freeze_is_neither_a_failure_nor_a_reason_to_queue(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        runner = CIRunner(tmp_path)
        frozen = "      freeze: ['2026-01-01 00:00 - 2126-01-01 00:00 UTC']\n"
        one = PRODUCTS.partition("    suppliers:")[0] + frozen
        project(runner.folder, server.url, one)
        runner.commit()
        assert up(runner, RUN) == (0, [])


def outputs(runner: CIRunner) -> dict[str, str]:
    """Return the outputs of the steps that ran, the last value of each."""
    lines = (runner.root / "github_output").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


def plan(runner: CIRunner, **env: str) -> tuple[str, str]:
    """Run the check's plan; return the comment, and the exit code that it noted."""
    runner.git("update-ref", "refs/remotes/origin/main", "main")
    done = runner.step("tamr-check", "Plan", **{"STACK": "dev", "BASE": "main", **KEY, **env})
    assert done.returncode == 0, done.stderr
    return (runner.folder / "comment.md").read_text(), outputs(runner)["code"]


def test_the_check_says_what_the_change_would_launch(runner: CIRunner) -> None:
    comment, code = plan(runner)
    assert comment.startswith("<!-- tamr plan dev -->\n### dev: ")
    assert "**No jobs would run** · 8 jobs of products that this change does not touch" in comment
    assert "| + | customers | load src_crm | pending | no job for this version yet |" in comment
    assert code == "0"


def test_the_comment_appears_on_failure_too_and_says_what_failed(runner: CIRunner) -> None:
    path = stack_file(runner.folder)
    path.write_text(path.read_text().replace("sources", "sorces", 1))
    comment, code = plan(runner)
    assert "### The plan for `dev` failed" in comment
    assert "products.customers.sorces: unknown key" in comment
    assert code == "2"
    assert runner.step("tamr-check", "Result", CODE=code).returncode == 2


@pytest.mark.parametrize("stack", ["dev", "before"])
def test_no_key_is_sent_to_an_address_that_a_pull_request_brings(
    runner: CIRunner, stack: str
) -> None:
    """Neither for the stack itself nor for the one that promoteFrom would ask."""
    path = stack_file(runner.folder)
    before = path.with_name("Pulumi.before.yaml")
    before.write_text(path.read_text())
    path.write_text(path.read_text() + "      promoteFrom: before\n")
    runner.commit()
    comment, code = plan(runner)
    assert code == "0", comment
    runner.git("switch", "--quiet", "--create", "theirs")
    with emulator() as thief:
        changed = path.with_name(f"Pulumi.{stack}.yaml")
        own = next(line for line in changed.read_text().splitlines() if "tamr:url" in line)
        changed.write_text(changed.read_text().replace(own, f"  tamr:url: {thief.url}"))
        runner.commit()
        comment, code = plan(runner)
        assert code == "2"
        assert f"stack {stack}: tamr:url: {thief.url} is new in this change" in comment
        assert thief.record()["requests"] == []


def test_a_new_stack_gets_no_key_before_its_address_is_on_the_base(runner: CIRunner) -> None:
    path = stack_file(runner.folder)
    runner.git("switch", "--quiet", "--create", "theirs")
    path.rename(path.with_name("Pulumi.new.yaml"))
    comment, code = plan(runner, STACK="new")
    assert code == "2"
    assert "is new in this change (origin/main has none)" in comment


def test_one_comment_is_made_and_from_then_on_kept_current(runner: CIRunner) -> None:
    """Among those of the workflow alone: a stranger's comment may begin with the same line."""
    (runner.folder / "comment.md").write_text("<!-- tamr plan dev -->\nplan")
    body = "<!-- tamr plan dev -->\\nold"
    stranger = f'{{"id": 40, "user": {{"login": "octocat"}}, "body": "{body}"}}'
    ours = [
        f'{{"id": {n}, "user": {{"login": "github-actions[bot]"}}, "body": "{body}"}}'
        for n in (41, 42)
    ]
    for found, expected in (
        ([stranger], "--method POST all"),
        ([stranger, *ours], "--method PATCH one/41"),
    ):
        (runner.root / "comments.json").write_text(f"[{','.join(found)}]")
        runner.program(
            "gh",
            f'if [ "$4" = --jq ]; then jq -r "$5" {runner.root}/comments.json; '
            f'else echo "$*" >> {runner.log}; fi',
        )
        given = {"STACK": "dev", "COMMENTS": "all", "EDIT": "one"}
        done = runner.step("tamr-check", "Comment", **given)
        assert done.returncode == 0, done.stderr
        assert runner.calls() == [f"api --silent {expected} --field body=@comment.md"]


@pytest.mark.parametrize(
    ("tamr", "conclusion", "title", "code"),
    [
        ("echo plan; exit 0", "success", "Nothing needs you", "0"),
        ("echo plan; exit 3", "success", "Nothing needs you", "0"),
        ("echo plan; exit 1", "neutral", "Something needs you: see the comment", "0"),
        ("echo 'error: no response' >&2; exit 1", "failure", "There is no plan", "1"),
    ],
)
def test_a_hold_that_needs_a_person_makes_a_check_neutral(
    runner: CIRunner, tamr: str, conclusion: str, title: str, code: str
) -> None:
    """The exit codes are those of `tamr plan --detailed-exitcode`."""
    runner.program("tamr", tamr)
    plan(runner)
    assert (outputs(runner)["result"], outputs(runner)["code"]) == (conclusion, code)
    given = {"STACK": "dev", "HEAD": "c0ffee", "CHECKS": "checks", "RESULT": conclusion}
    assert runner.step("tamr-check", "Check", **given).returncode == 0
    (call,) = runner.calls()
    assert call.startswith("api --silent --method POST checks --raw-field name=tamr plan (dev) ")
    assert f"conclusion={conclusion} --raw-field output[title]={title} " in call


# Serves comments, a pull request and the edit of a comment from files.
GH = """\
case "$*" in
  *" --method PATCH "*)
    echo "$5" >> {log}
    jq -n --rawfile b comment.md '{{body: $b}}' > {root}/one ;;
  */pulls/*) jq -r "$4" {root}/pull ;;
  */comments/*) jq -r "$4" {root}/one ;;
  *) jq -r "$5" {root}/all ;;
esac"""


class Merged:
    """A merged pull request with the comment of tamr-check, and a stranger's."""

    def __init__(self, runner: CIRunner) -> None:
        self.runner = runner
        self.pull = {"merged": True, "merge_commit_sha": runner.git("rev-parse", "HEAD").strip()}
        self.body = "<!-- tamr plan dev -->\nthe plan\n"
        runner.program("gh", GH.format(root=runner.root, log=runner.log))

    def tell(self, **env: str) -> list[str]:
        """Run the steps after the run; return the addresses of the comments that were edited."""
        root = self.runner.root
        given = {"STACK": "dev", "REPOSITORY": "repos/o/r", "RUN": "run/1", **KEY, **env}
        row = {"issue_url": "https://api.github.com/repos/o/r/issues/5", "body": self.body}
        ours = {**row, "id": 42, "user": {"login": "github-actions[bot]"}}
        theirs = {**row, "id": 41, "user": {"login": "octocat"}}
        (root / "all").write_text(json.dumps([theirs, ours]))
        (root / "one").write_text(json.dumps(ours))
        (root / "pull").write_text(json.dumps(self.pull))
        (root / "summary").write_text("")
        for step in ("Status", "Comment"):
            given["CODE"] = outputs(self.runner)["code"] if step == "Comment" else ""
            done = self.runner.step("tamr-up", step, **given)
            assert done.returncode == 0, done.stderr
        self.body = json.loads((root / "one").read_text())["body"]
        return self.runner.calls()


EDITED = ["repos/o/r/issues/comments/42"]


def test_the_comment_tells_how_it_ended_until_all_is_deployed(tmp_path: Path) -> None:
    with emulator(*SLOW) as server:
        runner = CIRunner(tmp_path)
        write_stacks(runner, dev=server.url)
        merged = Merged(runner)
        tamr(runner.folder, "up", TAMR_HAND_OVER_AFTER="1s")
        server.wait_for_running(2)
        assert merged.tell() == EDITED
        start = "<!-- tamr plan dev -->\n### dev: 0 of 2 products are deployed\n"
        assert merged.body.startswith(start)
        assert merged.body.endswith("[The run that ended so](run/1)\n")
        assert merged.tell(RUN="run/2") == []
    with emulator(*QUICK) as server:
        write_stacks(runner, dev=server.url)
        assert tamr(runner.folder, "up").returncode == 0
        assert merged.tell() == EDITED
        start = "<!-- tamr plan dev -->\n<!-- deployed -->\n### dev: all 2 products are deployed\n"
        assert merged.body.startswith(start)
        assert (runner.root / "summary").read_text().startswith("### dev: all 2 products ")
        assert outputs(runner)["url"] == server.url
        tamr(runner.folder, "bump", "customers", "2026-11-21")
        assert merged.tell() == []


def test_no_comment_is_edited_before_its_merge_is_part_of_the_run(runner: CIRunner) -> None:
    merged = Merged(runner)
    merged.pull["merged"] = False
    assert merged.tell() == []
    before = runner.git("rev-parse", "HEAD").strip()
    runner.commit("A later merge")
    merged.pull = {"merged": True, "merge_commit_sha": runner.git("rev-parse", "HEAD").strip()}
    runner.git("reset", "--quiet", "--hard", before)
    assert merged.tell() == []


def test_an_unknown_state_is_said_and_gives_no_address(runner: CIRunner) -> None:
    path = stack_file(runner.folder)
    path.write_text(path.read_text().replace("sources", "sorces", 1))
    assert Merged(runner).tell() == EDITED
    assert (runner.root / "summary").read_text().startswith("### dev: the state is unknown")
    assert outputs(runner)["url"] == ""


@pytest.mark.parametrize(("state", "is_final"), [("satisfied", True), ("running", False)])
def test_a_comment_is_final_once_its_own_versions_are_deployed(
    runner: CIRunner, state: str, is_final: bool
) -> None:
    """Whatever the products of other pull requests wait for."""
    runner.commit("customers: the next version")
    merged = Merged(runner)
    other = {"state": "hold", "requestedBy": None}
    own = {"state": state, "requestedBy": {"commit": merged.pull["merge_commit_sha"]}}
    document = json.dumps({"stacks": [{"url": "https://t"}], "products": [other, own]})
    runner.program(
        "tamr", f"case \"$*\" in *json) echo '{document}' ;; *) echo text ;; esac; exit 1"
    )
    assert merged.tell() == EDITED
    assert merged.body.startswith("<!-- tamr plan dev -->\n<!-- deployed -->\n") == is_final
