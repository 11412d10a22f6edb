"""Files that are read, edited and written: odd ones end in one line, none is lost or left over."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.processes import (
    QUICK,
    TAMR,
    emulator,
    environment,
    project,
    stack_file,
    start_tamr,
    tamr,
)
from tamr_provider.atomic_write import write_file
from tamr_provider.errors import InputError
from tamr_provider.stackfile.editing import replace_file, set_values
from tamr_provider.stackfile.project import read_text
from tamr_provider.stackfile.pulumi_yaml import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

NOWHERE = "http://127.0.0.1:9"  # a port without a tenant
ONE_LOAD = '    a: {version: "2026-11-20", sources: [src], trustDays: 36500}\n'
HEAD = "config:\n  tamr-pipelines:products:\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return project(tmp_path / "p", NOWHERE, ONE_LOAD)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Path]:
    """Yield a project whose tenant answers."""
    with emulator(*QUICK) as server:
        yield project(tmp_path / "p", server.url, ONE_LOAD)


@pytest.fixture
def full_device(tmp_path: Path) -> Path:
    """Return a device that takes no byte: one of its own for root, who could replace /dev/full."""
    if os.geteuid() != 0:
        return Path("/dev/full")
    device = tmp_path / "full_device"
    try:
        os.mknod(device, stat.S_IFCHR | 0o666, os.makedev(1, 7))
        device.open("wb").close()
    except OSError:
        pytest.skip("no device can be made here")
    return device


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    """Return the only error of a command that refused what it was given."""
    assert done.returncode == 2, done.stderr
    errors = [line for line in done.stderr.splitlines() if line.startswith(("error: ", "Trace"))]
    assert len(errors) == 1, done.stderr
    return errors[0]


# What is written


def test_bump_follows_a_link_to_the_stack_file(folder: Path) -> None:
    """As when two checkouts share one file."""
    shared = folder / "shared.yaml"
    stack_file(folder).rename(shared)
    stack_file(folder).symlink_to(shared)
    assert tamr(folder, "bump", "a", "2026-11-25").returncode == 0
    assert stack_file(folder).is_symlink()
    assert '"2026-11-25"' in shared.read_text("utf-8")


def test_a_written_file_keeps_its_link_and_its_mode(tmp_path: Path) -> None:
    target, link = tmp_path / "report.md", tmp_path / "link.md"
    target.write_text("before", "utf-8")
    target.chmod(0o600)
    link.symlink_to(target)
    write_file(link, "after")
    assert link.is_symlink()
    assert target.read_text("utf-8") == "after"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert sorted(tmp_path.iterdir()) == [link, target]


def test_a_new_file_gets_the_mode_of_the_umask(tmp_path: Path) -> None:
    write_file(tmp_path / "new", "")
    other = tmp_path / "other"
    other.touch()
    assert (tmp_path / "new").stat().st_mode == other.stat().st_mode


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="No such device"):
        write_file(pipe, "not read")
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_file(pipe, "the report")
    assert os.read(reader, 100) == b"the report"
    os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize("name", ["report.md", "full"])
def test_a_temporary_file_that_cannot_be_written_is_removed(tmp_path: Path, name: str) -> None:
    """The target is a folder, or every byte is one too many."""
    path = tmp_path / name
    if name == "report.md":
        path.mkdir()
        with pytest.raises(OSError, match="directory"):
            write_file(path, "text")
    else:
        path.write_text("whole", "utf-8")
        code = (
            "import resource, signal; from pathlib import Path;"
            "from tamr_provider.stackfile.editing import replace_file;"
            "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10));"
            f"replace_file(Path({str(path)!r}), 'whole', 'x' * 100)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False
        )
        assert "full: cannot be written: File too large" in done.stderr
        assert path.read_text("utf-8") == "whole"
    assert list(tmp_path.iterdir()) == [path]


def test_a_report_goes_to_standard_output_with_the_summary(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        folder = project(tmp_path / "p", server.url, ONE_LOAD)
        done = tamr(folder, "up", "--report", "/proc/self/fd/1")  # it cannot be replaced
        assert done.returncode == 0, done.stderr
        assert "### `tamr up` of `dev`" in done.stdout
        assert "had not ended" not in done.stdout


def test_a_lost_report_hides_neither_summary_nor_exit_code(tmp_path: Path) -> None:
    """The folder of the report is gone when the run ends."""
    with emulator("--load", "1h", "--pending", "50ms") as server:
        folder = project(tmp_path / "p", server.url, ONE_LOAD)
        (folder / "out").mkdir()
        with start_tamr(folder, "up", "--report", "out/r.md") as process:
            server.wait_for_running(1)
            (folder / "out/r.md").unlink()
            (folder / "out").rmdir()
            process.terminate()
            output, errors = process.communicate()
        assert process.returncode == 75, errors
        assert "Interrupted. 1 job is still running on 127.0.0.1:" in output
        assert "warning: --report: cannot write out/r.md: No such file" in errors
        assert "Traceback" not in errors


def test_a_lost_report_hides_no_mistake_of_the_stack_file(folder: Path, full_device: Path) -> None:
    stack_file(folder).write_text("config: [\n", "utf-8")
    done = tamr(folder, "up", "--report", str(full_device))
    assert done.returncode == 2
    assert "error: stacks/Pulumi.dev.yaml" in done.stderr
    assert f"warning: --report: cannot write {full_device}: No space left" in done.stderr


def test_the_board_follows_a_link_and_writes_into_a_device(
    tmp_path: Path, full_device: Path
) -> None:
    with emulator(*QUICK) as server:
        folder = project(tmp_path / "p", server.url, ONE_LOAD)
        target, link = folder / "page.html", folder / "link.html"
        link.symlink_to(target)
        assert tamr(folder, "board", "--out", str(link)).returncode == 0
        assert link.is_symlink()
        assert "<html" in target.read_text("utf-8")
        assert one_line(tamr(folder, "board", "--out", str(full_device))) == (
            f"error: --out: cannot write {full_device}: No space left on device"
        )
        assert stat.S_ISCHR(full_device.stat().st_mode)


# Who else writes


def start_bumps(folder: Path, products: list[str]) -> Iterator[subprocess.Popen[str]]:
    for name in products:
        yield subprocess.Popen(
            [*TAMR, "bump", name, "v2"],
            cwd=folder,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )


@pytest.mark.parametrize("is_same", [False, True], ids=["eight products", "one product"])
def test_eight_bumps_of_one_file_wait_for_each_other(tmp_path: Path, is_same: bool) -> None:
    names = [f"p{number}" for number in range(8)]
    products = "".join(f'    {name}: {{version: "v1", sources: [x]}}\n' for name in names)
    folder = project(tmp_path / "p", NOWHERE, products)
    for process in list(start_bumps(folder, ["p0"] * 8 if is_same else names)):
        _, errors = process.communicate(timeout=100)
        assert process.returncode == 0, errors
    text = stack_file(folder).read_text("utf-8")
    assert text.count('version: "v2"') == (1 if is_same else 8)
    assert list((folder / "stacks").glob(".Pulumi*")) == []


def test_a_file_that_changed_under_an_edit_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text("other text", "utf-8")
    with pytest.raises(
        InputError, match="the file changed during the edit, so nothing was written"
    ):
        replace_file(path, "text before", "text after")
    assert list(tmp_path.iterdir()) == [path]


# Anchors and merge keys

MERGED = (
    HEAD
    + """\
    a: &base
      version: v1
      since: "2026-11-20T09:00:00Z"
      sources: [x]
    b:
      <<: *base
      sources: [y]
"""
)
ANCHORED = (
    HEAD
    + """\
    a: {version: &v v1, since: &s "2026-11-20T09:00:00Z", sources: [x]}
    b: {version: *v, since: *s, sources: [y]}
"""
)
ALIAS = HEAD + "    a: &a {version: v1, sources: [x]}\n    b: *a\n"


def versions(text: str) -> dict[str, str]:
    products = parse_yaml(text, "f")["config"]["tamr-pipelines:products"]
    return {name: product["version"] for name, product in products.items()}


@pytest.mark.parametrize("is_flow", [False, True], ids=["by lines", "in braces"])
def test_a_merged_version_is_overridden_in_its_product(is_flow: bool) -> None:
    text = MERGED.partition("    b:")[0] + "    b: {<<: *base, sources: [y]}\n"
    after = set_values(text if is_flow else MERGED, "tamr-pipelines", "b", {"version": "v2"})
    assert versions(after) == {"a": "v1", "b": "v2"}


@pytest.mark.parametrize(
    ("text", "product"), [(MERGED, "a"), (ANCHORED, "a"), (ANCHORED, "b"), (ALIAS, "a")]
)
def test_a_value_of_two_products_is_not_edited_for_one(
    folder: Path, text: str, product: str
) -> None:
    stack_file(folder).write_text(text, "utf-8")
    assert "Edit the file manually" in one_line(tamr(folder, "bump", product, "v2"))
    assert stack_file(folder).read_text("utf-8") == text


# What is read


def bomb(levels: int, kind: str) -> str:
    """Return a file of levels that have the one before ten times over."""
    lines = ["a0: &a0 {k0: 1, k1: 2}"]
    for number in range(1, levels + 1):
        ten = ", ".join([f"*a{number - 1}"] * 10)
        lines.append(
            f"a{number}: &a{number} " + (f"{{<<: [{ten}]}}" if kind == "<<" else f"[{ten}]")
        )
    return "\n".join(lines) + f"\nconfig: *a{levels}\n"


def test_nested_merge_keys_are_an_error_of_one_line(folder: Path) -> None:
    stack_file(folder).write_text(bomb(9, "<<"), "utf-8")
    for command in ("plan", "bump"):
        words = [command, "a", "v2"] if command == "bump" else [command]
        assert "merge keys (<<) add too many entries" in one_line(tamr(folder, *words))


def test_nested_aliases_are_an_error_of_one_line(folder: Path) -> None:
    stack_file(folder).write_text(bomb(9, "*"), "utf-8")
    assert "config: expected a mapping, as in a stack file, got a list" in one_line(
        tamr(folder, "plan")
    )


def test_a_recursive_value_is_refused_without_a_traceback(folder: Path) -> None:
    for text in (
        "config: &c {tamr-pipelines:products: *c}\n",
        HEAD + "    a: &a {<<: *a, version: v1, sources: *a}\n",
        HEAD + "    a: &a [*a]\n",
    ):
        stack_file(folder).write_text(text, "utf-8")
        done = tamr(folder, "plan")
        assert done.returncode == 2
        assert "Traceback" not in done.stderr


def test_a_file_of_more_than_a_megabyte_is_refused(folder: Path) -> None:
    with stack_file(folder).open("a", encoding="utf-8") as file:
        file.write("# " + "x" * 2**20 + "\n")
    for words in (["plan"], ["bump", "a", "v2"], ["history"]):
        assert "expected a file of at most 1 MB" in one_line(tamr(folder, *words))


def test_a_link_to_itself_is_refused(folder: Path) -> None:
    stack_file(folder).unlink()
    stack_file(folder).symlink_to(stack_file(folder))
    for words in (["plan"], ["bump", "a", "v2"]):
        assert "cannot be read: Too many levels of symbolic links" in one_line(tamr(folder, *words))
    assert "Traceback" not in tamr(folder, "history").stderr


def test_a_pipe_as_stack_file_is_refused_without_a_wait(folder: Path) -> None:
    stack_file(folder).unlink()
    os.mkfifo(stack_file(folder))
    for words in (["plan"], ["bump", "a", "v2"]):
        assert "cannot be read: a device or a pipe, not a file" in one_line(tamr(folder, *words))


def test_half_a_character_is_refused_with_its_position() -> None:
    """Many JSON writers spell an emoji so, and Pulumi refuses such a file."""
    with pytest.raises(InputError, match=r"f, line 1, column 2: .*half of a character"):
        parse_yaml('{"\\ud83d\\ude00": 1}', "f")


def test_all_line_ends_mean_the_same(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"a\r\nb\rc\n")
    assert read_text(path) == "a\nb\nc\n"


def commit(folder: Path, author: str = "Ada") -> None:
    git = ["git", "-C", str(folder), "-c", f"user.name={author}", "-c", "user.email=a@example.org"]
    subprocess.run([*git, "add", "--all"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--message", "Change"], check=True)


def test_an_old_commit_that_is_not_utf_8_does_not_end_the_history(served: Path) -> None:
    whole = stack_file(served).read_bytes()
    stack_file(served).write_bytes(whole + b"# Gr\xf6\xdfe\n")
    commit(served)
    stack_file(served).write_bytes(whole)
    commit(served)
    for words in (["history"], ["plan", "--base", "HEAD~1"]):
        done = tamr(served, *words)
        assert "Traceback" not in done.stderr
        assert "UTF-8" not in done.stderr
    assert "2026-11-20" in tamr(served, "history").stdout


def test_an_old_commit_with_a_huge_file_is_skipped(served: Path) -> None:
    whole = stack_file(served).read_bytes()
    for text in (bomb(9, "<<"), "# " + "x" * 2**20):
        stack_file(served).write_text(text, "utf-8")
        commit(served)
    stack_file(served).write_bytes(whole)
    commit(served)
    assert "2026-11-20" in tamr(served, "history").stdout


@pytest.mark.parametrize("author", ["A\u2028da", "A\x85da", "A\x1dda"])
def test_a_product_name_with_a_line_end_keeps_its_history(served: Path, author: str) -> None:
    commit(served, author)
    done = tamr(served, "history")
    assert "2026-11-20" in done.stdout
    assert "Traceback" not in done.stderr


# Odd places


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk_on_standard_output_is_one_line(folder: Path) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [*TAMR, "schema"],
            cwd=folder,
            stdout=full,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "error: cannot write to stdout: No space left on device\n"


def test_a_current_folder_that_was_deleted_is_one_line(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f'cd "{gone}" && rmdir "{gone}" && exec "$0" -m tamr_provider plan --stack dev'
    done = subprocess.run(
        ["bash", "-c", script, sys.executable],
        env=environment(PYTHONPATH=str(Path(__file__).parents[2])),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert one_line(done) == "error: .: the folder was deleted. Change to another one."


def test_init_below_a_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = tamr(tmp_path, "init", "file/project")
    assert one_line(done) == "error: file/project: cannot be written: Not a directory"
