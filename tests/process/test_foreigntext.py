"""What others wrote reaches no terminal, log or page as anything but words."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from support.processes import QUICK, emulator, project, tamr
from tamr_provider.cli.output.markdown import Table, code, escape, format_page
from tamr_provider.cli.output.printing import align_columns, format_json
from tamr_provider.errors import InputError
from tamr_provider.foreign_text import has_unseen, one_line, visible, whole_line
from tamr_provider.models import Configuration, JobStatus
from tamr_provider.stackfile.parser import parse_products

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = "bad\n::error::forged\r\x1b[2J\x1b]0;title\x07 ##[add-mask]e \u202eabc \x9b1m"
NOW = datetime(2026, 11, 25, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb", r"a\nb"),
        ("\x1b[2J", r"\x1b[2J"),
        ("\x9b2J", r"\x9b2J"),
        ("a\u2028b\u202ec", r"a\u2028b\u202ec"),
        ("\ud83d", r"\ud83d"),
        ("##[error]x", r"\x23#[error]x"),
        ("Lieferanten Größe  😀", "Lieferanten Größe  😀"),
    ],
)
def test_control_characters_are_shown_as_escapes(text: str, shown: str) -> None:
    assert visible(text) == shown
    assert not has_unseen(visible(text))


@pytest.mark.parametrize("text", ["::error::x", "  ::stop-commands::x", "\t::add-mask::e"])
def test_no_line_starts_a_workflow_command(text: str) -> None:
    assert not whole_line(text).lstrip().startswith("::")
    assert whole_line("a ::error::x") == "a ::error::x"


def test_prose_is_on_one_line() -> None:
    assert one_line("a\r\n  b\tc") == "a b c"


def test_a_message_of_a_job_is_on_one_line() -> None:
    error = {"reason": "A\x1b", "message": HOSTILE}
    status = JobStatus.from_wire({"state": "DONE", "error": error})
    assert status.reason == r"A\x1b"
    assert status.message == (
        r"bad ::error::forged \x1b[2J\x1b]0;title\x07 \x23#[add-mask]e \u202eabc \x9b1m"
    )


def test_a_configuration_is_formatted_without_control_characters() -> None:
    load = Configuration.load("a\x1b[2J\nb")
    assert str(load) == r"load a\x1b[2J\nb"
    assert load.id("sourceId") == "a\x1b[2J\nb"


def test_a_table_cell_has_no_line_breaks() -> None:
    assert align_columns([("a\n::error::x", "b")]) == [r"a\n::error::x  b"]


def test_json_contains_no_control_characters_or_commands() -> None:
    document = {"message": HOSTILE, "half": "\ud83d", "name": "Größe"}
    text = format_json(document)
    assert json.loads(text) == document
    assert not has_unseen(text.replace("\n", ""))
    assert "##[" not in text
    assert "Größe" in text


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("![x](http://e)", r"!\[x\](http://e)"),
        ("`code` *b* ~s~", r"\`code\` \*b\* \~s\~"),
        ("_i_ __x__ src_crm", r"\_i\_ \_\_x\_\_ src_crm"),
        ("@octocat #12", "@&#8203;octocat #&#8203;12"),
        ("<img src=x>&", "&lt;img src=x>&amp;"),
        ("a\n# b|c\\", r"a #&#8203; b\|c\\"),
    ],
)
def test_foreign_text_is_escaped_in_markdown(words: str, shown: str) -> None:
    assert escape(words) == shown
    assert f"| {shown} |" in format_page([], [Table(("what",), [(words,)])])


@pytest.mark.parametrize(
    ("words", "shown"),
    [("a", "`a`"), ("a`b", "``a`b``"), ("`a", "`` `a ``"), ("a\n<b>", "`a <b>`")],
)
def test_foreign_code_stays_code(words: str, shown: str) -> None:
    assert code(words) == shown


UNSEEN = ["a\nb", "a\x1b[2Jb", "a\x85b", "a\u2028b", "a\u202eb", "\ud83d"]


@pytest.mark.parametrize("text", UNSEEN)
def test_a_control_character_in_the_stack_file_is_refused(text: str) -> None:
    good = {"version": "2026-11-20", "sources": ["src"], "dataProduct": "dp"}
    wrong = {
        "products.a.version": {"a": {**good, "version": text, "since": "2026-11-20T09:00:00Z"}},
        "products.a.sources[0]": {"a": {**good, "sources": [text]}},
        "products.a.dataProduct": {"a": {**good, "dataProduct": text}},
        "products.a.publish[0].destination": {"a": {**good, "publish": [{"destination": text}]}},
        "products": {text: good},
    }
    for path, products in wrong.items():
        with pytest.raises(InputError) as raised:
            parse_products(products, NOW)
        assert len(raised.value.problems) == 1
        (problem,) = raised.value.problems
        assert problem.startswith(f"{path}: expected ")
        assert "without control characters, got " in problem
        assert not has_unseen(problem)


COMMAND = re.compile(r"^\s*::|##\[", re.MULTILINE)


def test_a_failed_jobs_message_is_harmless_in_every_output(tmp_path: Path) -> None:
    faults = tmp_path / "faults.json"
    rule = {"type": "load", "outcome": "failed", "reason": "BOOM", "message": HOSTILE + " @octocat"}
    faults.write_text(json.dumps({"jobs": [rule]}))
    with emulator(*QUICK, "--faults", str(faults)) as server:
        folder = project(tmp_path / "p", server.url)
        outputs = [tamr(folder, "up", "--report", "report.md")]
        job_id = server.jobs()[0]["jobId"]
        commands = [
            ["plan"],
            ["plan", "--json"],
            ["plan", "--format", "markdown"],
            ["status"],
            ["status", "--json"],
            ["status", "--format", "markdown"],
            ["jobs", "get", job_id],
            ["jobs", "get", job_id, "--json"],
            ["jobs", "watch", job_id],
        ]
        outputs += [tamr(folder, *words) for words in commands]
        report = (folder / "report.md").read_text(encoding="utf-8")
    assert "forged" in outputs[0].stderr
    for text in [report, *(done.stdout + done.stderr for done in outputs)]:
        assert not has_unseen(text.replace("\n", ""))
        assert not COMMAND.search(text)
    for text in (report, outputs[3].stdout, outputs[6].stdout):
        assert "@octocat" not in text


def test_an_authors_name_moves_no_cursor_in_the_history(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        folder = project(tmp_path, server.url)
        identity = ["-c", "user.name=A\x1b[2J##[error]", "-c", "user.email=a@example.com"]
        for words in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "first"]):
            subprocess.run(["git", *words], cwd=folder, check=True)
        done = tamr(folder, "history")
    assert r"A\x1b[2J\x23#[error]" in done.stdout
    assert not has_unseen(done.stdout.replace("\n", ""))
