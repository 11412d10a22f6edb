"""The effective since, in real git repositories with fixed committer dates."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from support.git_histories import (
    FILE,
    NOW,
    PROJECT,
    History,
    clock,
    git,
    product,
    since,
    sinces,
    stack,
)
from tamr_provider.cli import main
from tamr_provider.errors import InputError
from tamr_provider.stackfile.since.git import Repository
from tamr_provider.timestamps import format_timestamp

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


def after(hours: float) -> datetime:
    """Return when a commit of that hour counts: its time, rounded up a second."""
    return clock(hours + 1 / 3600)


def write(folder: Path, *products: str) -> None:
    (folder / FILE).write_text(stack(*products), encoding="utf-8")


def problem(folder: Path) -> str:
    return sinces(folder)["customers"].problem


# (a) one line, any version, forwards and back


def test_a_changed_label_counts_from_its_commit(tmp_path: Path) -> None:
    history = History()
    history.stack(0, product("v1", since="2026-11-20T06:00:00Z"))
    history.stack(1, product("v2", since="2026-11-20T06:00:00Z"))
    assert since(history.write(tmp_path)) == after(1)


def test_a_version_that_comes_back_counts_from_its_return(tmp_path: Path) -> None:
    history = History()
    for hour, version in enumerate(["v1", "v2", "v1", "v2"]):
        history.stack(hour, product(version))
    assert since(history.write(tmp_path)) == after(3)


def test_a_dated_version_that_lags_counts_from_its_commit(tmp_path: Path) -> None:
    history = History()
    history.stack(72, product('"2026-11-20"'))
    history.stack(96, product('"2026-11-21"'))
    assert since(history.write(tmp_path)) == after(96)


@pytest.mark.parametrize(
    ("version", "explicit", "expected"),
    [
        ("v1", "2026-11-20T06:00:00Z", clock(-3)),
        ('"2026-11-19"', "", clock(-33)),
        ("v1", "", after(0)),
    ],
)
def test_a_first_version_counts_from_since_or_date_or_commit(
    tmp_path: Path, version: str, explicit: str, expected: datetime
) -> None:
    history = History()
    history.stack(0, product(version, since=explicit))
    history.stack(1, product(version, since=explicit), product("x", name="other"))
    assert since(history.write(tmp_path)) == expected


# (b) merges


def fork(side_at: float, *merge: str, swapped: bool = False, unrelated: bool = False) -> History:
    """Return v1, then v2 on main at hour 4, a side branch from v1, and a merge at hour 6."""
    history = History()
    base = history.stack(0, product("v1"))
    main_tip = history.stack(4, product("v2"), parents=[base])
    text = product("v1") + product("x", name="other") if unrelated else product("v3")
    side = history.stack(side_at, text, parents=[base])
    parents = [side, main_tip] if swapped else [main_tip, side]
    history.stack(6, *merge, parents=parents)
    return history


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize(
    ("side_at", "version", "expected"),
    [
        (2, "v3", after(6)),  # older than what main had meanwhile: the merge brings it
        (5, "v3", after(5)),  # newer: it counts from the side branch's own commit
        (2, "v2", after(4)),  # main's version won: nothing moved
        (2, "v4", after(6)),  # neither side's
        (2, "v1", after(6)),  # both sides left it, the merge came back to it
    ],
)
def test_a_merge_only_moves_a_version_forward(
    tmp_path: Path, side_at: float, version: str, expected: datetime, swapped: bool
) -> None:
    history = fork(side_at, product(version), swapped=swapped)
    assert since(history.write(tmp_path)) == expected


@pytest.mark.parametrize("swapped", [False, True])
def test_a_pull_merge_of_unrelated_work_moves_nothing(tmp_path: Path, swapped: bool) -> None:
    other = product("x", name="other")
    history = fork(5, product("v2"), other, swapped=swapped, unrelated=True)
    assert since(history.write(tmp_path)) == after(4)


@pytest.mark.parametrize("swapped", [False, True])
def test_the_same_version_on_both_sides_counts_from_the_later(
    tmp_path: Path, swapped: bool
) -> None:
    history = History()
    base = history.stack(0, product("v1"))
    sides = [history.stack(hour, product("v2"), parents=[base]) for hour in (2, 3)]
    history.stack(6, product("v2"), parents=sides[::-1] if swapped else sides)
    assert since(history.write(tmp_path)) == after(3)


def test_a_fast_forward_counts_from_the_commit_itself(tmp_path: Path) -> None:
    history = History()
    history.stack(0, product("v1"))
    history.stack(2, product("v2"))
    history.stack(5, product("v2"), product("x", name="other"))
    assert since(history.write(tmp_path)) == after(2)


# (c) reverts


@pytest.mark.parametrize("count", [1, 2, 3])
def test_reverts_of_a_bump_never_bring_its_old_since_back(tmp_path: Path, count: int) -> None:
    bumps = [
        product("v1", since="2026-11-20T06:00:00Z"),
        product("v2", since="2026-11-20T10:00:00Z"),
    ]
    history = History()
    history.stack(0, bumps[0])
    for hour in range(1, count + 2):
        history.stack(hour + 1, bumps[hour % 2])
    assert since(history.write(tmp_path)) == after(count + 2)


def test_a_squashed_revert_of_a_revert_moves_nothing(tmp_path: Path) -> None:
    history = History()
    history.stack(0, product("v1"))
    history.stack(2, product("v2", since="2026-11-20T10:30:00Z"))
    history.stack(5, product("v2", since="2026-11-20T10:30:00Z"), product("x", name="other"))
    assert since(history.write(tmp_path)) == clock(1.5)


# (d) uncommitted changes


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    history = History()
    history.stack(0, product("v1", since="2026-11-20T06:00:00Z"))
    history.stack(2, product("v2", since="2026-11-20T10:30:00Z"))
    return history.write(tmp_path / "repository")


def test_an_uncommitted_version_is_refused_with_the_command(repository: Path) -> None:
    write(repository, product("v3", since="2026-11-20T10:30:00Z"))
    assert problem(repository).endswith(
        "products.customers: version v3 is not committed. Commit it, or run: "
        "tamr bump customers v3 --stack staging"
    )


def test_a_version_from_an_old_commit_is_refused(repository: Path) -> None:
    git(repository, "checkout", "--quiet", "HEAD~1", "--", "stacks")
    assert "version v1 is not committed" in problem(repository)


def test_an_uncommitted_removal_of_a_since_is_refused(repository: Path) -> None:
    write(repository, product("v2"))
    assert "its since is not committed" in problem(repository)


def test_an_uncommitted_since_later_than_heads_is_allowed(repository: Path) -> None:
    write(repository, product("v3", since="2026-11-20T11:00:00Z"))
    found = sinces(repository)["customers"]
    assert (found.problem, found.at) == ("", clock(2))


def test_an_uncommitted_since_may_go_back_to_the_floor(
    repository: Path,
) -> None:
    write(repository, product("v2", since="2026-11-20T07:00:00Z"))
    found = sinces(repository)["customers"]
    assert (found.problem, found.at) == ("", clock(-2))
    write(repository, product("v2", since="2026-11-20T06:00:00Z"))
    assert "its since is not committed" in problem(repository)


@pytest.mark.parametrize(
    "text",
    [
        stack(product("v2", since="2026-11-20 10:30:00 +0000 UTC")),
        stack(product("v2", since='"2026-11-20T11:30:00+01:00"')),
        stack(product("v2", since="2026-11-20T10:30:00Z")).replace("\n", "\r\n"),
        stack(product('"v2"', since="'2026-11-20T10:30:00.000Z'")),
        stack("    customers: {since: '2026-11-20T10:30:00Z', dataProduct: dp, version: v2}\n"),
        stack(product("&v v2", since="2026-11-20T10:30:00Z", more="      sources: [*v]")),
        "# a comment\n" + stack(product("v2  # now", since="2026-11-20T10:30:00Z")),
    ],
)
def test_another_spelling_is_not_a_change(repository: Path, text: str) -> None:
    (repository / FILE).write_text(text, encoding="utf-8", newline="")
    found = sinces(repository)["customers"]
    assert (found.problem, found.at) == ("", clock(1.5))


def test_a_product_new_to_head_needs_a_since_or_a_date(repository: Path) -> None:
    old = product("v2", since="2026-11-20T10:30:00Z")
    for version, text in [("v1", ""), ('"2026-11-21"', ""), ("v1", "2026-11-21T00:00:00Z")]:
        write(repository, old, product(version, since=text, name="new"))
        found = sinces(repository)["new"]
        assert bool(found.problem) is (version == "v1" and not text)
        assert found.problem or found.at == clock(15)


def test_up_refuses_what_plan_shows(repository: Path) -> None:
    write(repository, product("v3"))
    where = ["-C", str(repository), "--stack", "staging"]
    env = {"TAMR_API_KEY": "k", "TAMR_URL": "http://127.0.0.1:9"}
    result = CliRunner(env=env).invoke(main, ["up", *where])
    assert result.exit_code == 2
    assert "version v3 is not committed" in result.output


# (e) explicit since


def bumped(folder: Path, first: str, second: str, version: str = "v2") -> datetime | None:
    history = History()
    history.stack(0, product("v1", since=first))
    history.stack(4, product(version, since=second))
    return since(history.write(folder))


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ("2026-11-20T11:00:00Z", clock(2)),  # with the version, later than the floor
        ("2026-11-20T10:00:00Z", after(4)),  # equal to the floor
        ("2026-11-20T09:30:00Z", after(4)),  # before it
        ("", after(4)),
    ],
)
def test_a_since_that_comes_with_a_version_counts_after_the_floor(
    tmp_path: Path, second: str, expected: datetime
) -> None:
    assert bumped(tmp_path, "2026-11-20T10:00:00Z", second) == expected


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ("2026-11-20T11:00:00Z", clock(2)),  # later: everything runs again
        ("2026-11-20T05:00:00Z", clock(-4)),  # back: earlier jobs count, on purpose
        ("", clock(1)),  # taken out: nothing moves
    ],
)
def test_a_since_that_moves_alone(tmp_path: Path, second: str, expected: datetime) -> None:
    assert bumped(tmp_path, "2026-11-20T10:00:00Z", second, version="v1") == expected


def test_a_since_of_the_same_version_does_not_go_back_past_the_floor(tmp_path: Path) -> None:
    history = History()
    history.stack(0, product("v1", since="2026-11-20T08:00:00Z"))
    history.stack(2, product("v2", since="2026-11-20T10:00:00Z"))
    history.stack(3, product("v2", since="2026-11-20T08:00:00Z"))
    folder = history.write(tmp_path)
    assert since(folder) == clock(1)
    found = sinces(folder)["customers"]
    assert found.describe(NOW).endswith(": Nov 20, 08:00 in the file is not after Nov 20, 08:00")


@pytest.mark.parametrize("swapped", [False, True])
def test_a_conflict_resolved_by_lines_keeps_the_versions_since(
    tmp_path: Path, swapped: bool
) -> None:
    history = History()
    base = history.stack(0, product("v1", since="2026-11-20T08:00:00Z"))
    ours = history.stack(2, product("v2", since="2026-11-20T10:00:00Z"), parents=[base])
    theirs = history.stack(3, product("v3", since="2026-11-20T11:30:00Z"), parents=[base])
    parents = [theirs, ours] if swapped else [ours, theirs]
    history.stack(5, product("v2", since="2026-11-20T11:30:00Z"), parents=parents)
    assert since(history.write(tmp_path)) == after(5)


# (f) clones that are cut off, and folders where git does not answer


def clone(folder: Path, depth: int) -> Path:
    target = folder.parent / f"depth-{depth}"
    git(folder.parent, "clone", "--quiet", f"--depth={depth}", folder.as_uri(), target.name)
    return target


@pytest.mark.parametrize(
    "version", [product("v2"), product('"2026-11-21"'), product("v2", "2026-11-20T10:30:00Z")]
)
def test_a_shallow_clone_has_the_right_since_or_none(tmp_path: Path, version: str) -> None:
    """From the depth on that shows the change, the answer is that of the whole history."""
    history = History()
    history.stack(0, product("v1", since="2026-11-20T06:00:00Z"))
    history.stack(1, product("v1", since="2026-11-20T06:00:00Z"), product("x", name="other"))
    history.stack(24, version, product("x", name="other"))
    history.stack(25, version, product("y", name="other"))
    history.stack(26, version, product("z", name="other"))
    whole = history.write(tmp_path / "whole")
    git(whole, "checkout", "--quiet", "-B", "main")
    for depth in (1, 2, 3):
        found = sinces(clone(whole, depth))["customers"]
        assert "fetch-depth: 0" in found.problem
    for depth in (4, 5):
        found = sinces(clone(whole, depth))["customers"]
        assert found.problem or found.at == since(whole)
    if "since" not in version:
        assert not sinces(tmp_path / "depth-4")["customers"].problem


def test_up_refuses_a_shallow_clone(tmp_path: Path) -> None:
    history = History()
    history.stack(0, product("v1"))
    history.stack(1, product("v2"))
    whole = history.write(tmp_path / "whole")
    git(whole, "checkout", "--quiet", "-B", "main")
    env = {"TAMR_API_KEY": "k", "TAMR_URL": "http://127.0.0.1:9"}
    words = ["up", "-C", str(clone(whole, 1)), "--stack", "staging"]
    result = CliRunner(env=env).invoke(main, words)
    assert result.exit_code == 2
    assert "fetch-depth: 0" in result.output


def test_without_git_a_since_or_a_date_counts_and_a_label_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "Pulumi.yaml").write_text(PROJECT)
    write(tmp_path, product('"2026-11-21"'), product("v1", "2026-11-20T10:00:00Z", name="other"))
    found = sinces(tmp_path)
    assert (found["customers"].at, found["other"].at) == (clock(15), clock(1))
    write(tmp_path, product("v1"))
    with pytest.raises(InputError, match=r"products.customers.since: expected a time such as"):
        sinces(tmp_path)


def test_a_repository_that_git_refuses_is_refused_with_its_message(repository: Path) -> None:
    (repository / ".git/HEAD").write_text("nonsense")
    with pytest.raises(InputError, match="not a git repository"):
        sinces(repository)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_repository_of_another_owner_is_refused_with_gits_message(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.delenv("SUDO_UID", raising=False)
    for path in (repository, *repository.rglob("*")):
        os.chown(path, 12345, 12345)
    with pytest.raises(InputError, match="git rev-parse: detected dubious ownership"):
        sinces(repository)


def test_a_git_folder_without_the_program_is_refused(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(repository))
    with pytest.raises(InputError, match="git: not found on PATH"):
        sinces(repository)


def test_a_missing_object_is_refused(repository: Path) -> None:
    old = git(repository, "rev-parse", f"HEAD~1:{FILE}").strip()
    (repository / f".git/objects/{old[:2]}/{old[2:]}").unlink()
    with pytest.raises(InputError, match=f"{old} missing. The repository is damaged"):
        sinces(repository)


def test_git_variables_of_the_user_are_ignored(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    git(elsewhere, "init", "--quiet")
    monkeypatch.setenv("GIT_DIR", str(elsewhere / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", os.devnull)
    assert since(repository) == clock(1.5)


def test_replaced_objects_are_ignored(repository: Path) -> None:
    git(repository, "replace", "HEAD", "HEAD~1")
    assert since(repository) == clock(1.5)


# (g) names and places


def test_a_renamed_product_is_known_by_its_data_product(tmp_path: Path) -> None:
    history = History()
    history.stack(0, product("v1", more="      dataProduct: dp"))
    history.stack(1, product("v2", more="      dataProduct: dp"))
    history.stack(2, product("v2", name="clients", more="      dataProduct: dp"))
    folder = history.write(tmp_path)
    assert since(folder, name="clients") == after(1)


def test_a_product_that_was_away_is_compared_with_its_last_version(tmp_path: Path) -> None:
    other = product("x", name="other")
    history = History()
    history.stack(0, product("v1"), other)
    history.stack(1, product("v2"), other)
    history.stack(2, other)
    history.stack(3, product("v2"), other)
    assert since(history.write(tmp_path / "same")) == after(1)
    history.stack(4, other)
    history.stack(5, product("v1", since="2026-11-20T09:10:00Z"), other)
    assert since(history.write(tmp_path / "old")) == after(5)


def test_a_moved_stack_folder_moves_nothing(tmp_path: Path) -> None:
    history = History()
    history.stack(0, product("v1"))
    history.stack(1, product("v2"))
    moved = {
        "envs/Pulumi.staging.yaml": stack(product("v2")),
        "Pulumi.yaml": PROJECT.replace("stackConfigDir: stacks", "stackConfigDir: envs"),
    }
    history.commit(clock(2), moved)
    assert since(history.write(tmp_path)) == after(1)


def test_a_moved_project_moves_nothing(tmp_path: Path) -> None:
    history = History()
    history.stack(0, product("v1"))
    history.stack(1, product("v2"))
    text = stack(product("v2"))
    history.commit(clock(2), {f"data/{FILE}": text, "data/Pulumi.yaml": PROJECT, "Pulumi.yaml": ""})
    folder = history.write(tmp_path)
    assert since(folder / "data") == after(1)


def test_products_in_pulumi_yaml_count_too(tmp_path: Path) -> None:
    shared = PROJECT + "config:\n  products:\n    value:\n      customers:\n        {}\n"
    history = History()
    for hour, version in enumerate(["v1", "v2"]):
        text = shared.format(f"version: {version}\n        dataProduct: dp")
        history.commit(clock(hour), {"Pulumi.yaml": text, FILE: "config:\n  tamr:url: http://x\n"})
    folder = history.write(tmp_path)
    assert since(folder) == after(1)


@pytest.mark.parametrize(
    "broken",
    [
        "<<<<<<< HEAD\n" + stack(product("v1")),
        stack(product("v1", more="      sources: [unclosed")),
        stack(product("[v1]")),
        stack(product("v1", since="soon")),
        "config: [",
    ],
)
def test_a_broken_revision_counts_as_another_version(tmp_path: Path, broken: str) -> None:
    history = History()
    history.stack(0, product("v1"))
    history.commit(clock(1), {FILE: broken})
    history.stack(2, product("v1"))
    assert since(history.write(tmp_path)) == after(2)


def test_a_merge_that_is_newer_than_its_child_counts(tmp_path: Path) -> None:
    """By date alone, git leaves such a parent out of its child's parents."""
    history = History()
    root = history.stack(0, product("v1"))
    sides = [history.stack(hour, product("v1"), parents=[root]) for hour in (1, 2, 3)]
    early = history.stack(7.1, product("v1"), parents=[sides[0], root])
    late = history.stack(7, product("v1"), parents=[sides[1], early])
    history.stack(8, product("v1", since="2026-11-20T06:00:00Z"), parents=[sides[2], late])
    assert since(history.write(tmp_path)) == clock(-3)


# (i) clocks


def test_a_job_of_the_commits_own_second_does_not_count(tmp_path: Path) -> None:
    history = History()
    history.stack(0, product("v1"))
    history.stack(1, product("v2"))
    found = since(history.write(tmp_path))
    assert found is not None
    assert format_timestamp(found) == "2026-11-20T10:00:01Z"


def test_a_commit_ahead_of_its_parents_clock_counts_after_them(tmp_path: Path) -> None:
    history = History()
    history.stack(0, product("v1"))
    history.stack(3, product("v2"))  # two hours ahead
    history.stack(1, product("v3"))
    found = since(history.write(tmp_path))
    assert found is not None
    assert found > after(3)


def test_a_parent_of_2038_that_changed_another_product_does_not_matter(tmp_path: Path) -> None:
    history = History()
    history.stack(0, product("v1"), product("x", name="other"))
    history.stack(24 * 365 * 12, product("v1"), product("y", name="other"))
    history.stack(2, product("v2"), product("y", name="other"))
    assert since(history.write(tmp_path)) == after(2)


def test_a_plan_against_a_base_is_as_of_the_merge(tmp_path: Path) -> None:
    history = History()
    base = history.stack(0, product("v1"))
    ahead = history.stack(4, product("v4"), parents=[base])
    history.stack(2, product("v2"), parents=[base])
    folder = history.write(tmp_path)
    assert sinces(folder, base=f"c{base}")["customers"].at == after(2)
    assert sinces(folder, base=f"c{ahead}")["customers"].at == NOW.replace(second=1)
    with pytest.raises(InputError, match="--base: unknown commit nowhere"):
        sinces(folder, base="nowhere")


def test_at_most_three_git_processes_are_started(repository: Path, tmp_path: Path) -> None:
    log, bin_ = tmp_path / "log", tmp_path / "bin"
    bin_.mkdir()
    real = shutil.which("git")
    (bin_ / "git").write_text(f'#!/bin/sh\necho "$3" >> {log}\nexec {real} "$@"\n')
    (bin_ / "git").chmod(0o755)
    path = os.environ["PATH"]
    os.environ["PATH"] = f"{bin_}{os.pathsep}{path}"
    try:
        assert since(repository) == clock(1.5)
    finally:
        os.environ["PATH"] = path
    assert sorted(log.read_text().split()) == ["cat-file", "rev-list", "rev-parse"]


def test_a_folder_below_no_repository_has_none(tmp_path: Path) -> None:
    assert Repository.find(tmp_path) is None
