"""`tamr promote` with real tenants and files: its queries, edits and errors."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from support.processes import KEY, QUICK, TAMR, emulator, project, start_tamr, tamr
from tamr_provider.stackfile.version_change import is_older

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from support.processes import Server

STAGING = """\
    customers:
      version: "2026-11-20"
      since: "2026-11-20T09:00:00Z"
      trustDays: 36500
      sources: [src_crm]
      dataProduct: dp_customers
"""
PROD = """\
    customers:                    # from the data team
      version: '2026-11-13'       # Friday's
      since: "2026-11-13T09:00:00Z"
      sources: [ src_crm ]
"""


@contextmanager
def staging_and_prod(
    folder: Path, more: str = "", is_deployed: bool = True, prod: str = PROD
) -> Iterator[tuple[Path, Server]]:
    """Run staging's tenant; prod is only a file without a tenant."""
    with emulator(*QUICK) as server:
        project(folder, server.url)
        for name, url, text in (
            ("staging", server.url, STAGING + more),
            ("prod", "https://prod.invalid", prod),
        ):
            head = f"config:\n  tamr:url: {url}\n  tamr-pipelines:products:\n"
            (folder / f"stacks/Pulumi.{name}.yaml").write_text(head + text)
        if is_deployed:
            assert tamr(folder, "up", "--stack", "staging").returncode == 0
        yield folder, server


def promote(folder: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return tamr(folder, "promote", "customers", "--from", "staging", "--to", "prod", *words, **env)


def prod_file(folder: Path) -> str:
    return (folder / "stacks/Pulumi.prod.yaml").read_text()


def test_a_deployed_version_is_written_into_prod_with_evidence(tmp_path: Path) -> None:
    with staging_and_prod(tmp_path) as (folder, server):
        before, posts = prod_file(folder), server.posts()
        done = promote(folder)
        assert done.returncode == 0
        assert "### Promote `customers` 2026-11-20 from staging to prod" in done.stdout
        for job in server.jobs():
            assert f"| {job['jobId']} | " in done.stdout
        assert "This product has no verification (`verify`)." in done.stdout
        lines = zip(before.splitlines(), prod_file(folder).splitlines(), strict=True)
        changed = [(old.strip(), new.strip()) for old, new in lines if old != new]
        assert changed[0] == (
            "version: '2026-11-13'       # Friday's",
            "version: '2026-11-20'       # Friday's",
        )
        assert changed[1][1].startswith('since: "20')
        assert len(changed) == 2
        assert server.posts() == posts
        again = promote(folder)
        asks = (
            "customers: prod's file already asks for 2026-11-20; whether it is deployed there is "
        )
        assert again.stdout.startswith(f"{asks}unknown: https://prod.invalid cannot be reached")
        assert again.returncode == 0


def test_a_dry_run_checks_everything_and_writes_nothing(tmp_path: Path) -> None:
    with staging_and_prod(tmp_path) as (folder, _):
        before = prod_file(folder)
        done = promote(folder, "--dry-run")
        assert done.returncode == 0
        assert "(dry run: not written)" in done.stdout
        assert prod_file(folder) == before


def test_a_version_that_is_not_deployed_is_not_promoted(tmp_path: Path) -> None:
    with staging_and_prod(tmp_path, is_deployed=False) as (folder, server):
        before = prod_file(folder)
        done = promote(folder)
        assert done.returncode == 75
        assert "customers 2026-11-20 is not deployed to staging (not started" in done.stderr
        assert prod_file(folder) == before
        assert server.posts() == []


def test_an_unfinished_soak_exits_with_75_and_says_its_end(tmp_path: Path) -> None:
    with staging_and_prod(tmp_path) as (folder, _):
        done = promote(folder, "--soak", "4h")
        assert done.returncode == 75
        assert "of the required 4h00m. You can promote it after 20" in done.stderr
        for soak in ("soon", "99999999999h"):
            wrong = promote(folder, "--soak", soak)
            assert wrong.returncode == 2
            assert "--soak: expected a time, for example 2h, 3d, yesterday, " in wrong.stderr


@contextmanager
def verified(folder: Path, code: str) -> Iterator[tuple[Path, Server]]:
    """Run staging and prod, with a verification of this code for promotions from staging."""
    check = "      verify: python checks/customers.py\n"
    with staging_and_prod(folder, check) as (project_folder, server):
        (project_folder / "checks").mkdir()
        (project_folder / "checks/customers.py").write_text(code)
        yield project_folder, server


def test_a_verification_gets_the_facts_of_the_promotion(tmp_path: Path) -> None:
    code = (
        "import os\n"
        "names = 'PRODUCT VERSION STACK URL JOB_IDS'.split()\n"
        "open('seen', 'w').write(' '.join(os.environ['TAMR_' + name] for name in names))\n"
    )
    with verified(tmp_path, code) as (folder, server):
        done = promote(folder)
        assert done.returncode == 0
        assert "The verification `python checks/customers.py` passed." in done.stdout
        ids = {job["jobId"] for job in server.jobs()}
        *facts, seen = (folder / "seen").read_text().split()
        assert facts == ["customers", "2026-11-20", "staging", server.url]
        assert set(seen.split(",")) == ids


def test_a_failed_verification_blocks_the_promotion_with_its_output(
    tmp_path: Path,
) -> None:
    code = (
        "import os, sys\n"
        "for n in range(50): print('row', n)\n"
        "print('3 duplicates', os.environ['TAMR_API_KEY'])\n"
        "sys.exit(4)\n"
    )
    with verified(tmp_path, code) as (folder, _):
        before = prod_file(folder)
        done = promote(folder)
        assert done.returncode == 1
        running = "verify: running python checks/customers.py (at most 1h00m)"
        assert done.stderr.splitlines()[0] == running
        assert "`python checks/customers.py` exited with 4" in done.stderr
        assert "3 duplicates ***" in done.stderr
        assert "row 49" in done.stderr
        assert "row 3\n" not in done.stderr
        assert KEY not in done.stderr
        assert prod_file(folder) == before


def test_a_verification_that_cannot_run_is_an_input_error(tmp_path: Path) -> None:
    with staging_and_prod(tmp_path, "      verify: no-such-program\n") as (folder, _):
        done = promote(folder)
        assert done.returncode == 2
        assert "verify: cannot run no-such-program: No such file" in done.stderr


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_kills_the_verification_with_its_children(tmp_path: Path, name: str) -> None:
    check = f"      verify: {shlex.join([sys.executable, 'check.py'])}\n"
    with staging_and_prod(tmp_path, check) as (folder, _):
        (folder / "check.py").write_text(
            "import subprocess, sys, time\n"
            "child = [sys.executable, '-c', 'import time; time.sleep(60)']\n"
            "with open('alive', 'w') as alive:\n"  # Open as long as one of them is alive.
            "    subprocess.Popen(child, stdout=alive)\n"
            "    time.sleep(60)\n"
        )
        os.mkfifo(folder / "alive")
        before = prod_file(folder)
        words = ("promote", "customers", "--from", "staging", "--to", "prod")
        with start_tamr(folder, *words) as process, (folder / "alive").open() as alive:
            process.send_signal(signal.Signals[name])
            assert process.wait() == 75
            assert alive.read() == ""
            assert process.stderr is not None
            errors = process.stderr.read()
        assert "the promotion was interrupted and its verification killed" in errors
        assert "Traceback" not in errors
        assert prod_file(folder) == before


def test_a_version_in_the_evidence_is_escaped(tmp_path: Path) -> None:
    with staging_and_prod(tmp_path) as (folder, _):
        assert tamr(folder, "bump", "customers", "<img> @a ![x](y)", "--stack", "staging").stdout
        assert tamr(folder, "up", "--stack", "staging").returncode == 0
        done = promote(folder)
        assert done.returncode == 0
        heading = done.stdout.splitlines()[0]
        assert r"&lt;img> @&#8203;a !\[x\](y) from staging to prod" in heading
        assert "<img>" not in done.stdout


def test_a_rollback_is_pinned_until_it_is_unpinned(tmp_path: Path) -> None:
    with staging_and_prod(tmp_path) as (folder, _):
        output = tamr(folder, "bump", "customers", "2026-11-06", "--stack", "prod").stdout
        assert "a rollback from 2026-11-13, pinned until: tamr promote --unpin" in output
        done = promote(folder)
        assert done.returncode == 1
        assert "customers is pinned to 2026-11-06 in prod after a rollback" in done.stderr
        assert promote(folder, "--unpin").returncode == 0
        assert "version: '2026-11-20'" in prod_file(folder)
        assert promote(folder).returncode == 0


def test_an_older_version_is_not_promoted_over_a_newer_one(tmp_path: Path) -> None:
    newer = PROD.replace("2026-11-13'", "2026-11-21'")
    with staging_and_prod(tmp_path, prod=newer) as (folder, _):
        done = promote(folder)
        assert done.returncode == 1
        assert "tamr bump customers 2026-11-20 --stack prod" in done.stderr


OTHER = """\
    other: {version: v1, since: "2026-11-13T09:00:00Z", sources: [src_other]}
"""


def edit_of_prod(product: str, version: str) -> str:
    words = [*TAMR, "bump", product, version, "--stack", "prod"]
    return f"      verify: {shlex.join(words)}\n"


@pytest.mark.parametrize(
    ("version", "left"),
    [("2026-11-06", 'pinned: "2026-11-06"'), ("2026-11-21", "version: '2026-11-21'")],
    ids=["a rollback", "a newer version"],
)
def test_a_bump_during_the_verification_is_not_overwritten(
    tmp_path: Path, version: str, left: str
) -> None:
    with staging_and_prod(tmp_path, edit_of_prod("customers", version)) as (folder, _):
        done = promote(folder)
        assert done.returncode == 2, done.stdout
        assert "the file changed during the edit, so nothing was written" in done.stderr
        assert left in prod_file(folder)


def test_another_products_bump_during_the_verification_stays(tmp_path: Path) -> None:
    with staging_and_prod(tmp_path, edit_of_prod("other", "v2"), prod=PROD + OTHER) as (folder, _):
        done = promote(folder)
        assert done.returncode == 0, done.stderr
        assert 'other: {version: "v2"' in prod_file(folder)
        assert "version: '2026-11-20'" in prod_file(folder)


def test_unknown_names_are_reported(tmp_path: Path) -> None:
    with staging_and_prod(tmp_path) as (folder, _):
        for words, message in (
            (("other", "--from", "staging", "--to", "prod"), 'unknown product "other"'),
            (("customers", "--from", "nope", "--to", "prod"), "file not found"),
            (("customers", "--from", "staging", "--to", "nope"), "file not found"),
            (("customers", "--from", "prod", "--to", "prod"), "the same stack"),
        ):
            done = tamr(folder, "promote", *words)
            assert done.returncode == 2
            assert message in done.stderr


@pytest.mark.parametrize(
    ("version", "than", "older"),
    [
        ("2026-11-13", "2026-11-20", True),
        ("2026-11-20", "2026-11-13", False),
        ("2026-11-20T09:00:00Z", "2026-11-20T10:00:00+00:00", True),
        ("v9", "v10", True),
        ("v10", "v9", False),
        ("1.9.3", "1.10.0", True),
        ("2026-w9", "v10", False),
        ("blue", "green", False),
        ("v1", "v1", False),
    ],
)
def test_a_version_is_older_if_that_is_certain(version: str, than: str, older: bool) -> None:
    assert is_older(version, than) is older


MORE = """\
    suppliers: {version: "2026-11-20", since: "2026-11-20T09:00:00Z", sources: [src_erp],
      trustDays: 36500}
    sites: {version: "2026-11-20", since: "2026-11-20T09:00:00Z", sources: [src_sap],
      trustDays: 36500}
"""
BEFORE = """\
    suppliers: {version: "2026-11-13", since: "2026-11-13T09:00:00Z", sources: [src_erp]}
"""


def test_all_products_are_promoted_with_one_exit_code(tmp_path: Path) -> None:
    """A pinned product (1) wins over one that is not deployed yet (75)."""
    pinned = BEFORE.replace("suppliers", "sites").replace("{", '{pinned: "2026-11-13", ')
    with staging_and_prod(tmp_path, MORE, prod=PROD + BEFORE) as (folder, _):
        tamr(folder, "bump", "suppliers", "2026-11-27", "--stack", "staging")
        words = ("promote", "--all", "--from", "staging", "--to", "prod")
        done = tamr(folder, *words)
        assert done.returncode == 75, done.stderr
        assert "### Promote `customers` 2026-11-20 from staging to prod" in done.stdout
        assert "sites: prod does not have this product" in done.stdout
        assert "suppliers 2026-11-27 is not deployed to staging" in done.stderr
        assert "  git commit -m 'customers 2026-11-20 to prod' stacks/Pulumi.prod.yaml" in (
            done.stderr.splitlines()
        )
        assert "version: '2026-11-20'" in prod_file(folder)
        with (folder / "stacks/Pulumi.prod.yaml").open("a", encoding="utf-8") as file:
            file.write(pinned)
        again = tamr(folder, *words)
        assert again.returncode == 1
        assert "sites is pinned to 2026-11-13 in prod" in again.stderr


def test_several_products_are_checked_before_the_first_is_written(tmp_path: Path) -> None:
    with staging_and_prod(tmp_path) as (folder, _):
        before = prod_file(folder)
        done = promote(folder, "nope")
        assert done.returncode == 2
        assert 'unknown product "nope"' in done.stderr
        assert prod_file(folder) == before
        neither = tamr(folder, "promote", "--from", "staging", "--to", "prod")
        assert neither.returncode == 2
        assert "add --all for every product" in neither.stderr


def test_a_promoted_version_that_did_not_run_yet_is_said_so(tmp_path: Path) -> None:
    with staging_and_prod(tmp_path) as (folder, _), emulator(*QUICK) as server:
        path = folder / "stacks/Pulumi.prod.yaml"
        path.write_text(prod_file(folder).replace("https://prod.invalid", server.url))
        assert promote(folder).returncode == 0
        asks = "customers: prod's file already asks for 2026-11-20"
        assert promote(folder).stdout == (
            f"{asks}; it is not deployed there yet. To run it, run: tamr up --stack prod\n"
        )
        assert tamr(folder, "up", "--stack", "prod").returncode == 0
        assert promote(folder).stdout == f"{asks}, and it is deployed there\n"


def test_a_soak_may_be_the_time_before_which_a_version_was_deployed(tmp_path: Path) -> None:
    with staging_and_prod(tmp_path) as (folder, _):
        done = promote(folder, "--soak", "yesterday")
        assert done.returncode == 75
        assert "of the required " in done.stderr
        assert promote(folder, "--soak", "2199-01-01").returncode == 2
        assert promote(folder, "--soak", "0s", "--dry-run").returncode == 0
        assert "required soak" not in promote(folder, "--soak", "0s").stdout
