"""One stack: its file, since when its versions count, and its tenant."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tamr_provider.errors import InputError
from tamr_provider.settings import read_settings
from tamr_provider.stackfile.since.lookup import with_effective_sinces, with_past_versions
from tamr_provider.stackfile.since.origin import NO_GIT_WARNING, WITHOUT_GIT, collect_problems
from tamr_provider.stackfile.since.past_versions import PastVersions
from tamr_provider.stackfile.suggestions import suggest_or_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from tamr_provider.settings import Settings
    from tamr_provider.stackfile.parser import StackFile
    from tamr_provider.stackfile.product import Product
    from tamr_provider.stackfile.project import Project
    from tamr_provider.stackfile.since.origin import Since


@dataclass(frozen=True)
class Stack:
    """A stack as its file and the environment describe it.

    `directory` is the user's `-C`, `past` the versions that the file had, and `selected` are the
    products that the user named.
    """

    name: str
    project: Project
    file: StackFile
    settings: Settings
    directory: Path = Path()
    past: PastVersions = field(default_factory=PastVersions)
    selected: tuple[str, ...] = ()

    @property
    def resume(self) -> str:
        """The command that resumes a run of this stack."""
        names = "".join(f" {shlex.quote(name)}" for name in self.selected)
        option = f" -C {shlex.quote(str(self.directory))}" if self.directory != Path() else ""
        return f"tamr up{names}{option} --stack {shlex.quote(self.name)}"

    def select(self, names: Sequence[str]) -> Stack:
        """Return the stack with only the named products, or unchanged if none is named.

        Raises InputError if the stack file has no product of a name.
        """
        if not names:
            return self
        for name in names:
            find_product(self.file, name, self.name)
        products = {key: self.file.products[key] for key in self.file.products if key in names}
        sinces = {key: since for key, since in self.file.sinces.items() if key in names}
        file = replace(self.file, products=products, sinces=sinces)
        return replace(self, file=file, selected=tuple(products))

    @property
    def warning(self) -> str:
        """What to say about a project without git, or an empty string."""
        origins = {since.known_by for since in self.file.sinces.values()}
        return NO_GIT_WARNING if WITHOUT_GIT in origins else ""


def read_file(project: Project, name: str, now: datetime, base: str = "") -> StackFile:
    """Return the stack file with effective sinces; with `base`, as if merged into it now."""
    return with_effective_sinces(project.read_stack(name, now), project, name, now, base)


def read_stack(  # noqa: PLR0913, PLR0917 - which stack, in which environment, as of when
    project: Project,
    name: str,
    env: Mapping[str, str],
    now: datetime,
    base: str = "",
    directory: Path = Path(),
) -> Stack:
    """Return the stack. Raises InputError with every problem of its file, or of the settings."""
    file, past = with_past_versions(project.read_stack(name, now), project, name, now, base)
    settings = read_settings(env, name, file.url, file.slots)
    return Stack(name, project, file, settings, directory, past)


def read_settings_beside(env: Mapping[str, str], name: str, file: StackFile) -> Settings:
    """Return the settings of a stack that is queried, not run: TAMR_URL is not meant for it."""
    own = {key: value for key, value in env.items() if key != "TAMR_URL" or not file.url}
    return read_settings(own, name, file.url, file.slots)


def read_settings_of(
    env: Mapping[str, str], name: str, file: StackFile, *, is_alone: bool
) -> Settings:
    """Return the settings of a stack that is queried: alone, or beside others."""
    if is_alone:
        return read_settings(env, name, file.url, file.slots)
    return read_settings_beside(env, name, file)


def list_stacks(project: Project, names: Sequence[str]) -> Sequence[str]:
    """Return the named stacks, or all. Raises InputError if there are none."""
    if not (stacks := names or project.stacks()):
        raise InputError(f"no stack file in {project.stack_dir}")
    return stacks


def order_by_promotion(products: Mapping[str, Iterable[Product]]) -> list[str]:
    """Return the stacks, each after those that its products are promoted from."""
    upstream = {
        stack: {product.promote_from for product in promoted}
        for stack, promoted in products.items()
    }

    def depth(stack: str, seen: frozenset[str] = frozenset()) -> int:
        if stack in seen:
            return 0  # A circle has no order.
        names = filter(None, upstream.get(stack, ()))
        return max((1 + depth(name, seen | {stack}) for name in names), default=0)

    return sorted(upstream, key=lambda stack: (depth(stack), stack))


def find_product(file: StackFile, name: str, place: str) -> Product:
    """Return a product of a stack file. Raises InputError if there is none of that name."""
    if name not in file.products:
        known = suggest_or_list(name, list(file.products), "defined")
        raise InputError(f'{place}: unknown product "{name}" {known}')
    return file.products[name]


def refuse_problems(sinces: Iterable[Since]) -> None:
    """Raise InputError with every reason why a version must not run, as one uncommitted."""
    if found := collect_problems(sinces):
        raise InputError(*found)
