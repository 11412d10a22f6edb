"""What the documentation shows works as shown."""

from __future__ import annotations

import json
import re
import runpy
import shlex
import subprocess
import sys
import textwrap
from datetime import datetime, timezone
from pathlib import Path

import click
import pytest
import yaml
from test_tutorial import PULL_REQUEST, TUTORIAL

from support.message_page import messages
from tamr_provider.cli import main
from tamr_provider.decision.states import State
from tamr_provider.emulator.fault_file import parse_fault_rules
from tamr_provider.stackfile.parser import parse_stack_file

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 21, tzinfo=timezone.utc)


def blocks(name: str, language: str) -> list[str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_stack_file_of_the_readme_is_valid() -> None:
    (text,) = blocks("README.md", "yaml")
    file = parse_stack_file(text, "tamr-pipelines", "README.md", NOW)
    assert list(file.products) == ["customers"]


@pytest.mark.parametrize(("stack", "products"), [("dev", 2), ("staging", 2), ("prod", 2)])
def test_the_example_stacks_are_valid_and_those_of_the_demo(stack: str, products: int) -> None:
    name = f"stacks/Pulumi.{stack}.yaml"
    text = (ROOT / name).read_text(encoding="utf-8")
    assert len(parse_stack_file(text, "tamr-pipelines", stack, NOW).products) == products
    assert (ROOT / "tamr_provider/templates/demo" / name).read_text(encoding="utf-8") == text
    assert text.startswith("# Try it: tamr emulator --load 4s --update 6s --publish 3s ")


def test_the_faults_file_of_the_documentation_is_valid() -> None:
    (text,) = blocks("docs/emulator.md", "json")
    script = parse_fault_rules(json.loads(text))
    assert (len(script.jobs), len(script.responses), script.hidden) == (3, 3, 1)


def test_the_python_of_the_documentation_runs() -> None:
    (code,) = blocks("docs/emulator.md", "python")
    names: dict[str, object] = {}
    exec(code, names)
    assert getattr(names["response"], "status") == 200  # noqa: B009 - a name made by the code


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "docs/emulator.md",
        "docs/kubernetes.md",
        "docs/policies.md",
        "docs/reliability.md",
        "docs/state-backends.md",
        "CONTRIBUTING.md",
    ],
)
def test_files_that_the_documentation_names_exist(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    named = re.findall(r"`((?:tamr_provider|tests|stacks|docs|deploy)/[\w./]+\w)`", text)
    for path in named:
        assert (ROOT / path).exists(), path


def test_variables_of_the_readme_are_those_that_the_settings_read() -> None:
    documented = set(
        re.findall(r"`(TAMR_[A-Z_]+)", (ROOT / "README.md").read_text(encoding="utf-8"))
    )
    code = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("tamr_provider/**/*.py"))
    read = set(re.findall(r"\"(TAMR_[A-Z_]+)\"", code)) - {"TAMR_EMULATOR_KEY", "TAMR_API_KEY_"}
    read -= {"TAMR_PRODUCT", "TAMR_VERSION", "TAMR_JOB_IDS"}  # for a team's own check
    assert documented - {"TAMR_API_KEY_"} == read


def test_every_test_that_holds_a_claim_exists() -> None:
    claims = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", claims))
    code = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("tests/**/test_*.py"))
    assert len(named) > 15
    assert named <= set(re.findall(r"^def (test_\w+)", code, re.MULTILINE))


def test_the_guards_of_the_documentation_are_valid() -> None:
    verify, guards, override = blocks("docs/promotion.md", "yaml")
    whole = f"{guards}  {verify}  {override}  sources: [src_crm]\n"
    head = "config:\n  tamr-pipelines:products:\n"
    text = head + "".join(f"    {line}\n" for line in whole.splitlines())
    product = parse_stack_file(text, "tamr-pipelines", "promotion.md", NOW).products["customers"]
    assert product.is_overridden
    assert len(product.freeze) == 2


PAGES = sorted([*ROOT.glob("docs/**/*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)


def fenced(page: Path) -> list[tuple[str, str]]:
    """Return each code block of a page with its language, without its indentation."""
    text = page.read_text(encoding="utf-8")
    return [(language, textwrap.dedent(code)) for _, language, code in FENCE.findall(text)]


def commands(script: str) -> list[list[str]]:
    """Return the words of each `tamr` command of a shell script."""
    lines = script.replace("\\\n", " ").splitlines()
    words = [shlex.split(line, comments=True) for line in lines if line.startswith("tamr ")]
    return [word[1 : word.index("&") if "&" in word else None] for word in words]


def parse(words: list[str]) -> None:
    """Read a command's words as the command line does. Raises where it would refuse them."""
    command, name = main, "tamr"
    context: click.Context | None = None
    while isinstance(command, click.Group):
        context = click.Context(command, info_name=name, parent=context)
        name, words = words[0], words[1:]
        below = command.get_command(context, name)
        assert below is not None, name
        command = below  # type: ignore[assignment]
    command.make_context(name, words, parent=context)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_code_block_is_of_a_kind_that_is_checked(page: Path) -> None:
    """Consoles are run (test_tutorial), the rest is read by what would read it."""
    for language, code in fenced(page):
        if language in ("sh", "shell", "bash"):
            subprocess.run(["bash", "-n"], input=code, text=True, check=True)
            for words in commands(code):
                parse(words)
        elif language == "yaml":
            assert yaml.safe_load(code) is not None
        elif language == "json":
            json.loads(code)
        elif language == "python":
            compile(code, str(page), "exec")
        elif language == "console":
            assert page in (TUTORIAL, PULL_REQUEST)
        else:
            assert language in ("text", "mermaid"), language


@pytest.mark.parametrize("name", ["second-tenant", "realtime-workflows"])
def test_the_stack_files_of_the_how_to_pages_are_valid(name: str) -> None:
    (text,) = [
        code for language, code in fenced(ROOT / f"docs/how-to/{name}.md") if language == "yaml"
    ]
    assert parse_stack_file(text, "tamr-pipelines", name, NOW).products


def test_the_page_of_resources_is_the_generated_one() -> None:
    page = runpy.run_path(str(ROOT / "docs/reference.py"))["resources"]()
    assert (ROOT / "docs/reference/resources.md").read_text("utf-8") == page, (
        "the public face has changed; to update the page, run: python docs/reference.py"
    )


def test_the_diagrams_are_the_drawn_ones() -> None:
    for name, text in runpy.run_path(str(ROOT / "docs/diagrams.py"))["diagrams"]().items():
        assert (ROOT / "docs/pictures" / name).read_text("utf-8") == text, (
            "to update the diagrams, run: python docs/diagrams.py"
        )


def test_every_message_that_is_explained_exists() -> None:
    """A message is often joined from several: its reason, when it ends, and the fix."""
    patterns = [_pattern(message.text) for message in messages()[0]]
    shown = [
        line
        for language, code in fenced(ROOT / "docs/messages.md")
        for line in code.splitlines()
        if language == "text"
    ]
    assert len(shown) > 25
    assert [line for line in shown if not any(known.search(line) for known in patterns)] == []


def _pattern(message: str) -> re.Pattern[str]:
    """Return a pattern for a message; without a word or two of its own it says too little."""
    parts = re.split(r"<[^<>]*>", message.partition("\n")[0])
    words = " ".join(parts).split()
    return re.compile(".+".join(map(re.escape, parts)) if len(words) > 1 else r"(?!)")


def test_the_glossary_has_every_state() -> None:
    page = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| (\S+) \| (\S+) \| `(\w+)` \|", page, re.MULTILINE)
    assert set(named) == {(state.symbol, state.ascii_symbol, state.value) for state in State}


def test_the_versions_of_the_readme_are_those_of_the_metadata() -> None:
    page = runpy.run_path(str(ROOT / "docs/reference.py"))["versions"]()
    assert "| click | " in page
    assert "see its page" not in page
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for found in re.findall(r"\| (?:Python|Pulumi SDK|Pulumi CLI) \| [^\d]*(\d+\.\d+)", page):
        assert f"{found} or newer" in text


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning"]
    done = subprocess.run(
        [*build, str(ROOT / "docs"), str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_the_site_is_built_without_warnings_and_loads_no_foreign_file(site: Path) -> None:
    commands = (site / "reference/commands.html").read_text(encoding="utf-8")
    assert "tamr jobs start publish" in commands
    assert "minHoursBetween" in (site / "reference/stack-file.html").read_text("utf-8")
    loaded = re.compile(r"(?:src=|<link[^>]*href=|url\(|@import )[\"']?https?:")
    for path in [*site.rglob("*.html"), *site.rglob("*.css"), *site.rglob("*.svg")]:
        assert not loaded.search(path.read_text("utf-8")), path


def test_the_search_of_the_site_finds_a_message(site: Path) -> None:
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    assert "3 of 3 attempts failed" in index
    assert "is beyond this shallow clone" in index
