"""The edits of one product in a stack file: bump, retry, promote."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pydantic_core import PydanticCustomError

from tamr_provider.atomic_write import lock_folder
from tamr_provider.client.http import read_tenant_time
from tamr_provider.decision.steps import pipeline_steps
from tamr_provider.environments.stack import find_product
from tamr_provider.errors import InputError
from tamr_provider.stackfile.editing import changed_error, replace_file, set_values
from tamr_provider.stackfile.parser import parse_stack_file
from tamr_provider.stackfile.project import display_path, read_raw
from tamr_provider.stackfile.since.git import Repository
from tamr_provider.stackfile.since.lookup import earliest_since, find_floor
from tamr_provider.stackfile.values import canonical_version
from tamr_provider.stackfile.version_change import is_older
from tamr_provider.timestamps import format_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tamr_provider.clock import Clock
    from tamr_provider.stackfile.parser import StackFile
    from tamr_provider.stackfile.product import Product
    from tamr_provider.stackfile.project import Project

_ALMOST_A_SECOND = timedelta(microseconds=999_999)
# The keys that an edit writes, and their fields.
_FIELDS = {"version": "version", "since": "since", "retriedAt": "retried_at", "pinned": "pinned"}


@dataclass(frozen=True)
class ValueChange:
    """A key of a product with its value in the file before the edit, None if unset, and after."""

    key: str
    before: str | None
    after: str


@dataclass(frozen=True)
class Edit:
    """The changes of one product; `place` is the file as messages name it.

    `rerun_count` is how many jobs of an unchanged version run again. `rollback_from` is the newer
    version that a rollback replaces, "" if it is none.
    """

    path: Path
    place: str
    stack: str
    product: str
    version: str
    changes: tuple[ValueChange, ...]
    has_repository: bool
    rerun_count: int = 0
    rollback_from: str = ""


class ProductEditor:
    """Edits one product in a stack file; edits by other processes are waited for, and stay.

    "Now" is later than every job that exists: it is the later of this machine's and the tenant's
    time. `url` replaces the file's own tenant; `warn` gets a text if that reports no time.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - which product, and where the time comes from
        self,
        project: Project,
        stack: str,
        name: str,
        clock: Clock,
        warn: Callable[[str], None],
        url: str = "",
    ) -> None:
        self.name = name
        self.stack = stack
        self._project = project
        self._clock = clock
        self._warn = warn
        self._path = project.stack_file(stack)
        self._place = display_path(self._path)
        self._text = read_raw(self._path)
        file = self._parse(self._text)
        self.product = find_product(file, name, self._place)
        self._url = url or file.url
        self.has_tenant_responded = False

    def bump(self, version: str, since: datetime | None = None) -> Edit:
        """Write a version and its since, None for now.

        An older version is a rollback, and pinned. Raises InputError if the since would not count.
        """
        now = self.read_latest_time() if since is None else since
        with self._locked() as current:
            at = self._after_other_versions(current, version, now) if since is None else since
            values = {"version": version, "since": format_timestamp(at)}
            if is_older(version, current.version):
                edit = self._write(current, {**values, "pinned": version})
                return replace(edit, rollback_from=current.version)
            edit = self._write(current, values)
            if edit.version != current.version:
                return edit
            steps = pipeline_steps({self.name: current.with_since(at)})
            return replace(edit, rerun_count=len(steps))

    def retry(self, now: datetime) -> Edit:
        """Write that failures and stops before `now` are ignored."""
        with self._locked() as current:
            return self._write(current, {"retriedAt": format_timestamp(now)})

    def promote(self, version: str, is_dry_run: bool = False) -> Edit:
        """Write a version that counts from now. Raises InputError if the product was changed."""
        now = self.read_latest_time()
        with self._locked() as current:
            if current != self.product:
                raise changed_error(self._path)
            at = self._after_other_versions(current, version, now)
            values = {"version": version, "since": format_timestamp(at)}
            return self._write(current, values, is_dry_run)

    def read_latest_time(self) -> datetime:
        """Return now in whole seconds, rounded up: a job of this second is not later than it."""
        here = self._clock.now()
        tenant = read_tenant_time(self._url, here) if self._url else None
        self.has_tenant_responded = tenant is not None
        if tenant is None:
            name = self._url or "the tenant (no tamr:url)"
            self._warn(f"using this machine's time, because {name} did not report its own")
        latest = max(here, tenant or here)
        return (latest + _ALMOST_A_SECOND).replace(microsecond=0)

    @contextmanager
    def _locked(self) -> Iterator[Product]:
        """Keep other editors out, and yield the product as it is now."""
        with lock_folder(self._path):
            self._text = read_raw(self._path)
            yield find_product(self._parse(self._text), self.name, self._place)

    def _after_other_versions(self, current: Product, version: str, now: datetime) -> datetime:
        """Return the first time from now on that no other version of the product reaches."""
        try:
            canonical = canonical_version(version)
        except PydanticCustomError as error:
            place = f"{self._place}: products.{self.name}.version"
            raise InputError(f"{place}: {error.message()}") from None
        new = current.model_copy(update={"version": canonical})
        return earliest_since(self._project, self.stack, self.name, new, now)

    def _write(self, current: Product, values: Mapping[str, str], is_dry_run: bool = False) -> Edit:
        try:
            text = set_values(self._text, self._project.name, self.name, values)
        except InputError as error:
            raise InputError(f"{self._place}: {error}") from None
        new = self._parse(text).products[self.name]
        if "since" in values:
            self._check_since(current, new)
        repository = Repository.find(self._project.file.parent)
        if not is_dry_run:
            replace_file(self._path, self._text, text)
        return Edit(
            path=self._path,
            place=self._place,
            stack=self.stack,
            product=self.name,
            version=new.version,
            changes=tuple(_change(key, current, new) for key in values),
            has_repository=repository is not None,
        )

    def _check_since(self, current: Product, new: Product) -> None:
        now = self._clock.now()
        floor = find_floor(self._project, self.stack, self.name, current, new, now)
        if floor is not None and new.since is not None:
            raise InputError(
                f"{self._place}: products.{self.name}: since {format_timestamp(new.since)} is not "
                f"after {format_timestamp(floor)}, when an earlier version counts. Pass a later "
                "--since"
            )

    def _parse(self, text: str) -> StackFile:
        project = self._project
        return parse_stack_file(text, project.name, self._place, self._clock.now(), project.config)


def _change(key: str, current: Product, new: Product) -> ValueChange:
    before, after = (getattr(product, _FIELDS[key]) for product in (current, new))
    return ValueChange(key, None if before is None else _text(before), _text(after))


def _text(value: datetime | str) -> str:
    return format_timestamp(value) if isinstance(value, datetime) else value
