"""`tamr init`: a project that works unchanged."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest
import yaml

from support.processes import QUICK, emulator, environment, tamr
from tamr_provider.stackfile.schema import schema_text

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "tamr_provider/templates/project"
SHARED = (
    "stacks/__main__.py",
    *(f"stacks/host/pulumi-resource-pulumi-python{suffix}" for suffix in ("", ".cmd")),
)


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def start(folder: Path, *words: str) -> Path:
    done = tamr(folder, "init", "my shop", *words)
    assert done.returncode == 0, done.stderr
    return folder / "my shop"


def test_a_new_project_plans_and_runs_on_the_emulator(
    tmp_path: Path,
) -> None:
    made = start(tmp_path)
    with emulator(*QUICK) as server:
        planned = tamr(made, "plan", "--stack", "staging", TAMR_URL=server.url)
        assert planned.returncode == 0, planned.stderr
        assert "Plan: 4 jobs to launch." in planned.stdout
        assert tamr(made, "up", "--stack", "staging", TAMR_URL=server.url).returncode == 0
        assert len(server.posts()) == 4
        checked = tamr(made, "doctor", "--stack", "staging", TAMR_URL=server.url)
        assert "✗ stacks" not in checked.stdout


def test_its_stacks_have_todays_date_and_the_folders_name(tmp_path: Path) -> None:
    text = (start(tmp_path) / "stacks/Pulumi.staging.yaml").read_text()
    assert "  my-shop:products:" in text
    assert f'version: "{datetime.now(timezone.utc):%Y-%m-%d}"' in text


def test_editors_find_the_schema_that_the_first_line_names(tmp_path: Path) -> None:
    made = start(tmp_path)
    schema = json.loads((made / "stacks/stack.schema.json").read_text())
    assert schema == json.loads(schema_text())
    for path in made.glob("stacks/Pulumi.*.yaml"):
        first, _, _ = path.read_text().partition("\n")
        assert first == "# yaml-language-server: $schema=stack.schema.json"
        jsonschema.validate(yaml.safe_load(path.read_text()), schema)


def test_existing_files_are_kept_and_missing_ones_are_added(tmp_path: Path) -> None:
    made = start(tmp_path)
    (made / "README.md").write_text("mine")
    (made / "stacks/host/pulumi-resource-pulumi-python").unlink()
    (made / "stacks/Pulumi.staging.yaml").unlink()
    done = tamr(tmp_path, "init", "my shop")
    assert (done.returncode, done.stdout.splitlines()[:2]) == (
        0,
        ["  stacks/host/pulumi-resource-pulumi-python", ""],
    )
    summary = done.stdout.splitlines()[2]
    assert summary == "project my-shop is in my shop: 1 added"
    assert "8 kept: .gitignore, Pulumi.yaml, README.md, requirements.txt," in done.stdout
    assert (made / "README.md").read_text() == "mine"
    assert "is complete" in tamr(tmp_path, "init", "my shop").stdout


def test_the_workflows_of_a_ci_are_added_to_a_project(tmp_path: Path) -> None:
    """The project keeps its name, and what its README lacks is printed."""
    start(tmp_path).rename(tmp_path / "renamed")
    done = tamr(tmp_path, "init", "renamed", "--ci", "github")
    assert done.returncode == 0, done.stderr
    assert "  .github/workflows/tamr-up.yml\n" in done.stdout
    assert "project my-shop is in renamed" in done.stdout
    assert "README.md exists and was not changed. Add this to it:" in done.stdout
    assert "TAMR_API_KEY_PROD" in done.stdout


def test_a_new_project_ends_with_the_next_commands_in_order(tmp_path: Path) -> None:
    done = tamr(tmp_path, "init", "my shop")
    assert done.stdout.splitlines()[-5:] == [
        "Next:",
        "  1. cd 'my shop'",
        "  2. $EDITOR stacks/Pulumi.staging.yaml   # your tenant's address and IDs",
        "  3. tamr doctor --stack staging",
        "  4. tamr plan --stack staging",
    ]
    again = tamr(tmp_path / "my shop", "init", ".")
    assert again.stdout.splitlines()[-3:] == [
        "Next:",
        "  1. tamr doctor --stack staging",
        "  2. tamr plan --stack staging",
    ]


def test_an_existing_stack_file_keeps_its_bytes(tmp_path: Path) -> None:
    own = tmp_path / "my shop/stacks/Pulumi.ours.yaml"
    own.parent.mkdir(parents=True)
    own.write_text('config:\n  my-shop:since: "2026-11-20"\n')
    start(tmp_path)
    assert own.read_text() == 'config:\n  my-shop:since: "2026-11-20"\n'


def test_the_readme_is_short_and_its_commands_exist(tmp_path: Path) -> None:
    text = (start(tmp_path) / "README.md").read_text()
    assert len(text.splitlines()) <= 14
    assert "${" not in text


@pytest.mark.parametrize("name", SHARED)
def test_program_and_host_are_those_of_this_project(name: str) -> None:
    assert (TEMPLATE / name).read_bytes() == (ROOT / name).read_bytes()


def test_the_host_can_be_executed(tmp_path: Path) -> None:
    assert os.access(start(tmp_path) / SHARED[1], os.X_OK)


def same(folders: Iterable[Path], name: str) -> bool:
    return len({(folder / name).read_text() for folder in folders}) == 1


@pytest.mark.cli
@pytest.mark.skipif(shutil.which("pulumi") is None, reason="the Pulumi CLI is not on PATH")
def test_pulumi_new_makes_the_same_project_from_the_same_folder(tmp_path: Path) -> None:
    made = start(tmp_path)
    state = tmp_path / "state"
    state.mkdir()
    new = tmp_path / "new"
    done = subprocess.run(
        ["pulumi", "new", TEMPLATE, "--generate-only", "--yes", "--name", "my-shop", "--dir", new],
        env=environment(
            PULUMI_BACKEND_URL=state.as_uri(),
            PULUMI_CONFIG_PASSPHRASE="x",
            PULUMI_SKIP_UPDATE_CHECK="true",
        ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "run: tamr init ." in done.stdout
    added = tamr(new, "init", ".")
    assert added.stdout.splitlines()[0] == "  requirements.txt"
    assert files(new) == files(made)
    assert same((new, made), "README.md")
    assert os.access(new / SHARED[1], os.X_OK)
    with emulator(*QUICK) as server:
        planned = tamr(new, "plan", "--stack", "staging", TAMR_URL=server.url)
        assert planned.returncode == 0, planned.stderr
