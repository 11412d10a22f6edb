"""Promotion requests on GitHub and GitLab, by the same rules."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from support.ci_runners import TEMPLATES, CIRunner
from support.gitlab_api import TOKEN, GitLab, gitlab
from support.processes import QUICK, emulator, project, stack_file, tamr

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not on PATH")
BRANCH = "promote/customers"


class Project:
    """Stacks dev and prod with a remote, and the promotion of one forge."""

    def __init__(self, folder: Path, url: str, forge: GitLab | None) -> None:
        self.runner = CIRunner(folder)
        self.forge = forge
        self.remote = folder / "remote.git"
        self.runner.git("init", "--quiet", "--bare", str(self.remote))
        self.runner.git("remote", "add", "origin", str(self.remote))
        project(self.runner.folder, url)
        shutil.copytree(TEMPLATES / "gitlab/ci", self.runner.folder / "ci")
        self.prod = self.runner.folder / "stacks/Pulumi.prod.yaml"
        text = stack_file(self.runner.folder).read_text().replace('"2026-11-20"', '"2026-11-13"')
        self.prod.write_text(text.replace(url, "https://prod.example.com"))
        self.runner.commit()
        self.runner.git("push", "--quiet", "origin", "main")

    def deploy(self, version: str) -> None:
        """Deploy a version of customers to dev."""
        tamr(self.runner.folder, "bump", "customers", version, "--stack", "dev")
        self.runner.git("commit", "--quiet", "--all", "--message", f"customers: {version}")
        self.runner.git("push", "--quiet", "origin", "main")
        assert tamr(self.runner.folder, "up", "--stack", "dev").returncode == 0

    def promote(self, product: str = "customers") -> tuple[int, str]:
        env = {
            "PRODUCT": product,
            "SOAK": "0s",
            "FROM": "dev",
            "TO": "prod",
            "TAMR_API_KEY_DEV": "k",
        }
        if self.forge:
            forge = {**self.forge.variables, "CI_PROJECT_URL": str(self.remote)[: -len(".git")]}
            done = self.runner.gitlab("tamr-promote", **forge, **env)
        else:
            done = self.runner.step("tamr-promote", "Promote", **env)
        print(done.stdout, done.stderr)
        self.runner.git("switch", "--quiet", "main")
        self.runner.git("fetch", "--quiet", "--prune", "origin")
        return done.returncode, done.stdout + done.stderr

    def tip(self) -> str:
        return self.runner.git("rev-parse", f"origin/{BRANCH}").strip()

    def proposed(self) -> str:
        return self.runner.git("show", f"origin/{BRANCH}:stacks/Pulumi.prod.yaml")

    def requests(self) -> list[str]:
        """Return the titles of the requests that changed since the last call."""
        if self.forge:
            return [row.pop("title") for row in self.forge.merge_requests if "title" in row]
        calls = [line for line in self.runner.calls() if line.startswith(("pr create", "pr edit"))]
        return [line.partition("--title ")[2].partition(" --body")[0] for line in calls]


GH = """\
echo "$*" >> {log}
case "$2 $*" in
  create*) cp evidence.md {root}/body; touch {root}/made ;;
  list*) if [ -e {root}/made ]; then echo 1; fi ;;
esac"""


@pytest.fixture(params=["github", "gitlab"])
def shop(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Project]:
    with emulator(*QUICK) as server, gitlab() as forge:
        made = Project(tmp_path, server.url, forge if request.param == "gitlab" else None)
        runner = made.runner
        runner.program("gh", GH.format(log=runner.log, root=runner.root))
        assert tamr(runner.folder, "up", "--stack", "dev").returncode == 0
        yield made


def evidence(shop: Project) -> str:
    if shop.forge:
        return str(shop.forge.merge_requests[0]["description"])
    return (shop.runner.root / "body").read_text()


def test_a_deployed_version_becomes_a_request_with_evidence(shop: Project) -> None:
    assert shop.promote("")[0] == 0
    assert sorted(shop.requests()) == [
        "customers 2026-11-20 to prod",
        "suppliers 2026-11-20 to prod",
    ]
    changed = shop.runner.git("diff", "--stat", "main", f"origin/{BRANCH}")
    assert "stacks/Pulumi.prod.yaml | 4 ++--" in changed
    assert "from dev to prod" in evidence(shop)
    assert "| load src_crm |" in evidence(shop)


def add_a_reviewers_commit(shop: Project) -> None:
    git = shop.runner.git
    git("switch", "--quiet", "--force-create", BRANCH, f"origin/{BRANCH}")
    (shop.runner.folder / "note.md").write_text("looks good")
    git("add", "note.md")
    git("commit", "--quiet", "--message", "A reviewer's note")
    git("push", "--quiet", "origin", BRANCH)
    git("switch", "--quiet", "main")


def test_a_request_stays_until_staging_has_another_version(shop: Project) -> None:
    """A reviewer's commit stays in both cases."""
    shop.promote()
    add_a_reviewers_commit(shop)
    reviewed = shop.tip()
    shop.requests()
    assert shop.promote()[0] == 0
    assert (shop.tip(), shop.requests()) == (reviewed, [])
    shop.deploy("2026-11-21")
    assert shop.promote()[0] == 0
    assert '"2026-11-21"' in shop.proposed()
    assert shop.requests() == ["customers 2026-11-21 to prod"]
    shop.runner.git("merge-base", "--is-ancestor", reviewed, shop.tip())
    assert shop.runner.git("show", f"origin/{BRANCH}:note.md") == "looks good"


def test_the_next_run_opens_a_request_that_failed(shop: Project) -> None:
    if shop.forge:
        shop.promote()
        shop.forge.merge_requests.clear()
    else:
        shop.runner.program("gh", 'if [ "$2" = create ]; then exit 1; fi')
        assert shop.promote()[0] == 1
        shop.runner.program("gh", GH.format(log=shop.runner.log, root=shop.runner.root))
    before = shop.tip()
    assert shop.promote()[0] == 0
    assert (shop.tip(), shop.requests()) == (before, ["customers 2026-11-20 to prod"])
    assert "from dev to prod" in evidence(shop)


def test_a_product_that_prod_lacks_is_not_a_failure(shop: Project) -> None:
    text = shop.prod.read_text()
    shop.prod.write_text(text.replace("    suppliers:", "    others:"))
    shop.runner.commit()
    code, output = shop.promote("")
    assert code == 0
    assert "prod has no product suppliers" in output
    assert shop.requests() == ["customers 2026-11-20 to prod"]


def test_a_blocked_promotion_is_a_failure_and_a_pending_one_is_not(shop: Project) -> None:
    tamr(shop.runner.folder, "bump", "customers", "2026-11-21", "--stack", "dev")
    shop.runner.commit()
    code, output = shop.promote()
    assert code == 0
    assert "customers 2026-11-21 is not deployed to dev" in output
    shop.prod.write_text(shop.prod.read_text().replace("2026-11-13", "2026-11-22"))
    shop.runner.commit()
    code, output = shop.promote()
    assert code == 1
    assert "already set to customers 2026-11-22" in output
    assert shop.requests() == []


def test_a_request_that_cannot_be_opened_stops_no_other(shop: Project) -> None:
    """The branch of customers cannot be pushed; the request for suppliers is opened."""
    hook = shop.remote / "hooks/update"
    hook.write_text('#!/bin/sh\ncase "$1" in *customers) exit 1 ;; esac\n')
    hook.chmod(0o755)
    code, output = shop.promote("")
    assert code == 1
    assert "customers was not proposed for prod" in output
    assert shop.requests() == ["suppliers 2026-11-20 to prod"]


def test_the_token_reaches_git_without_being_an_argument(shop: Project) -> None:
    """A fake git queries the credential helper of the push."""
    runner = shop.runner
    if shop.forge is None:
        gh = f'if [ "$1" = auth ]; then echo username=x; echo "password=$GH_TOKEN"; fi\n{GH}'
        runner.program("gh", gh.format(log=runner.log, root=runner.root))
    git = shutil.which("git")
    runner.program(
        "git",
        f'if [ "$3" = push ]; then echo "$*" >> {runner.root}/arguments\n'
        f'printf \'protocol=https\\nhost=h\\n\\n\' | {git} "$1" "$2" credential fill '
        f'>> {runner.root}/credentials; fi; exec {git} "$@"',
    )
    assert shop.promote()[0] == 0
    secret = TOKEN if shop.forge else ""
    assert f"password={secret}" in (runner.root / "credentials").read_text()
    assert TOKEN not in (runner.root / "arguments").read_text()
