"""The wheel is complete: it works away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.processes import QUICK, environment

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and unpack it into a folder of its own."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*build, str(ROOT)], check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    target = folder / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--target", str(target), str(wheel)], check=True)
    return target


def run(installed: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run Python away from the checkout, with the unpacked wheel before anything else."""
    return subprocess.run(
        [sys.executable, *words],
        cwd=installed,
        env=environment(PYTHONPATH=str(installed), TAMR_URL="", TAMR_STACK=""),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_package_is_the_unpacked_one(installed: Path) -> None:
    done = run(installed, "-c", "import tamr_provider; print(tamr_provider.__file__)")
    assert done.stdout.startswith(str(installed))


def test_types_schema_and_template_are_in_it(installed: Path) -> None:
    package = installed / "tamr_provider"
    assert (package / "py.typed").is_file()
    assert (package / "stackfile/stack.schema.json").is_file()
    template = Path("tamr_provider/templates/project/Pulumi.yaml")
    assert (installed / template).read_text() == (ROOT / template).read_text()
    assert run(installed, "-m", "tamr_provider", "schema").stdout.startswith("{")


def test_a_project_made_from_it_is_reconciled_on_its_own_emulator(installed: Path) -> None:
    code = f"""
import subprocess, sys
from pathlib import Path
sys.path.insert(0, {str(ROOT / "tests")!r})
from support.processes import emulator, project, tamr
with emulator(*{QUICK!r}) as server:
    folder = project(Path("made"), server.url)
    done = tamr(folder, "up")
    print(done.stdout, done.stderr)
"""
    done = run(installed, "-c", code)
    assert "9 of 9 steps satisfied" in done.stdout, done.stdout + done.stderr
    host = installed / "made/stacks/host/pulumi-resource-pulumi-python"
    assert os.access(host, os.X_OK)


def test_its_host_starts(installed: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "tamr_provider.resources.host"],
        cwd=installed,
        env=environment(PYTHONPATH=str(installed)),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert int(process.stdout.readline()) > 0
        process.kill()
