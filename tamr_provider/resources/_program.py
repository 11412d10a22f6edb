"""What a Pulumi program gives each of its resources: a tenant, a stack, and a small record."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import pulumi

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")

# The SDK looks for the third `__init__` from the inside, which two frames do not have.
_FRAMES = 2


def tenant_url() -> str:
    """Return the tenant's URL: TAMR_URL, else the config `tamr:url`, else ""."""
    return (os.environ.get("TAMR_URL") or pulumi.Config("tamr").get("url") or "").rstrip("/")


@contextmanager
def without_stack_trace() -> Iterator[None]:
    """Register a resource without the SDK's stack trace, which is half of its record.

    The limit applies to tracebacks that are printed, so an error in the block keeps its own.
    """
    limit = getattr(sys, "tracebacklimit", None)
    sys.tracebacklimit = _FRAMES
    try:
        yield
    finally:
        if limit is None:
            del sys.tracebacklimit
        else:
            sys.tracebacklimit = limit


def known_or_none(output: pulumi.Output[T]) -> pulumi.Output[T | None]:
    """Return the output, with None for a value that an update does not know.

    A step that fails under `--continue-on-error` has unknown outputs, and the engine writes an
    unknown as a text. A preview keeps it.
    """
    if pulumi.runtime.is_dry_run():
        return output

    async def is_known() -> bool:
        return True

    return pulumi.Output(output.resources(), output.future(), is_known(), output.is_secret())
