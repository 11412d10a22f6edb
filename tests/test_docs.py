"""What the documentation shows works as shown."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from pathlib import Path

import pytest

from tamr_provider.emulator.scriptfile import read_script
from tamr_provider.stackfile.read import read_stack_file

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 11, 21, tzinfo=timezone.utc)


def blocks(name: str, language: str) -> list[str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_stack_file_of_the_readme_is_valid() -> None:
    (text,) = blocks("README.md", "yaml")
    file = read_stack_file(text, "tamr-pipelines", "README.md", NOW)
    assert list(file.products) == ["customers"]


def test_the_example_stack_is_valid() -> None:
    text = (ROOT / "stacks/Pulumi.dev.yaml").read_text(encoding="utf-8")
    assert len(read_stack_file(text, "tamr-pipelines", "dev", NOW).products) == 2


def test_the_faults_file_of_the_documentation_is_valid() -> None:
    (text,) = blocks("docs/emulator.md", "json")
    script = read_script(json.loads(text))
    assert (len(script.jobs), len(script.answers), script.hidden) == (3, 3, 1)


def test_the_python_of_the_documentation_runs() -> None:
    (code,) = blocks("docs/emulator.md", "python")
    names: dict[str, object] = {}
    exec(code, names)
    assert getattr(names["answer"], "status") == 200  # noqa: B009 - a name made by the code


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
    code = "".join(each.read_text(encoding="utf-8") for each in ROOT.glob("tamr_provider/**/*.py"))
    read = set(re.findall(r"\"(TAMR_[A-Z_]+)\"", code)) - {"TAMR_EMULATOR_KEY", "TAMR_API_KEY_"}
    read -= {"TAMR_PRODUCT", "TAMR_VERSION", "TAMR_JOB_IDS"}  # for a team's own check
    assert documented - {"TAMR_API_KEY_"} == read


def test_every_test_that_holds_a_claim_exists() -> None:
    claims = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", claims))
    code = "".join(each.read_text(encoding="utf-8") for each in ROOT.glob("tests/**/test_*.py"))
    assert len(named) > 15
    assert named <= set(re.findall(r"^def (test_\w+)", code, re.MULTILINE))


def test_the_guards_of_the_documentation_are_valid() -> None:
    verify, guards, override = blocks("docs/promotion.md", "yaml")
    whole = f"{guards}  {verify}  {override}  sources: [src_crm]\n"
    head = "config:\n  tamr-pipelines:products:\n"
    text = head + "".join(f"    {line}\n" for line in whole.splitlines())
    product = read_stack_file(text, "tamr-pipelines", "promotion.md", NOW).products["customers"]
    assert product.overridden
    assert len(product.freeze) == 2
