"""The Pulumi project of a command: its name and its stack files."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tamr_provider.errors import InputError
from tamr_provider.stackfile.pulumi_yaml import MAX_BYTES, parse_yaml, project_config
from tamr_provider.stackfile.suggestions import suggest_or_list

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tamr_provider.stackfile.parser import StackFile

_FILES = ("Pulumi.yaml", "Pulumi.yml")


@dataclass(frozen=True)
class Project:
    """A folder with a Pulumi.yaml; `stack_dir` contains its `Pulumi.<stack>.yaml` files.

    `config` maps full keys to the values that Pulumi.yaml gives all stacks.
    """

    file: Path
    name: str
    stack_dir: Path
    config: Mapping[str, Any] = field(default_factory=dict)

    def stacks(self) -> list[str]:
        """Return the sorted names of the stacks that have a file."""
        names = (re.fullmatch(r"Pulumi\.(.+)\.ya?ml", file.name) for file in self._files())
        return sorted({name[1] for name in names if name})

    def stack_file(self, stack: str) -> Path:
        """Return the stack's file. Raises InputError with the known stacks if there is none."""
        if not stack:
            known = ", ".join(self.stacks()) or "none"
            raise InputError(f"no stack. Use --stack or TAMR_STACK (stacks: {known}).")
        for file in self._files():
            if file.name in (f"Pulumi.{stack}.yaml", f"Pulumi.{stack}.yml"):
                return file
        missing = display_path(self.stack_dir / f"Pulumi.{stack}.yaml")
        known = suggest_or_list(stack, self.stacks(), "stacks")
        raise InputError(f"{missing}: file not found {known}")

    def product_names(self, stack: str) -> list[str]:
        """Return the names of a stack's products without checking them."""
        path = self.stack_file(stack)
        document = parse_yaml(read_text(path), display_path(path))
        config = document.get("config") if isinstance(document, dict) else None
        own = config if isinstance(config, dict) else {}
        products = {**self.config, **own}.get(f"{self.name}:products")
        return [str(name) for name in products] if isinstance(products, dict) else []

    def read_stack(self, stack: str, now: datetime) -> StackFile:
        """Return the parsed stack file. Raises InputError with all its problems."""
        # Completion in a shell reads projects too, and must not wait for pydantic.
        from tamr_provider.stackfile.parser import parse_stack_file  # noqa: PLC0415

        path = self.stack_file(stack)
        return parse_stack_file(read_text(path), self.name, display_path(path), now, self.config)

    def _files(self) -> list[Path]:
        return sorted(self.stack_dir.glob("Pulumi.*")) if self.stack_dir.is_dir() else []


def find_project(start: Path) -> Project:
    """Return the project of `start` or its nearest parent. Raises InputError without one."""
    if not start.is_dir():
        raise InputError(f"{start}: folder not found")
    try:
        folder = start.resolve()
    except OSError:
        raise InputError(f"{start}: the folder was deleted. Change to another one.") from None
    for candidate in (folder, *folder.parents):
        for name in _FILES:
            if (candidate / name).is_file():
                return _read_project(candidate / name)
    hint = "Use -C DIR to select the project."
    raise InputError(f"no Pulumi.yaml in {start} or any parent folder. {hint}")


def _read_project(path: Path) -> Project:
    file = display_path(path)
    document = parse_yaml(read_text(path), file)
    name = document.get("name") if isinstance(document, dict) else None
    if not isinstance(name, str) or not name:
        raise InputError(f"{file}: name: expected the project's name, got nothing")
    folder = document.get("stackConfigDir") or "."
    return Project(path, name, path.parent / str(folder), project_config(document, name))


def read_text(path: Path) -> str:
    """Return a file's text with `\\n` as line ends. Raises InputError as `read_raw` does."""
    return read_raw(path).replace("\r\n", "\n").replace("\r", "\n")


def read_raw(path: Path) -> str:
    """Return a file's text with its line ends unchanged.

    Raises InputError if it is unreadable, over 1 MB, or a pipe, which could block forever.
    """
    file = display_path(path)
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise InputError(f"{file}: cannot be read: a device or a pipe, not a file")
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise InputError(f"{file}: expected a file of at most 1 MB, got a larger one")
        return data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise InputError(f"{file}: cannot be read: {reason}") from None


def display_path(path: Path) -> str:
    """Return a path relative to the current folder, or unchanged if it is outside."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except (ValueError, OSError, RuntimeError):  # The last: a link to itself, Python 3.10 to 3.12.
        return str(path)
