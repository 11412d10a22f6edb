"""The edits of one product in a stack file: bump, retry, promote."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic_core import PydanticCustomError

from tamr_provider.atomic_write import lock_folder
from tamr_provider.client.http import read_tenant_time
from tamr_provider.environments.stack import find_product
from tamr_provider.errors import InputError
from tamr_provider.stackfile.editing import changed_error, replace_file, set_values
from tamr_provider.stackfile.parser import parse_stack_file
from tamr_provider.stackfile.project import display_path, read_raw
from tamr_provider.stackfile.since.lookup import earliest_since, find_floor
from tamr_provider.stackfile.values import canonical_version
from tamr_provider.stackfile.version_change import is_older
from tamr_provider.timestamps import format_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from tamr_provider.clock import Clock
    from tamr_provider.stackfile.parser import StackFile
    from tamr_provider.stackfile.product import Product
    from tamr_provider.stackfile.project import Project

_ALMOST_A_SECOND = timedelta(microseconds=999_999)


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

    def bump(self, version: str, since: datetime | None = None) -> str:
        """Write a version and its since, None for now; return the change in one line.

        An older version is a rollback, and pinned. Raises InputError if the since would not count.
        """
        now = self._latest_time() if since is None else since
        with self._locked() as current:
            at = self._after_other_versions(current, version, now) if since is None else since
            values = {"version": version, "since": format_timestamp(at)}
            if not is_older(version, current.version):
                return self._write(current, values)
            change = self._write(current, {**values, "pinned": version})
            return (
                f"{change}; a rollback from {current.version}, pinned until: tamr promote --unpin"
            )

    def retry(self) -> str:
        """Write that earlier failures and stops are ignored; return the change in one line."""
        now = self._latest_time()
        with self._locked() as current:
            return self._write(current, {"retriedAt": format_timestamp(now)})

    def promote(self, version: str, is_dry_run: bool = False) -> str:
        """Write a version that counts from now. Raises InputError if the product was changed."""
        now = self._latest_time()
        with self._locked() as current:
            if current != self.product:
                raise changed_error(self._path)
            at = self._after_other_versions(current, version, now)
            values = {"version": version, "since": format_timestamp(at)}
            return self._write(current, values, is_dry_run)

    @contextmanager
    def _locked(self) -> Iterator[Product]:
        """Keep other editors out, and yield the product as it is now."""
        with lock_folder(self._path):
            self._text = read_raw(self._path)
            yield find_product(self._parse(self._text), self.name, self._place)

    def _latest_time(self) -> datetime:
        """Return now in whole seconds, rounded up: a job of this second is not later than it."""
        here = self._clock.now()
        tenant = read_tenant_time(self._url, here) if self._url else None
        if tenant is None:
            name = self._url or "the tenant (no tamr:url)"
            self._warn(f"using this machine's time, because {name} did not report its own")
        latest = max(here, tenant or here)
        return (latest + _ALMOST_A_SECOND).replace(microsecond=0)

    def _after_other_versions(self, current: Product, version: str, now: datetime) -> datetime:
        """Return the first time from now on that no other version of the product reaches."""
        try:
            canonical = canonical_version(version)
        except PydanticCustomError as error:
            place = f"{self._place}: products.{self.name}.version"
            raise InputError(f"{place}: {error.message()}") from None
        new = current.model_copy(update={"version": canonical})
        return earliest_since(self._project, self.stack, self.name, new, now)

    def _write(self, current: Product, values: Mapping[str, str], is_dry_run: bool = False) -> str:
        try:
            text = set_values(self._text, self._project.name, self.name, values)
        except InputError as error:
            raise InputError(f"{self._place}: {error}") from None
        new = self._parse(text).products[self.name]
        if "since" in values:
            self._check_since(current, new)
        if not is_dry_run:
            replace_file(self._path, self._text, text)
        changes = ", ".join(f"{key} {value}" for key, value in values.items())
        return f"{self._place}: {self.name}: {changes}"

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
