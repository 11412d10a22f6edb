"""The files that a project starts from: this project's own program and host."""

from __future__ import annotations

import shutil
from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
_FILES = (
    "Pulumi.yaml",
    "stacks/__main__.py",
    "stacks/host/pulumi-resource-pulumi-python",
    "stacks/host/pulumi-resource-pulumi-python.cmd",
)


def write_project(folder: Path) -> None:
    """Write Pulumi.yaml, the program and the host into a folder."""
    packaged = _PACKAGE / "template"
    # In a checkout the package is not built, and the files stand beside it.
    source = packaged if packaged.is_dir() else _PACKAGE.parent
    for name in _FILES:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, target)
    (folder / "stacks/host/pulumi-resource-pulumi-python").chmod(0o755)
