"""Where a tamr-provider came from, and the wheel that carries it into a project."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from importlib.metadata import PathDistribution, distribution, version
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import tamr_provider
from support.processes import environment, tamr
from tamr_provider.cli.scaffold.origin import read_origin
from tamr_provider.cli.scaffold.wheel import build_wheel

if TYPE_CHECKING:
    from importlib.metadata import Distribution

ROOT = Path(__file__).parents[2]
COMMIT = "0123456789abcdef0123456789abcdef01234567"
WHEEL = "./wheels/tamr_provider-9.8.7-py3-none-any.whl"


def installed(folder: Path, direct_url: object) -> Distribution:
    """Return a distribution as an installer leaves it behind."""
    info = folder / "tamr_provider-9.8.7.dist-info"
    info.mkdir()
    (folder / "tamr_provider").mkdir()
    (folder / "tamr_provider/__init__.py").write_text("")
    (info / "METADATA").write_text("Metadata-Version: 2.4\nName: tamr-provider\nVersion: 9.8.7\n")
    if direct_url is not None:
        (info / "direct_url.json").write_text(json.dumps(direct_url))
    return PathDistribution(info)


@pytest.mark.parametrize(
    ("direct_url", "requirement"),
    [
        (None, "tamr-provider==9.8.7"),
        (
            {
                "url": "https://git.example.com/acme/tamr.git",
                "vcs_info": {"vcs": "git", "requested_revision": "main", "commit_id": COMMIT},
            },
            f"tamr-provider @ git+https://git.example.com/acme/tamr.git@{COMMIT}",
        ),
        (
            {
                "url": "ssh://git@git.example.com/acme/mono.git",
                "vcs_info": {"vcs": "git", "commit_id": COMMIT},
                "subdirectory": "tamr",
            },
            f"tamr-provider @ git+ssh://git@git.example.com/acme/mono.git@{COMMIT}#subdirectory=tamr",
        ),
        (
            {
                "url": "https://files.example.com/tamr_provider.whl",
                "archive_info": {"hashes": {"sha256": "abc"}},
            },
            "tamr-provider @ https://files.example.com/tamr_provider.whl#sha256=abc",
        ),
        ({"url": "file:///home/me/tamr", "vcs_info": {"vcs": "git", "commit_id": COMMIT}}, WHEEL),
        ({"url": "file:///home/me/tamr.whl", "archive_info": {}}, WHEEL),
        ({"url": "file:///home/me/tamr", "dir_info": {}}, WHEEL),
    ],
    ids=["index", "git", "git folder", "address", "git on this machine", "file", "folder"],
)
def test_a_requirement_names_the_origin(
    tmp_path: Path, direct_url: object, requirement: str
) -> None:
    origin = read_origin(installed(tmp_path, direct_url), tmp_path / "tamr_provider")
    assert origin.requirement == requirement
    assert bool(origin.wheel) == (requirement == WHEEL)


def test_code_that_runs_from_elsewhere_travels_as_a_wheel(tmp_path: Path) -> None:
    """An editable install, or a checkout that comes first on the path."""
    checkout = tmp_path / "checkout/tamr_provider"
    checkout.mkdir(parents=True)
    (checkout / "__init__.py").write_text("here = True\n")
    (tmp_path / "site").mkdir()
    origin = read_origin(installed(tmp_path / "site", None), checkout)
    assert origin.requirement == WHEEL
    (tmp_path / origin.wheel_name).write_bytes(origin.wheel)
    with zipfile.ZipFile(tmp_path / origin.wheel_name) as archive:
        assert archive.read("tamr_provider/__init__.py") == b"here = True\n"


def headers(metadata: bytes) -> bytes:
    """Return metadata without its body, the README: an editable install keeps an older one."""
    return metadata.partition(b"\n\n")[0]


def test_the_wheel_is_the_one_that_the_build_makes(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path)]
    subprocess.run([*build, str(ROOT)], check=True, capture_output=True)
    (built,) = tmp_path.glob("*.whl")
    package = Path(tamr_provider.__file__).parent
    made = tmp_path / "made.zip"
    made.write_bytes(build_wheel(distribution("tamr-provider"), package))
    with zipfile.ZipFile(built) as theirs, zipfile.ZipFile(made) as ours:
        assert sorted(ours.namelist()) == sorted(theirs.namelist())
        for name in ours.namelist():
            if name.startswith("tamr_provider/") or "/licenses/" in name:
                assert ours.read(name) == theirs.read(name), name
        for name in ("METADATA", "entry_points.txt"):
            path = f"{package.name}-{version('tamr-provider')}.dist-info/{name}"
            assert headers(ours.read(path)) == headers(theirs.read(path))
    assert build_wheel(distribution("tamr-provider"), package) == made.read_bytes()


class FreshShell:
    """A shell whose venv has nothing of ours; dependencies come from this one, not the network."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = environment(
            PIP_NO_DEPS="1",
            PIP_NO_INDEX="1",
            PIP_NO_BUILD_ISOLATION="0",  # pip reads it as the option: 0 turns isolation off
            PIP_DISABLE_PIP_VERSION_CHECK="1",
            TAMR_URL="",
        )
        self.env["PYTHONPATH"] = sysconfig.get_paths()["purelib"]
        self.env["PATH"] = os.environ["PATH"]

    def run(self, script: str) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


WHERE = "python -c 'import tamr_provider; print(tamr_provider.__file__)'"


def test_a_new_projects_readme_installs_it_in_a_fresh_venv(tmp_path: Path) -> None:
    assert tamr(tmp_path, "init", "shop").returncode == 0
    project = tmp_path / "shop"
    requirement = (project / "requirements.txt").read_text()
    assert requirement == f"./wheels/{next(project.glob('wheels/*')).name}\n"
    (install,) = [
        line.split("`")[1]
        for line in (project / "README.md").read_text().splitlines()
        if "pip install" in line
    ]
    said = FreshShell(project).run(
        f"{install}\ncommand -v tamr\ntamr --version\n{WHERE}\ntamr --help"
    )
    lines = said.splitlines()
    assert f"{project}/.venv/bin/tamr" in lines
    assert f"tamr, version {version('tamr-provider')}" in lines
    assert any(line.startswith(f"{project}/.venv/lib") for line in lines)


def install_block(page: str) -> str:
    """Return the lines of a page's first shell block that installs, up to the installation."""
    text = (ROOT / page).read_text(encoding="utf-8")
    (block,) = [part for part in text.split("```sh\n")[1:] if "pip install" in part]
    before, install, _ = block.partition("pip install")
    return before + install + block.partition("pip install")[2].splitlines()[0]


@pytest.mark.parametrize("page", ["README.md", "docs/tutorial.md"])
def test_the_install_commands_of_a_page_work_in_a_clone(tmp_path: Path, page: str) -> None:
    """The commands are run as printed; what they install then starts a project of its own."""
    clone = tmp_path / "clone"
    left_out = shutil.ignore_patterns(".*", "__pycache__", "dist", "site")
    shutil.copytree(ROOT, clone, ignore=left_out)
    said = FreshShell(clone).run(f"{install_block(page)}\ncd {tmp_path}\n{WHERE}\ntamr init shop\n")
    assert f"\n{clone}/.venv/lib" in said
    assert "wheels/tamr_provider-" in (tmp_path / "shop/requirements.txt").read_text()


def test_no_page_or_template_installs_the_bare_name() -> None:
    """The name is free on the public index; its owner could run code with your keys."""
    pages = [*ROOT.glob("docs/**/*.md"), *ROOT.glob("*.md"), *ROOT.glob("policies/*")]
    pages += [path for path in (ROOT / "tamr_provider/templates").rglob("*") if path.is_file()]
    for path in pages:
        for line in path.read_text(encoding="utf-8").splitlines():
            install = "pip install" in line or path.name == "requirements.txt"
            assert not (install and "tamr-provider" in line.partition("#")[0]), f"{path}: {line}"
