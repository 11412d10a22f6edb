"""The files that a project starts from; `pulumi new` takes the same folder.

It puts a line end after the project's name in files that end in .yaml, so the stack files carry a
${DESCRIPTION} at the end of their names, which it drops there.
"""

from __future__ import annotations

from pathlib import Path

from tamr_provider.errors import InputError

PROJECT = "project"
DEMO = "demo"
_TEMPLATES = Path(__file__).parents[1] / "templates"
_CORE = ("Pulumi.yaml", "stacks/__main__.py", "stacks/host")
_DESCRIPTION = "Data refreshes on Tamr Cloud as deployments"


def write_core(folder: Path, name: str) -> None:
    """Write what every project has: Pulumi.yaml, the program and the host."""
    files = _files(PROJECT).items()
    _write(folder, name, {to: source for to, source in files if to.startswith(_CORE)})


def write_template(folder: Path, name: str, template: str) -> list[str]:
    """Write a template's files for a project of that name, and return their paths.

    Raises InputError, and writes nothing, where one of them is there already.
    """
    files = _files(template)
    there = [folder / each for each in files if (folder / each).exists()]
    if there:
        raise InputError(*(f"{each}: is there already; nothing was written" for each in there))
    _write(folder, name, files)
    return list(files)


def _files(template: str) -> dict[str, Path]:
    """Return a template's files by the path that they get in a project."""
    root = _TEMPLATES / template
    every = (each for each in sorted(root.rglob("*")) if each.is_file())
    return {
        each.relative_to(root).as_posix().replace("${DESCRIPTION}", ""): each
        for each in every
        if "__pycache__" not in each.parts
    }


def _write(folder: Path, name: str, files: dict[str, Path]) -> None:
    for each, source in files.items():
        target = folder / each
        text = source.read_text(encoding="utf-8").replace("${PROJECT}", name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text.replace("${DESCRIPTION}", _DESCRIPTION), encoding="utf-8")
        target.chmod(0o755 if text.startswith("#!") else 0o644)
