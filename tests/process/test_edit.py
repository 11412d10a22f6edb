"""`tamr bump` and `tamr retry`: their edits and errors."""

from __future__ import annotations

import re
import subprocess
import threading
import time
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from tamr_provider.cli import main
from tamr_provider.errors import InputError
from tamr_provider.stackfile.editing import replace_file, set_values
from tamr_provider.stackfile.parser import parse_stack_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tamr_provider.stackfile.product import Product

NOW = datetime(2026, 11, 21, tzinfo=timezone.utc)
TEXT = """\
# before a change, talk to the data team
config:
  tamr:url: https://acme.tamr.cloud   # staging

  shop:products:
    customers:
      version: '2026-11-20'           # Friday's
      since: "2026-11-20T09:00:00Z"
      sources: [ crm,   erp ]

    suppliers: {version: 2026-11-20, sources: [erp]}
"""


def edited(**values: str) -> str:
    return set_values(TEXT, "shop", "customers", values)


def test_only_the_values_change_and_their_quotes_stay() -> None:
    after = edited(version="2026-11-21", since="2026-11-21T09:00:00Z")
    assert after == TEXT.replace("'2026-11-20'", "'2026-11-21'").replace(
        "2026-11-20T09", "2026-11-21T09"
    )


def test_a_missing_key_is_added_below_the_version() -> None:
    after = edited(retriedAt="2026-11-21T10:00:00Z")
    added = '      retriedAt: "2026-11-21T10:00:00Z"\n'
    assert after.replace(added, "") == TEXT
    assert after.splitlines(keepends=True)[7] == added


def test_a_product_on_one_line_stays_on_one_line_and_gains_quotes() -> None:
    after = set_values(TEXT, "shop", "suppliers", {"version": "v2", "since": "2026-11-21"})
    assert after.splitlines()[-1] == (
        '    suppliers: {version: "v2", since: "2026-11-21", sources: [erp]}'
    )


def test_windows_line_ends_stay() -> None:
    after = set_values(TEXT.replace("\n", "\r\n"), "shop", "customers", {"retriedAt": "x"})
    assert after.count("\r\n") == after.count("\n") == TEXT.count("\n") + 1


def test_quotes_in_a_value_are_read_back() -> None:
    for version in ("it's", 'say "x"', "Größe: # 1"):
        after = edited(version=version)
        products = parse_stack_file(after, "shop", "f", NOW).products
        assert products["customers"].version == version


def test_a_value_that_cannot_be_edited_in_place_is_refused() -> None:
    block = "config:\n  shop:products:\n    a:\n      version: |\n        1\n"
    for product in ("a", "b"):
        with pytest.raises(InputError, match="Edit the file manually"):
            set_values(block, "shop", product, {"version": "2"})


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\nstackConfigDir: envs\n")
    (tmp_path / "envs").mkdir()
    (tmp_path / "envs/Pulumi.dev.yaml").write_text(TEXT)
    return tmp_path


def tamr(project: Path, *words: str) -> Result:
    return at_tenant(SILENT, project, *words)


SILENT = "http://127.0.0.1:9"


def at_tenant(url: str, project: Path, *words: str) -> Result:
    runner = CliRunner(env={"TAMR_URL": url})
    return runner.invoke(main, [*words, "-C", str(project), "--stack", "dev"])


def test_bump_writes_version_and_since(project: Path) -> None:
    result = tamr(project, "bump", "customers", "2026-11-21", "--since", "2026-11-21T08:00:00Z")
    assert result.exit_code == 0, result.output
    after = (project / "envs/Pulumi.dev.yaml").read_text()
    assert "version: '2026-11-21'           # Friday's" in after
    assert 'since: "2026-11-21T08:00:00Z"' in after


def test_bump_without_since_counts_from_the_next_whole_second(project: Path) -> None:
    before = datetime.now(timezone.utc)
    tamr(project, "bump", "suppliers", "v2")
    text = (project / "envs/Pulumi.dev.yaml").read_text()
    product = parse_stack_file(text, "shop", "f", datetime.now(timezone.utc)).products["suppliers"]
    assert before <= product.not_before <= datetime.now(timezone.utc) + timedelta(seconds=1)


@contextmanager
def tenant_at(ahead: timedelta) -> Iterator[str]:
    """Serve 401 with a Date that is ahead of this machine's clock; yield the URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response_only(401)
            date = datetime.now(timezone.utc) + ahead
            self.send_header("Date", format_datetime(date, usegmt=True))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def written(project: Path) -> Product:
    text = (project / "envs/Pulumi.dev.yaml").read_text()
    now = datetime.now(timezone.utc)
    return parse_stack_file(text, "shop", "f", now).products["customers"]


@pytest.mark.parametrize("hours", [-1, 0, 1])
def test_a_written_time_is_later_than_both_clocks(project: Path, hours: int) -> None:
    """A tenant reports its time even if it refuses the request."""
    with tenant_at(timedelta(hours=hours)) as url:
        for words in (["bump", "customers", "2026-11-25"], ["retry", "customers"]):
            latest = datetime.now(timezone.utc) + timedelta(hours=max(hours, 0))
            result = at_tenant(url, project, *words)
            assert result.exit_code == 0, result.output
            assert "warning" not in result.output
            product = written(project)
            moment = product.since if words[0] == "bump" else product.retried_at
            assert moment is not None
            assert moment >= latest - timedelta(seconds=1)
            assert moment.microsecond == 0


@pytest.mark.parametrize("days", [None, 300])
def test_a_tenant_without_a_time_causes_a_warning(project: Path, days: int | None) -> None:
    if days is None:
        result = tamr(project, "bump", "customers", "2026-11-25")
    else:
        with tenant_at(timedelta(days=days)) as url:
            result = at_tenant(url, project, "bump", "customers", "2026-11-25")
    assert result.exit_code == 0
    assert "warning: using this machine's time, because http://127.0.0.1:" in result.output


def test_retry_writes_its_time(project: Path) -> None:
    assert tamr(project, "retry", "customers").exit_code == 0
    assert 'retriedAt: "20' in (project / "envs/Pulumi.dev.yaml").read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["bump", "absent", "v1"], 'unknown product "absent" (defined: customers, suppliers)'),
        (["bump", "custmers", "v1"], 'unknown product "custmers" (did you mean customers?)'),
        (["bump", "customers", "v1", "--since", "2026-11-19"], "is not after 2026-11-20T09:00"),
        (
            ["bump", "customers", "v1", "--since", "soon"],
            "--since: expected a time, for example 2h, 3d, yesterday, 2026-11-25 or ",
        ),
        (["bump", "customers", "v1", "--since", "24"], "A number needs a unit, for example 2h"),
        (["bump", "customers", " "], "version: expected a label"),
        (["bump", "customers", "a\nb"], "expected text without control characters"),
        (["bump", "customers", "\x1b[2J"], "expected text without control characters"),
        (["bump", "customers", "\x85\u2028"], "expected "),
        (["bump", "customers", "v1", "--since", "2199-01-01"], "in the future"),
    ],
)
def test_an_invalid_edit_writes_nothing(project: Path, words: list[str], message: str) -> None:
    result = tamr(project, *words)
    assert result.exit_code == 2
    assert message in result.output
    assert (project / "envs/Pulumi.dev.yaml").read_text() == TEXT


def test_a_file_that_changed_during_an_edit_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text("another text")
    with pytest.raises(
        InputError, match="the file changed during the edit, so nothing was written"
    ):
        replace_file(path, "the text before", "a new text")
    assert path.read_text() == "another text"
    assert list(tmp_path.iterdir()) == [path]


def test_an_older_version_is_a_rollback_and_pinned(project: Path) -> None:
    done = tamr(project, "bump", "customers", "2026-11-13")
    assert "a rollback from 2026-11-20" in done.output
    assert 'pinned: "2026-11-13"' in (project / "envs/Pulumi.dev.yaml").read_text()


def test_an_edit_shows_old_and_new_values_and_the_next_commands(project: Path) -> None:
    done = tamr(project, "bump", "customers", "2026-11-21", "--since", "2026-11-21T08:00:00Z")
    lines = done.stdout.splitlines()
    assert lines[0].endswith("envs/Pulumi.dev.yaml: customers")
    assert lines[1:5] == [
        "  version  2026-11-20 → 2026-11-21",
        "  since    2026-11-20T09:00:00Z → 2026-11-21T08:00:00Z",
        "Next:",
        f"  tamr plan -C {project} --stack dev",
    ]
    assert lines[5] == f"  tamr up -C {project} --stack dev"


def test_the_first_next_command_commits_the_file_in_a_repository(project: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(project)], check=True)
    done = tamr(project, "bump", "customers", "v 2", "--since", "1h")
    commit = f"  git -C {project} commit -m 'customers v 2 on dev' envs/Pulumi.dev.yaml"
    assert commit in done.stdout.splitlines()


def test_a_bump_to_the_same_version_says_how_many_jobs_run_again(project: Path) -> None:
    done = tamr(project, "bump", "customers", "2026-11-20")
    assert "  version  2026-11-20 (unchanged)" in done.stdout
    assert "This is the same version, so all 2 jobs run again." in done.stdout
    tamr(project, "bump", "suppliers", "v1")
    path = project / "envs/Pulumi.dev.yaml"
    path.write_text(re.sub(r'"v1", since: "[^"]*"', '"v1"', path.read_text()))
    again = tamr(project, "bump", "suppliers", "v1")
    assert "This is the same version, so its job runs again." in again.stdout


def test_a_day_is_printed_with_the_offset_of_this_machine(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        done = tamr(project, "bump", "customers", "v2", "--since", "2026-11-21")
    finally:
        monkeypatch.undo()
        time.tzset()
    assert "--since: 2026-11-21 is 2026-11-21T00:00:00+01:00" in done.stderr
    assert 'since: "2026-11-20T23:00:00Z"' in (project / "envs/Pulumi.dev.yaml").read_text()
